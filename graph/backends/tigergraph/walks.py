"""Variable-length relationships: closures that visit each node once per start, trails one by one, shortest paths.

A closure keeps on each vertex at what depth it was reached from each start. Trails, and the paths that a closure found
to be shortest, are numbered walks: maps from the number of a walk to its row, its last node and its lists of ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.backends.tigergraph.frames import NODES, RELATIONS, UNIT, Frame
from graph.backends.tigergraph.normalise import equalities
from graph.backends.tigergraph.patterns import STRING, TURNED, Goal, has_subquery, walked
from graph.backends.tigergraph.reads import KIND, names_in
from graph.backends.tigergraph.rows import FrameBuilder
from graph.backends.tigergraph.scope import NotInlineError, Scope
from graph.backends.tigergraph.values import TRUE, Value, both
from graph.cypher import types
from graph.cypher.ast import Direction, Expression, NodePattern, PathPattern, RelationshipPattern, ShortestKind
from graph.cypher.bound import CypherType, TypeName

if TYPE_CHECKING:
    from graph.backends.tigergraph.compiler import GsqlCompiler


@dataclass(frozen=True, slots=True)
class Closure:
    """`set` holds the vertices that were reached; `depths` on each: start -> relations away; `rows` by start."""

    set: str
    depths: str
    back: str | None
    rows: str


@dataclass(frozen=True, slots=True)
class Walks:
    """Maps by the number of a walk; `count` is how many there are."""

    count: str
    row: str
    at: str
    length: str
    nodes: str
    relations: str


class Walker:
    """Compiles what may be of several lengths."""

    def __init__(self, compiler: GsqlCompiler) -> None:
        self.compiler = compiler
        self.script = compiler.script

    # --- closures --------------------------------------------------------------------------------------------------

    def closure(
        self,
        frame: Frame,
        start: NodePattern,
        relation: RelationshipPattern,
        end: NodePattern,
        goal: Goal,
        direction: Direction | None,
    ) -> Frame:
        """The frame with every node that is reached, once for each row."""
        minimum = self._minimum(relation)
        found = self._search(frame, start, relation, direction, returning=minimum > 0)
        hit = self.script.tuple_type("Hit", [("INT", "row"), (STRING, "node")])
        hits = self.script.accumulator("hits", f"SetAccum<{hit}>")
        wanted = "TRUE" if minimum == 0 else f"(depth >= {minimum} OR (origin == t.id AND t.{found.back} == TRUE))"
        add = f"FOREACH r IN {found.rows}.get(origin) DO {hits} += {hit}(r, t.id) END"
        if wanted != TRUE:
            add = f"IF {wanted} THEN {add} END"
        accum = [f"FOREACH (origin, depth) IN t.{found.depths} DO {add} END"]
        self._ends(found.set, end, relation, start, frame, goal, direction, accum)
        return self._hit_rows(frame, hits, end, goal)

    def _minimum(self, relation: RelationshipPattern) -> int:
        assert relation.hops is not None
        return 1 if relation.hops.minimum is None else relation.hops.minimum

    def _maximum(self, relation: RelationshipPattern) -> int:
        if relation.hops is None or relation.hops.maximum is None:
            raise self.compiler.unsupported("a variable-length relationship without upper bound", relation)
        return relation.hops.maximum

    def _starts(self, frame: Frame, start: NodePattern) -> tuple[str, str]:
        """The set of vertices that a column holds, and the map from their ids to rows."""
        rows_at = self.script.accumulator("at", f"MapAccum<{STRING}, ListAccum<INT>>")
        starts = self.script.accumulator("start", "SetAccum<VERTEX>")
        with self.compiler.rows.each(frame) as row:
            value = frame.columns[start.variable or ""].at(row)
            with self.compiler.rows.where(value.known):
                self.script.line(f"{starts} += {self.compiler.vertices()}.get({value.text});")
                self.script.line(f"{rows_at} += ({value.text} -> {row});")
        name = self.script.fresh("Start")
        self.script.line(f"{name} = {{{starts}}};")
        return name, rows_at

    def _search(
        self,
        frame: Frame,
        start: NodePattern,
        relation: RelationshipPattern,
        direction: Direction | None,
        *,
        returning: bool,
    ) -> Closure:
        """Breadth first from every start at once, each vertex remembering who reached it and how soon."""
        maximum = self._maximum(relation)
        if frame.is_unit:
            raise self.compiler.unsupported("a variable-length relationship", relation, "from no node")
        name, rows_at = self._starts(frame, start)
        depths = self.script.accumulator("depths", f"MapAccum<{STRING}, MinAccum<INT>>", local=True)
        back = self.script.accumulator("back", "OrAccum", local=True) if returning else None
        more = self.script.accumulator("more", "OrAccum")
        depth = self.script.variable("depth", "INT")
        front, reached = self.script.fresh("Front"), self.script.fresh("Reached")
        self.script.select(front, "s", f"(s:{name})", TRUE, post=[("s", [f"s.{depths} += (s.id -> 0)"])])
        self.script.line(f"{reached} = {front};")
        self.script.line(f"{more} = TRUE;")
        self.script.line(f"{depth} = 0;")
        edge = self.script.fresh(relation.variable or "e")
        text = self.compiler.matcher.relation_text(relation, edge, direction)
        with self.script.block(f"WHILE {more} AND {front}.size() > 0 LIMIT {maximum} DO"):
            self.script.line(f"{more} = FALSE;")
            self.script.line(f"{depth} = {depth} + 1;")
            grow = (
                f"IF reached_at == {depth} - 1 AND NOT t.{depths}.containsKey(origin) THEN"
                f" t.{depths} += (origin -> {depth}), {more} += TRUE END"
            )
            if back is not None:
                grow += f", IF reached_at == {depth} - 1 AND origin == t.id THEN t.{back} += TRUE END"
            accum = [f"FOREACH (origin, reached_at) IN s.{depths} DO {grow} END"]
            self.script.select(front, "t", f"(s:{front}){text}(t)", self._step_test(relation, edge), accum)
            self.script.line(f"{reached} = {reached} UNION {front};")
        return Closure(reached, depths, back, rows_at)

    def _step_test(self, relation: RelationshipPattern, edge: str) -> str:
        """The condition that every relation of a walk fulfils."""
        conditions: list[Expression] = []
        if relation.properties is not None:
            refuse = self.compiler.unsupported
            conditions += list(equalities(relation.variable or "", relation.properties, relation, refuse))
        if relation.where is not None:
            conditions.append(relation.where)
        scope = Scope(aliases={relation.variable or "": edge}, inline=True)
        tests = []
        for condition in conditions:
            if not names_in(condition) <= {relation.variable} or has_subquery(condition):
                raise self.compiler.unsupported("condition on each step of a variable-length relationship", condition)
            element = CypherType(TypeName.RELATIONSHIP, types=relation.types)
            with self.compiler.typed(relation.variable or "", element):
                try:
                    tests.append(self.compiler.expressions.truth(condition, scope).true)
                except NotInlineError as error:
                    raise self.compiler.unsupported(
                        "condition on each step of a variable-length relationship", condition
                    ) from error
        return both(*tests)

    def _ends(
        self,
        source: str,
        end: NodePattern,
        relation: RelationshipPattern,
        start: NodePattern,
        frame: Frame,
        goal: Goal,
        direction: Direction | None,
        accum: list[str],
    ) -> None:
        """The SELECT over what a search reached that keeps what the end of the pattern asks for."""
        tests = []
        vocabulary = self.compiler.words_of_schema
        before = frame.columns[start.variable or ""].type.kinds
        possible = vocabulary.kinds(
            vocabulary.walk(
                self.compiler.matcher.types_of(relation),
                direction or relation.direction,
                0,
                self._maximum(relation),
                vocabulary.mask(before),
            )
        )
        bound = end.variable in frame.columns
        sure = bound and self.compiler.matcher.covers(frame, end)
        if end.kinds is not None and not sure and not possible <= end.kinds:
            kind = Value("t.type", types.STRING)
            tests.append(self.compiler.expressions.kind_test(kind, end.kinds & possible).true)
        if not bound:
            tests += self.compiler.matcher.inline_tests(goal, {end.variable or "": "t"})
        post = [] if bound else [("t", self.compiler.matcher.node_fetches(end, "t", start=end.variable in goal.held))]
        self.script.select(self.script.fresh("Found"), "t", f"(t:{source})", both(*tests), accum, post)
        self.compiler.matcher.fetch_lists()

    def _hit_rows(self, frame: Frame, hits: str, end: NodePattern, goal: Goal) -> Frame:
        builder = FrameBuilder(self.compiler)
        one = self.script.fresh("hit")
        with self.script.block(f"FOREACH {one} IN {hits} DO"):
            self._row(builder, frame, f"{one}.row", end, f"{one}.node", goal, {}, [])
        return builder.frame(frame.carried, frame.paths)

    def _row(
        self,
        builder: FrameBuilder,
        frame: Frame,
        row: str,
        end: NodePattern,
        node: str,
        goal: Goal,
        more: dict[str, Value],
        tests: list[str],
    ) -> None:
        """One row of the next frame: the end of a walk, if it is who it must be."""
        name = end.variable or ""
        found = dict(more)
        if name in frame.columns:
            column = frame.columns[name].at(row)
            tests = [*tests, both(column.known, f"({column.text} == {node})")]
        else:
            found[name] = Value(node, CypherType(TypeName.NODE, kinds=end.kinds))
        tests = tests + self.compiler.matcher.ready_tests(goal, Scope(frame, row, found))
        wanted = goal.wanted() | {p for path in frame.paths.values() for p in (path.nodes, path.relations)}
        if end in goal.parts:
            wanted.add(name)
        values = self.compiler.rows.copied(frame, row, wanted)
        for key, value in found.items():
            if key in wanted or key.removesuffix(" nodes") in wanted:
                values[key] = value
        with self.compiler.rows.where(both(*tests)):
            builder.add(values)

    # --- walks -----------------------------------------------------------------------------------------------------

    def _walks(self) -> Walks:
        walks = Walks(
            self.script.variable("walks", "INT"),
            self.script.accumulator("walk_row", "MapAccum<INT, INT>"),
            self.script.accumulator("walk_at", f"MapAccum<INT, {STRING}>"),
            self.script.accumulator("walk_length", "MapAccum<INT, INT>"),
            self.script.accumulator("walk_nodes", f"MapAccum<INT, ListAccum<{STRING}>>"),
            self.script.accumulator("walk_relations", f"MapAccum<INT, ListAccum<{STRING}>>"),
        )
        self.script.line(f"{walks.count} = 0;")
        return walks

    def _begin(self, walks: Walks, row: str, node: str, length: str) -> None:
        self.script.line(f"{walks.row} += ({walks.count} -> {row});")
        self.script.line(f"{walks.at} += ({walks.count} -> {node});")
        self.script.line(f"{walks.length} += ({walks.count} -> {length});")
        self.script.line(f"{walks.nodes} += ({walks.count} -> {node});")
        empty = self.script.once("@@no_STRING", f"ListAccum<{STRING}>")
        self.script.line(f"{walks.relations} += ({walks.count} -> {empty});")
        self.script.line(f"{walks.count} = {walks.count} + 1;")

    def _grow(
        self,
        walks: Walks,
        relation: RelationshipPattern,
        direction: Direction | None,
        maximum: int,
        test: str,
        *,
        change: int,
        before: bool,
        single: bool = False,
        end: NodePattern | None = None,
        frame: Frame = UNIT,
    ) -> None:
        """Walk on, one relation a turn: `test` is asked of the walk `w` and of each step from `s` by `e` to `t`."""
        step = self.script.tuple_type("WalkStep", [("INT", "walk"), (STRING, "relation"), (STRING, "node")])
        steps = self.script.accumulator("steps", f"SetAccum<{step}>")
        starts = self.script.accumulator("start", "SetAccum<VERTEX>")
        walks_at = self.script.accumulator("at", f"MapAccum<{STRING}, ListAccum<INT>>")
        taken = self.script.accumulator("taken", "SetAccum<INT>") if single else ""
        first, last, front = self.script.variable("first", "INT"), self.script.variable("last", "INT"), ""
        front = self.script.fresh("Front")
        self.script.line(f"{first} = 0;")
        self.script.line(f"{last} = {walks.count};")
        text = self.compiler.matcher.relation_text(relation, "e", direction)
        with self.script.block(f"WHILE {first} < {last} LIMIT {maximum} DO"):
            for name in (steps, starts, walks_at, *([taken] if single else [])):
                self.script.line(f"{name}.clear();")
            walk = self.script.fresh("w")
            with self.script.block(f"FOREACH {walk} IN RANGE[{first}, {last} - 1] DO"):
                self.script.line(f"{starts} += {self.compiler.vertices()}.get({walks.at}.get({walk}));")
                self.script.line(f"{walks_at} += ({walks.at}.get({walk}) -> {walk});")
            self.script.line(f"{front} = {{{starts}}};")
            accum = [f"FOREACH w IN {walks_at}.get(s.id) DO IF {test} THEN {steps} += {step}(w, e.id, t.id) END END"]
            accum += self.compiler.matcher.relation_fetches(relation, "e")
            kinds = self.compiler.matcher.reached(None, relation, direction)
            kept = self._end_fetches(end, "t", frame, kinds)
            if relation.variable in self.compiler.reads.travelling:
                kept += self.compiler.matcher.fetches_of_any("t", kinds)
            post = [("t", list(dict.fromkeys(kept)))]
            where = both(f"{walks_at}.containsKey(s.id)", self._step_test(relation, "e"))
            self.script.select(front, "t", f"(s:{front}){text}(t)", where, accum, post)
            self.compiler.matcher.fetch_lists()
            self.script.line(f"{first} = {last};")
            one = self.script.fresh("hit")
            with self.script.block(f"FOREACH {one} IN {steps} DO"):
                if single:
                    self._extend_once(walks, one, taken, change=change, before=before)
                else:
                    self._extend(walks, one, change=change, before=before)
            self.script.line(f"{last} = {walks.count};")

    def _extend_once(self, walks: Walks, step: str, taken: str, *, change: int, before: bool) -> None:
        with self.script.block(f"IF NOT {taken}.contains({step}.walk) THEN"):
            self._extend(walks, step, change=change, before=before)
            self.script.line(f"{taken} += {step}.walk;")

    def _extend(self, walks: Walks, step: str, *, change: int, before: bool) -> None:
        count, old = walks.count, f"{step}.walk"
        self.script.line(f"{walks.row} += ({count} -> {walks.row}.get({old}));")
        self.script.line(f"{walks.at} += ({count} -> {step}.node);")
        self.script.line(f"{walks.length} += ({count} -> {walks.length}.get({old}) {'+' if change > 0 else '-'} 1);")
        for table, item in ((walks.nodes, f"{step}.node"), (walks.relations, f"{step}.relation")):
            added = f"{table} += ({count} -> {item});"
            if before:
                self.script.line(added)
            if table == walks.nodes:
                self.script.line(f"{table} += ({count} -> {table}.get({old}));")
            else:
                with self.script.block(f"IF {table}.containsKey({old}) THEN"):
                    self.script.line(f"{table} += ({count} -> {table}.get({old}));")
            if not before:
                self.script.line(added)
        self.script.line(f"{count} = {count} + 1;")

    def _end_fetches(
        self, end: NodePattern | None, alias: str, frame: Frame, kinds: frozenset[str] | None
    ) -> list[str]:
        """What is kept of a vertex that a walk may end at; `kinds` are those that it may be."""
        name = None if end is None else end.variable
        kept = self.compiler.matcher.node_fetches(NodePattern(name, kinds=kinds), alias, start=True)
        if end is not None and self._asks_for_kind(end, frame):
            kept += self.compiler.matcher.kind_fetch(alias)
        return list(dict.fromkeys(kept))

    def _asks_for_kind(self, end: NodePattern, frame: Frame) -> bool:
        """Whether the end of a walk must be tested for its kind."""
        if end.kinds is None or end.kinds >= set(self.compiler.schema.concrete):
            return False
        return end.variable not in frame.columns or not self.compiler.matcher.covers(frame, end)

    def trails(
        self,
        frame: Frame,
        start: NodePattern,
        relation: RelationshipPattern,
        end: NodePattern,
        goal: Goal,
        direction: Direction | None,
    ) -> Frame:
        """The frame with every trail: no relation twice, neither within it nor within the MATCH."""
        minimum, maximum = self._minimum(relation), self._maximum(relation)
        if minimum == 0:
            source, _ = self._starts(frame, start)
            fetches = self._end_fetches(end, "s", frame, frame.columns[start.variable or ""].type.kinds)
            self.script.select(self.script.fresh("Known"), "s", f"(s:{source})", TRUE, post=[("s", fetches)])
            self.compiler.matcher.fetch_lists()
        walks = self._walks()
        with self.compiler.rows.each(frame) as row:
            value = frame.columns[start.variable or ""].at(row)
            with self.compiler.rows.where(value.known):
                self._begin(walks, row, value.text, "0")
        unused = f"({walks.length}.get(w) == 0 OR NOT {walks.relations}.get(w).contains(e.id))"
        others = self.compiler.matcher.distinctness(goal, Scope(frame, f"{walks.row}.get(w)"), relation, "e.id")
        test = both(unused, *others)
        self._grow(
            walks, relation, direction, maximum, test, change=1, before=direction is not None, end=end, frame=frame
        )
        tests = [] if minimum == 0 else [f"({walks.length}.get(w) >= {minimum})"]
        frame = self._walk_rows(frame, walks, relation, end, goal, tests)
        goal.matched.append((relation.variable or "", frozenset(self.compiler.matcher.types_of(relation)), True))
        return frame

    def _walk_rows(
        self,
        frame: Frame,
        walks: Walks,
        relation: RelationshipPattern,
        end: NodePattern,
        goal: Goal,
        tests: list[str],
        *,
        node: str | None = None,
    ) -> Frame:
        """A row for each walk that is complete; `node` where the end is not the last node of the walk."""
        builder = FrameBuilder(self.compiler)
        types_of = frozenset(self.compiler.matcher.types_of(relation))
        goal.matched.append((relation.variable or "", types_of, True))
        with self.script.block(f"FOREACH w IN RANGE[0, {walks.count} - 1] DO"):
            row = f"{walks.row}.get(w)"
            more = {
                relation.variable or "": Value(f"{walks.relations}.get(w)", RELATIONS),
                walked(relation): Value(f"{walks.nodes}.get(w)", NODES),
            }
            at = node or f"{walks.at}.get(w)"
            if end.kinds is not None and node is None and self._asks_for_kind(end, frame):
                kinds = self.compiler.attribute_table(True, KIND, types.STRING)
                kind = Value(f"{kinds}.get({at})", types.STRING)
                tests = [*tests, self.compiler.expressions.kind_test(kind, end.kinds).true]
            self._row(builder, frame, row, end, at, goal, more, tests)
        goal.matched.pop()
        return builder.frame(frame.carried, frame.paths)

    # --- shortest paths --------------------------------------------------------------------------------------------

    def shortest(
        self,
        frame: Frame,
        path: PathPattern,
        start: NodePattern,
        relation: RelationshipPattern,
        end: NodePattern,
        goal: Goal,
        direction: Direction | None,
    ) -> Frame:
        """A closure from the start tells how far the end is; the paths are walked back from there, nearer at each step."""
        assert path.shortest is not None
        name = path.shortest.value
        if relation.hops is None or self._minimum(relation) > 1 or direction is not None:
            raise self.compiler.unsupported(
                name, path, "with a lower bound above one, or towards a node that is not bound"
            )
        if any(path.variable in names_in(condition) for condition in goal.pending):
            raise self.compiler.unsupported(name, path, "with a condition on the path")
        found = self._search(frame, start, relation, None, returning=False)
        hit = self.script.tuple_type("Hit", [("INT", "row"), (STRING, "origin"), (STRING, "node"), ("INT", "hops")])
        hits = self.script.accumulator("hits", f"SetAccum<{hit}>")
        add = f"FOREACH r IN {found.rows}.get(origin) DO {hits} += {hit}(r, origin, t.id, depth) END"
        if self._minimum(relation) == 1:
            add = f"IF depth > 0 THEN {add} END"
        accum = [f"FOREACH (origin, depth) IN t.{found.depths} DO {add} END"]
        target = NodePattern(end.variable, kinds=end.kinds)
        self._ends(found.set, target, relation, start, frame, goal, None, accum)
        walks = self._walks()
        one = self.script.fresh("hit")
        bound = end.variable in frame.columns
        with self.script.block(f"FOREACH {one} IN {hits} DO"):
            column = frame.columns[end.variable or ""].at(f"{one}.row") if bound else None
            test = TRUE if column is None else both(column.known, f"({column.text} == {one}.node)")
            with self.compiler.rows.where(test):
                self._begin(walks, f"{one}.row", f"{one}.node", f"{one}.hops")
        row_origin = frame.columns[start.variable or ""].at(f"{walks.row}.get(w)").text
        nearer = both(
            f"({walks.length}.get(w) > 0)",
            f"t.{found.depths}.containsKey({row_origin})",
            f"(t.{found.depths}.get({row_origin}) == {walks.length}.get(w) - 1)",
        )
        single = path.shortest is ShortestKind.SINGLE
        back = TURNED[relation.direction]
        self._keep_vertices(found.set)
        self._grow(walks, relation, back, self._maximum(relation), nearer, change=-1, before=True, single=single)
        last = f"{walks.nodes}.get(w).get({walks.nodes}.get(w).size() - 1)"
        return self._walk_rows(frame, walks, relation, target, goal, [f"({walks.length}.get(w) == 0)"], node=last)

    def _keep_vertices(self, reached: str) -> None:
        """Every vertex of a search by its id, so that walks may start there."""
        target = self.script.fresh("Known")
        kept = [f"{self.compiler.vertices()} += (s.id -> s)", *self.compiler.matcher.fetches_of_any("s")]
        self.script.select(target, "s", f"(s:{reached})", TRUE, post=[("s", kept)])
        self.compiler.matcher.fetch_lists()

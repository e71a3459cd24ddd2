"""MATCH: each chain of single relations is one SELECT; its hits, taken in turn, make the rows of the next frame.

A path is cut at its variable-length relationships. A SELECT starts from the vertices of a bound node, or from kinds,
and gathers tuples of ids with the number of the row that they belong to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from graph.backends.tigergraph import words
from graph.backends.tigergraph.frames import NODES, RELATIONS, Column, Frame, PathColumns
from graph.backends.tigergraph.normalise import conjuncts
from graph.backends.tigergraph.reads import ID, KIND, names_in, names_of_parts
from graph.backends.tigergraph.rows import FrameBuilder
from graph.backends.tigergraph.scope import NotInlineError, Scope
from graph.backends.tigergraph.values import TRUE, Value, both
from graph.cypher import types
from graph.cypher.ast import (
    BinaryOperator,
    Comparison,
    Direction,
    Expression,
    Match,
    NodePattern,
    PathPattern,
    Property,
    RelationshipPattern,
    SubqueryExpression,
    Variable,
)
from graph.cypher.bound import CypherType, TypeName
from graph.cypher.rewrite import descend

if TYPE_CHECKING:
    from graph.backends.tigergraph.compiler import GsqlCompiler

ARROWS: Final = {Direction.OUT: ("-", "->"), Direction.IN: ("<-", "-"), Direction.BOTH: ("<-", "->")}
TURNED: Final = {Direction.OUT: Direction.IN, Direction.IN: Direction.OUT, Direction.BOTH: Direction.BOTH}
STRING: Final = "STRING"


@dataclass(slots=True)
class Chain:
    """Nodes joined by single relations."""

    nodes: list[NodePattern]
    relations: list[RelationshipPattern] = field(default_factory=list)


@dataclass(slots=True)
class Goal:
    """What is left to do in one MATCH: conditions, patterns; and what its rows are wanted for."""

    needed: frozenset[str]
    pending: list[Expression]
    parts: list[NodePattern | RelationshipPattern]
    matched: list[tuple[str, frozenset[str], bool]] = field(default_factory=list)
    """Relations that are matched already: name, types, and whether it is a list of them."""

    held: set[str] = field(default_factory=set)
    """Nodes from which variable-length relationships are still to be walked."""

    def wanted(self) -> set[str]:
        """The names that must go on into the next frame."""
        names = set(self.needed) | self.held
        for condition in self.pending:
            names |= names_in(condition)
        names |= {part.variable for part in self.parts if part.variable is not None}
        left = [part for part in self.parts if isinstance(part, RelationshipPattern)]
        for name, of, _ in self.matched:
            if any(overlaps(of, relation) for relation in left):
                names.add(name)
        return names


def overlaps(of: frozenset[str], relation: RelationshipPattern) -> bool:
    """Whether a relation may be one of those types, so that a MATCH must not take it twice."""
    return not relation.ends_only and (relation.types is None or bool(of & set(relation.types)))


class Matcher:
    """Compiles MATCH clauses."""

    def __init__(self, compiler: GsqlCompiler) -> None:
        self.compiler = compiler
        self.script = compiler.script

    def match(self, frame: Frame, clause: Match, needed: Iterable[str]) -> Frame:
        """The rows of a frame, each with every way to match; without regard to OPTIONAL."""
        used = frozenset(needed) | frozenset(frame.carried)
        pending = list(conjuncts(clause.where))
        paths = {p.variable for p in clause.patterns if p.variable is not None and self.is_wanted(p.variable, used)}
        parts: list[NodePattern | RelationshipPattern] = []
        for path in clause.patterns:
            parts += [*path.nodes, *path.relationships]
        if paths:
            for path in clause.patterns:
                if path.variable in paths:
                    used |= {*names_of_parts(path), *(walked(relation) for relation in path.relationships)}
        goal = Goal(used, pending, parts)
        todo = list(clause.patterns)
        while todo:
            path = min(todo, key=lambda each: self._rank(frame, each, goal))
            todo.remove(path)
            frame = self._path(frame, path, goal)
        for path in clause.patterns:
            if path.variable in paths:
                frame = self._named(frame, path, goal)
        return self.filtered(frame, goal.pending, needed)

    def is_wanted(self, name: str, used: Iterable[str]) -> bool:
        """Whether a path is read anywhere."""
        return name in used or name in self.compiler.reads.named

    def filtered(self, frame: Frame, conditions: Sequence[Expression], needed: Iterable[str]) -> Frame:
        """The rows for which every condition is true."""
        if not conditions:
            return frame
        for condition in conditions:
            self.compiler.subqueries.prepare(condition, frame)
        builder = FrameBuilder(self.compiler)
        with self.compiler.rows.each(frame) as row:
            scope = Scope(frame, row)
            tests = [self.compiler.expressions.truth(condition, scope).true for condition in conditions]
            with self.compiler.rows.where(both(*tests)):
                names = set(needed)
                for path in self.compiler.rows.paths(frame, names).values():
                    names |= {path.nodes, path.relations}
                builder.add(self.compiler.rows.copied(frame, row, names))
        return builder.frame(frame.carried, self.compiler.rows.paths(frame, needed))

    # --- paths -----------------------------------------------------------------------------------------------------

    def _rank(self, frame: Frame, path: PathPattern, goal: Goal) -> int:
        if any(self.is_bound(frame, node) for node in path.nodes):
            return 0
        return 1 if any(self._pins(node, goal) for node in path.nodes) else 2

    def is_bound(self, frame: Frame, node: NodePattern) -> bool:
        return node.variable in frame.columns

    def _pins(self, node: NodePattern, goal: Goal) -> Expression | None:
        """What the id of a node must equal."""
        for condition in goal.pending:
            if isinstance(condition, Comparison) and condition.operators == (BinaryOperator.EQ,):
                for side, other in (condition.operands, condition.operands[::-1]):
                    is_id = isinstance(side, Property) and side.key == ID and isinstance(side.subject, Variable)
                    if is_id and side.subject.name == node.variable and node.variable not in names_in(other):  # type: ignore[attr-defined]
                        return other
        return None

    def _path(self, frame: Frame, path: PathPattern, goal: Goal) -> Frame:
        chains, walks = [Chain([path.start])], []
        for relation, node in path.steps:
            if relation.hops is None and path.shortest is None:
                chains[-1].relations.append(relation)
                chains[-1].nodes.append(node)
            else:
                walks.append(relation)
                chains.append(Chain([node]))
        first = min(range(len(chains)), key=lambda at: self._chain_rank(frame, chains[at], goal))
        ends = [chain.nodes[at].variable or "" for chain in chains for at in (0, -1)] if walks else []
        goal.held.update(ends)
        frame = self._chain(frame, chains[first], goal)
        for at in range(first, len(walks)):
            frame = self._walk(frame, path, chains[at].nodes[-1], walks[at], chains[at + 1].nodes[0], goal)
            frame = self._chain(frame, chains[at + 1], goal)
        for at in range(first - 1, -1, -1):
            turned = TURNED[walks[at].direction]
            frame = self._walk(frame, path, chains[at + 1].nodes[0], walks[at], chains[at].nodes[-1], goal, turned)
            frame = self._chain(frame, chains[at], goal)
        goal.held.clear()
        return frame

    def _chain_rank(self, frame: Frame, chain: Chain, goal: Goal) -> int:
        if any(self.is_bound(frame, node) for node in chain.nodes):
            return 0
        return 1 if any(self._pins(node, goal) for node in chain.nodes) else 2

    def _walk(
        self,
        frame: Frame,
        path: PathPattern,
        start: NodePattern,
        relation: RelationshipPattern,
        end: NodePattern,
        goal: Goal,
        direction: Direction | None = None,
    ) -> Frame:
        goal.parts.remove(relation)
        if path.shortest is not None:
            return self.compiler.walks.shortest(frame, path, start, relation, end, goal, direction)
        if relation.ends_only:
            return self.compiler.walks.closure(frame, start, relation, end, goal, direction)
        return self.compiler.walks.trails(frame, start, relation, end, goal, direction)

    def _named(self, frame: Frame, path: PathPattern, goal: Goal) -> Frame:
        """The nodes and relations of a path, as lists, in one more frame."""
        assert path.variable is not None
        columns = PathColumns(f"{path.variable} nodes", f"{path.variable} relations")
        nodes, relations = (self.script.accumulator(stem, f"ListAccum<{STRING}>") for stem in ("nodes", "relations"))
        builder = FrameBuilder(self.compiler)
        kept = goal.wanted()
        with self.compiler.rows.each(frame) as row:
            for name in (nodes, relations):
                self.script.line(f"{name}.clear();")
            self.script.line(f"{nodes} += {frame.columns[path.start.variable or ''].at(row).text};")
            for relation, node in path.steps:
                if relation.hops is None and path.shortest is None:
                    self.script.line(f"{relations} += {frame.columns[relation.variable or ''].at(row).text};")
                    self.script.line(f"{nodes} += {frame.columns[node.variable or ''].at(row).text};")
                    continue
                self.script.line(f"{relations} += {frame.columns[relation.variable or ''].at(row).text};")
                inner = frame.columns[walked(relation)].at(row).text
                index = self.script.fresh("i")
                with self.script.block(f"FOREACH {index} IN RANGE[1, {inner}.size() - 1] DO"):
                    self.script.line(f"{nodes} += {inner}.get({index});")
            values = self.compiler.rows.copied(frame, row, kept)
            values[columns.nodes], values[columns.relations] = Value(nodes, NODES), Value(relations, RELATIONS)
            builder.add(values)
        return builder.frame(frame.carried, {**frame.paths, path.variable: columns})

    # --- chains ----------------------------------------------------------------------------------------------------

    def _chain(self, frame: Frame, chain: Chain, goal: Goal) -> Frame:
        for part in (*chain.nodes, *chain.relations):
            if part in goal.parts:
                goal.parts.remove(part)
        if not chain.relations and self.is_bound(frame, chain.nodes[0]) and self.covers(frame, chain.nodes[0]):
            return frame
        return _Selection(self, frame, chain, goal).frame()

    def covers(self, frame: Frame, node: NodePattern) -> bool:
        """Whether every node of a column is of the kinds that a pattern wants."""
        kinds = frame.columns[node.variable or ""].type.kinds
        return node.kinds is None or (kinds is not None and kinds <= node.kinds)

    def inline_tests(self, goal: Goal, aliases: dict[str, str]) -> list[str]:
        """The pending conditions that a SELECT can test of its own aliases; they are pending no more."""
        tests, left = [], []
        scope = Scope(aliases=aliases, inline=True)
        for condition in goal.pending:
            if names_in(condition) and names_in(condition) <= set(aliases) and not has_subquery(condition):
                try:
                    tests.append(self.compiler.expressions.truth(condition, scope).true)
                    continue
                except NotInlineError:
                    pass
            left.append(condition)
        goal.pending[:] = left
        return tests

    def ready_tests(self, goal: Goal, scope: Scope) -> list[str]:
        """The pending conditions that a row can answer; they are pending no more."""
        known = set(scope.frame.columns) | set(scope.values) | set(scope.frame.paths)
        ready = [c for c in goal.pending if names_in(c) <= known and not has_subquery(c)]
        goal.pending[:] = [c for c in goal.pending if not any(c is other for other in ready)]
        return [self.compiler.expressions.truth(condition, scope).true for condition in ready]

    def distinctness(self, goal: Goal, scope: Scope, relation: RelationshipPattern, text: str) -> list[str]:
        """Tests that one more relation is none of those that the MATCH has already."""
        tests = []
        for name, of, many in goal.matched:
            found = scope.find(name)
            if found is not None and overlaps(of, relation):
                tests.append(f"(NOT {found.text}.contains({text}))" if many else f"({found.text} != {text})")
        return tests

    def node_fetches(self, node: NodePattern, alias: str, *, start: bool = False) -> list[str]:
        """What is kept of the nodes of a pattern for later statements."""
        name = node.variable or ""
        kept = []
        if start or self.compiler.reads.is_start(name) or self.compiler.is_shown(name):
            kept.append(f"{self.compiler.vertices()} += ({alias}.id -> {alias})")
        for key in self.compiler.reads.of_node(name):
            kept += self._fetch(True, alias, key, CypherType(TypeName.NODE, kinds=node.kinds))
        return kept

    def kind_fetch(self, alias: str) -> list[str]:
        """The kind of a node, kept."""
        return self._fetch(True, alias, KIND, types.NODE)

    def fetches_of_any(self, alias: str, kinds: frozenset[str] | None = None) -> list[str]:
        """What is read of nodes that come through paths and lists."""
        kept = []
        for key in sorted(self.compiler.reads.through_nodes):
            kept += self._fetch(True, alias, key, CypherType(TypeName.NODE, kinds=kinds))
        return kept

    def relation_fetches(self, relation: RelationshipPattern, alias: str) -> list[str]:
        """What is kept of the relations of a pattern for later statements."""
        name = relation.variable or ""
        kept = []
        if self.compiler.answers_relations and self.compiler.is_shown(name):
            kept.append(f"{self.compiler.shown_relations()} += {alias}")
        for key in self.compiler.reads.of_relation(name):
            kept += self._fetch(False, alias, key, CypherType(TypeName.RELATIONSHIP, types=relation.types))
        return kept

    def _fetch(self, of_node: bool, alias: str, key: str, of: CypherType) -> list[str]:
        if key == KIND:
            table = self.compiler.attribute_table(of_node, KIND, types.STRING)
            plain = f"{table} += ({alias}.id -> {alias}.type)"
            names = of.kinds if of_node else of.types
            renamed = [n for n in names or self.compiler.named_in_schema(of_node) if words.identifier(n) != n]
            for name in sorted(renamed):
                written = words.string(words.identifier(name))
                plain = f"IF {alias}.type == {written} THEN {table} += ({alias}.id -> {words.string(name)}) ELSE {plain} END"
            return [plain]
        if not self.compiler.has_attribute(of, key):
            return []
        found = self.compiler.attribute_type(of_node, key)
        table = self.compiler.attribute_table(of_node, key, found)
        if found.name is TypeName.LIST:
            test = f"IF {words.string(key)} IN {alias}.present_keys"
            if not of_node:
                raise self.compiler.refusal("a list of a relation", "kept between statements")
            return [f"{test} THEN {self.compiler.list_holders(key)} += {alias} END"]
        from graph.backends.tigergraph.expressions import attribute_text

        text = attribute_text(alias, key, found)
        return [f"IF {words.string(key)} IN {alias}.present_keys THEN {table} += ({alias}.id -> {text}) END"]

    def fetch_lists(self) -> None:
        """Lists are read once per vertex, in a SELECT of their own: adding one twice would double it."""
        for key, (holders, table) in self.compiler.take_list_holders().items():
            target = self.script.fresh("Held")
            self.script.line(f"{target} = {{{holders}}};")
            text = f"s.{words.identifier(key)}"
            kept = f"IF NOT {table}.containsKey(s.id) THEN {table} += (s.id -> {text}) END"
            self.script.select(target, "s", f"(s:{target})", TRUE, post=[("s", [kept])])
            self.script.line(f"{holders}.clear();")

    # --- texts -----------------------------------------------------------------------------------------------------

    def node_text(self, alias: str, kinds: frozenset[str] | None, before: frozenset[str] | None) -> str:
        """A node of a pattern; without kinds where those before it lead to no other."""
        if kinds is None or (before is not None and before <= kinds):
            return f"({alias})"
        if not kinds:
            raise self.compiler.refusal("a pattern", "that nothing can match")
        return f"({alias}:{'|'.join(self.compiler.name_of_kind(kind) for kind in self.compiler.in_order(kinds))})"

    def relation_text(self, relation: RelationshipPattern, alias: str, direction: Direction | None = None) -> str:
        """A relation of a pattern, with its arrows."""
        left, right = ARROWS[direction or relation.direction]
        names = "|".join(words.identifier(name) for name in self.types_of(relation))
        return f"{left}[{alias}:{names}]{right}"

    def types_of(self, relation: RelationshipPattern) -> tuple[str, ...]:
        found = tuple(self.compiler.schema.relations) if relation.types is None else relation.types
        if not found:
            raise self.compiler.refusal("a pattern", "that nothing can match")
        return found

    def reached(
        self, kinds: frozenset[str] | None, relation: RelationshipPattern, direction: Direction | None = None
    ) -> frozenset[str]:
        """The kinds that one relation leads to."""
        vocabulary = self.compiler.words_of_schema
        mask = vocabulary.step(self.types_of(relation), direction or relation.direction, vocabulary.mask(kinds))
        return vocabulary.kinds(mask)


class _Selection:
    """The SELECT of one chain, and the loop over its hits."""

    def __init__(self, matcher: Matcher, frame: Frame, chain: Chain, goal: Goal) -> None:
        self.matcher, self.before, self.chain, self.goal = matcher, frame, chain, goal
        self.compiler, self.script = matcher.compiler, matcher.script
        self.aliases: dict[str, str] = {}
        self.kinds: dict[str, frozenset[str] | None] = {}  # what each node can be, given what is before it
        self.texts: list[str] = []  # of nodes, with an alias of their own where a name comes twice
        self.tests: list[str] = []
        bound = [] if frame.is_unit else [node for node in chain.nodes if matcher.is_bound(frame, node)]
        self.bound = list({node.variable or "": node for node in bound}.values())
        self.sets: dict[str, str] = {}
        self.rows_at = ""  # the map from ids to rows
        self.join: NodePattern | None = None

    def frame(self) -> Frame:
        """Put out the statements; the frame of what was found."""
        self._prepare()
        pattern = self._pattern()
        aliases = {name: alias for name, alias in self.aliases.items() if name not in self.sets}
        with ExitStack() as stack:
            for name, kinds in self.kinds.items():
                stack.enter_context(self.compiler.typed(name, CypherType(TypeName.NODE, kinds=kinds)))
            self.tests += self.matcher.inline_tests(self.goal, aliases)
        new_nodes = [n for n in self.aliases if n in {x.variable for x in self.chain.nodes} and n not in self.sets]
        relations = [relation.variable or "" for relation in self.chain.relations]
        wanted = self.goal.wanted()
        kept = [name for name in new_nodes if name in wanted or not relations] + relations
        fields = {name: self.script.fresh("c") for name in kept}
        row = [("INT", "row")] if self.join is not None else []
        hit = self.script.tuple_type("Hit", [*row, *((STRING, field) for field in fields.values())] or [("INT", "row")])
        hits = self.script.accumulator("hits", f"SetAccum<{hit}>")
        self._select(pattern, hit, hits, kept)
        return self._rows(hits, fields, wanted)

    def _prepare(self) -> None:
        """The vertices to start from, and the rows that each belongs to."""
        frame, compiler = self.before, self.compiler
        pin = None
        if self.bound:
            self.join = self.bound[0]
        elif not frame.is_unit:
            for node in self.chain.nodes:
                pin = self.matcher._pins(node, self.goal)
                if pin is not None and names_in(pin) and names_in(pin) <= set(frame.columns):
                    self.join = node
                    break
                pin = None
        if self.join is None:
            return
        self.rows_at = self.script.accumulator("at", f"MapAccum<{STRING}, ListAccum<INT>>")
        starts = {}
        for node in self.bound:
            starts[node.variable or ""] = self.script.accumulator("start", "SetAccum<VERTEX>")
        with compiler.rows.each(frame) as row:
            if pin is not None:
                value = compiler.expressions.value(pin, Scope(frame, row))
                with compiler.rows.where(value.known):
                    self.script.line(f"{self.rows_at} += ({value.text} -> {row});")
            for node in self.bound:
                value = frame.columns[node.variable or ""].at(row)
                with compiler.rows.where(value.known):
                    self.script.line(f"{starts[node.variable or '']} += {compiler.vertices()}.get({value.text});")
                    if node is self.join:
                        self.script.line(f"{self.rows_at} += ({value.text} -> {row});")
        for name, start in starts.items():
            self.sets[name] = self.script.fresh("Start")
            self.script.line(f"{self.sets[name]} = {{{start}}};")

    def _pattern(self) -> str:
        texts, before = [], None
        kinds: frozenset[str] | None = None
        for at, node in enumerate(self.chain.nodes):
            name = node.variable or ""
            alias = self.script.fresh(name)
            if at:
                relation = self.chain.relations[at - 1]
                edge = self.aliases[relation.variable or ""] = self.script.fresh(relation.variable or "e")
                texts.append(self.matcher.relation_text(relation, edge))
                before = self.matcher.reached(kinds, relation)
            if name in self.aliases:
                self.tests.append(f"({alias}.id == {self.aliases[name]}.id)")
                texts.append(f"({alias})")
                kinds = node.kinds
            elif name in self.sets:
                self.aliases[name] = alias
                texts.append(f"({alias}:{self.sets[name]})")
                kinds = self.before.columns[name].type.kinds
                if not self.matcher.covers(self.before, node):
                    kind = Value(f"{alias}.type", types.STRING)
                    self.tests.append(self.compiler.expressions.kind_test(kind, node.kinds or ()).true)
                    kinds = node.kinds
            else:
                self.aliases[name] = alias
                texts.append(self.matcher.node_text(alias, node.kinds, before))
                kinds = node.kinds
            if before is not None:
                kinds = before if kinds is None else kinds & before
            self.kinds[name] = kinds if name not in self.kinds or kinds is None else kinds & (self.kinds[name] or kinds)
            self.texts.append(alias)
        for at, relation in enumerate(self.chain.relations):
            for other in self.chain.relations[:at]:
                if overlaps(frozenset(self.matcher.types_of(other)), relation):
                    one, two = self.aliases[other.variable or ""], self.aliases[relation.variable or ""]
                    self.tests.append(f"({one}.id != {two}.id)")
        return "".join(texts)

    def _select(self, pattern: str, hit: str, hits: str, kept: list[str]) -> None:
        ids = [f"{self.aliases[name]}.id" for name in kept]
        accum = []
        for relation in self.chain.relations:
            accum += self.matcher.relation_fetches(relation, self.aliases[relation.variable or ""])
        if self.join is None:
            accum.insert(0, f"{hits} += {hit}({', '.join(ids or ['0'])})")
        else:
            alias, row = self.aliases[self.join.variable or ""], self.script.fresh("r")
            add = f"{hits} += {hit}({', '.join([row, *ids])})"
            others = []
            for node in self.bound[1:]:
                value = self.before.columns[node.variable or ""].at(row)
                others.append(both(value.known, f"({value.text} == {self.aliases[node.variable or '']}.id)"))
            if others:
                add = f"IF {both(*others)} THEN {add} END"
            accum.insert(0, f"FOREACH {row} IN {self.rows_at}.get({alias}.id) DO {add} END")
            self.tests.insert(0, f"{self.rows_at}.containsKey({alias}.id)")
        post: list[tuple[str, list[str]]] = []
        for node in self.chain.nodes:
            name = node.variable or ""
            if name not in self.sets and self.aliases.get(name) not in [p[0] for p in post]:
                narrow = NodePattern(name, kinds=self.kinds[name])
                kept_of = self.matcher.node_fetches(narrow, self.aliases[name], start=name in self.goal.held)
                post.append((self.aliases[name], kept_of))
        self.script.select(self.script.fresh("Found"), self.texts[0], pattern, both(*self.tests), accum, post)
        self.matcher.fetch_lists()

    def _rows(self, hits: str, fields: dict[str, str], wanted: set[str]) -> Frame:
        builder = FrameBuilder(self.compiler)
        one = self.script.fresh("hit")
        if self.join is not None:
            with self.script.block(f"FOREACH {one} IN {hits} DO"):
                self._row(builder, f"{one}.row", one, fields, wanted)
        else:
            with self.compiler.rows.each(self.before) as row, self.script.block(f"FOREACH {one} IN {hits} DO"):
                self._row(builder, row, one, fields, wanted)
        return builder.frame(self.before.carried, self.before.paths)

    def _row(self, builder: FrameBuilder, row: str, hit: str, fields: dict[str, str], wanted: set[str]) -> None:
        found = {name: Value(f"{hit}.{field}", self._type(name)) for name, field in fields.items()}
        scope = Scope(self.before, row, found)
        tests = []
        for relation in self.chain.relations:
            tests += self.matcher.distinctness(
                self.goal, Scope(self.before, row), relation, found[relation.variable or ""].text
            )
        tests += self.matcher.ready_tests(self.goal, scope)
        for relation in self.chain.relations:
            self.goal.matched.append((relation.variable or "", frozenset(self.matcher.types_of(relation)), False))
        wanted = self.goal.wanted() | set(self.before.carried)
        values = self.compiler.rows.copied(self.before, row, wanted | _path_names(self.before))
        values.update({name: value for name, value in found.items() if name in wanted})
        with self.compiler.rows.where(both(*tests)):
            builder.add(values)

    def _type(self, name: str) -> CypherType:
        for node in self.chain.nodes:
            if node.variable == name:
                return CypherType(TypeName.NODE, kinds=node.kinds)
        return self.compiler.types.variables.get(name, types.RELATIONSHIP)


def _path_names(frame: Frame) -> set[str]:
    return {name for path in frame.paths.values() for name in (path.nodes, path.relations)}


def walked(relation: RelationshipPattern) -> str:
    """The column of the nodes along a variable-length relationship, both ends among them."""
    return f"{relation.variable} nodes"


def has_subquery(tree: Expression) -> bool:
    """Whether an expression asks another query."""
    return any(isinstance(part, SubqueryExpression) for part in descend(tree))


__all__ = ["Chain", "Column", "Goal", "Matcher", "has_subquery", "overlaps", "walked"]

"""Bound queries as installed GSQL queries, `SYNTAX v3`: clause by clause, each turning one frame of rows into the next.

Patterns are SELECT statements; everything else is statements over rows that are numbered, with a map for each column,
so that null is an absent key and no default of TigerGraph's ever surfaces. What is compiled here is syntax-checked: no
server has run any of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar

from core.errors import UnsupportedConstructError
from graph.backends.base_compiler import BaseCompiler, Lowering, Statement
from graph.backends.tigergraph import dialect, words
from graph.backends.tigergraph.expressions import Expressions
from graph.backends.tigergraph.frames import UNIT, Frame, gsql_type
from graph.backends.tigergraph.functions import LOWERED
from graph.backends.tigergraph.lists import Lists
from graph.backends.tigergraph.normalise import normalised, with_flat_maps
from graph.backends.tigergraph.parameters import Given, Parameters
from graph.backends.tigergraph.patterns import Matcher
from graph.backends.tigergraph.projection import Projector
from graph.backends.tigergraph.reads import KIND, names_in, names_of_parts, reads_of
from graph.backends.tigergraph.rows import FrameBuilder, Rows
from graph.backends.tigergraph.scope import Scope
from graph.backends.tigergraph.script import Script
from graph.backends.tigergraph.subqueries import Subqueries
from graph.backends.tigergraph.temporal import Temporal
from graph.backends.tigergraph.values import Value, both
from graph.backends.tigergraph.walks import Walker
from graph.cypher import types
from graph.cypher.ast import (
    CallSubquery,
    Clause,
    Expression,
    FunctionCall,
    Match,
    Parameter,
    Query,
    Return,
    SinglePart,
    Unwind,
    With,
)
from graph.cypher.bound import BoundQuery, CypherType, TypeName
from graph.cypher.operations import literal_type
from graph.cypher.vocabulary import Vocabulary, vocabulary_of
from graph.schema.model import Schema

GRAPH = "cmdb"
"""The graph that queries are installed for."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of the answer: its name in the query, and the name that it is printed under."""

    name: str
    printed: str
    type: CypherType
    nullable: bool


class GsqlCompiler(BaseCompiler):
    """Compiles one query. A schema is needed: GSQL names every type."""

    DIALECT = "gsql"
    RENAMED: ClassVar[Mapping[str, str]] = dialect.RENAMED
    LOWERED: ClassVar[Mapping[str, Lowering]] = LOWERED  # type: ignore[assignment]
    UNSUPPORTED: ClassVar[Mapping[str, str]] = dialect.UNSUPPORTED

    def __init__(self, bound: BoundQuery, schema: Schema, *, name: str = "query_", given: Given | None = None) -> None:
        super().__init__(bound, schema)
        self.schema = schema
        self.name = name
        self.words_of_schema: Vocabulary = vocabulary_of(schema)
        self.query, self.columns = with_flat_maps(normalised(bound.query, self.unsupported), bound.columns)
        self.reads = reads_of(self.query, self.types)
        self.script = Script()
        self.parameters = Parameters(self, given or Given())
        self.expressions = Expressions(self)
        self.lists, self.temporal = Lists(self), Temporal(self)
        self.rows, self.matcher, self.walks = Rows(self), Matcher(self), Walker(self)
        self.projector, self.subqueries = Projector(self), Subqueries(self)
        self.kept_alive: list[Expression] = []  # trees whose identity is a key
        self.shown: tuple[Shown, ...] = ()
        self._holders: dict[str, tuple[str, str]] = {}

    def compile(self, parameters: Mapping[str, Any]) -> Statement:
        """The query's text and the values of its parameters. Raises UnsupportedConstructError."""
        given = {name: _narrowed(of, parameters.get(name)) for name, of in self.bound.parameters.items()}
        self.types.parameters = given
        text = self.text()
        values = {name: self.parameters.value(parameters[written]) for written, name in self.parameters.names.items()}
        return Statement(text, {name: value for name, value in values.items() if value is not None})

    def text(self) -> str:
        """The whole CREATE QUERY statement. Raises UnsupportedConstructError."""
        self.check_supported()
        if self.bound.restricted:
            raise self.refusal("a perimeter", "who may see what is not stored there")
        result = self.parts(UNIT, self.query, self.columns)
        self._print(result)
        head = f"CREATE OR REPLACE QUERY {self.name}({self.parameters.head()}) FOR GRAPH {GRAPH} SYNTAX v3"
        return self.script.text(head)

    def refusal(self, name: str, reason: str) -> UnsupportedConstructError:
        """The error for a construct that has no place in the text."""
        return UnsupportedConstructError(
            f"{self.DIALECT} cannot express {name}: {reason}",
            hint="the query can run on the in-memory executor",
            details={"construct": name, "dialect": self.DIALECT},
        )

    @contextmanager
    def typed(self, name: str, of: CypherType) -> Iterator[None]:
        """A variable of an expression has a type while what it stands in is compiled."""
        before = self.types.variables.get(name)
        self.types.variables[name] = of
        yield
        if before is None:
            del self.types.variables[name]
        else:
            self.types.variables[name] = before

    # --- clauses ---------------------------------------------------------------------------------------------------

    def parts(self, frame: Frame, query: Query, columns: Iterable[str]) -> Frame:
        """The rows of a query, its UNIONs joined."""
        wanted = tuple(columns)
        frames = [self._part(frame, part, wanted) for part in query.parts]
        if len(frames) == 1:
            return frames[0]
        return self._union(frames, query, wanted)

    def _part(self, frame: Frame, part: SinglePart, columns: Sequence[str]) -> Frame:
        clauses = part.clauses
        for at, clause in enumerate(clauses):
            needed = set(frame.carried) | set(columns if at == len(clauses) - 1 else ())
            for later in clauses[at + 1 :]:
                needed |= names_in(later)
            if isinstance(clause, Match) and clause.patterns and at == len(clauses) - 1:
                needed |= set(columns)
            frame = self._clause(frame, clause, needed)
        return frame

    def _clause(self, frame: Frame, clause: Clause, needed: set[str]) -> Frame:
        rule = CLAUSES.get(type(clause))
        if rule is None:
            raise self.unsupported(type(clause).__name__, clause)
        return rule(self, frame, clause, needed)

    def match(self, frame: Frame, clause: Match, needed: set[str]) -> Frame:
        """MATCH and OPTIONAL MATCH."""
        if not clause.optional:
            return self.matcher.match(frame, clause, needed)
        names = [name for path in clause.patterns for name in names_of_parts(path) if name not in frame.columns]
        new = [(name, self.types.variables.get(name, types.NODE)) for name in names]
        return self.subqueries.optional(frame, lambda inner: self.matcher.match(inner, clause, needed), needed, new)

    def with_(self, frame: Frame, clause: With, needed: set[str]) -> Frame:
        return self.projector.project(frame, clause.projection, clause.where, needed)

    def return_(self, frame: Frame, clause: Return, needed: set[str]) -> Frame:
        return self.projector.project(frame, clause.projection, None, needed)

    def unwind(self, frame: Frame, clause: Unwind, needed: set[str]) -> Frame:
        """A row for each item; `range` without a list in between."""
        source = clause.source
        self.subqueries.prepare(source, frame)
        builder = FrameBuilder(self)
        variable = self.script.fresh("each")
        with self.rows.each(frame) as row:
            scope = Scope(frame, row)
            item, known, over = self._unwound(source, scope)
            with self.rows.where(known), self.script.block(f"FOREACH {variable} IN {over} DO"):
                values = self.rows.copied(frame, row, needed | _path_columns(frame))
                values[clause.variable] = Value(variable, item)
                builder.add(values)
        return builder.frame(frame.carried, frame.paths)

    def _unwound(self, source: Expression, scope: Scope) -> tuple[CypherType, str, str]:
        from graph.backends.tigergraph.lists import range_text

        if isinstance(source, FunctionCall) and source.name == "range":
            values = [self.expressions.value(argument, scope) for argument in source.arguments]
            return types.INTEGER, both(*(value.known for value in values)), range_text(values)
        item, _ = self.lists.item_type(source)
        if isinstance(source, Parameter):
            raise self.unsupported("UNWIND", source, "of a parameter: a set in GSQL drops what is there twice")
        found = self.expressions.value(source, scope)
        return item, found.known, found.text

    def call(self, frame: Frame, clause: CallSubquery, needed: set[str]) -> Frame:
        return self.subqueries.call(frame, clause, needed)

    def _union(self, frames: Sequence[Frame], query: Query, columns: Sequence[str]) -> Frame:
        builder = FrameBuilder(self)
        seen = ""
        parts_type = ""
        for frame in frames:
            with self.rows.each(frame) as row:
                values = self.rows.copied(frame, row, columns)
                if query.union_all:
                    builder.add(values)
                    continue
                scope = Scope(frame, row)
                stored = {n: self._union_key(value, n, scope) for n, value in values.items()}
                texts = []
                for value in stored.values():
                    texts += [value.known, value.text]
                if not seen:
                    fields = []
                    for at, value in enumerate(stored.values(), start=1):
                        fields += [("BOOL", f"has_{at}"), (gsql_type(value.type) or "STRING", f"key_{at}")]
                    parts_type = self.script.tuple_type("SeenRow", fields or [("INT", "none")])
                    seen = self.script.accumulator("seen", f"SetAccum<{parts_type}>")
                key = f"{parts_type}({', '.join(texts) or '0'})"
                with self.script.block(f"IF NOT {seen}.contains({key}) THEN"):
                    self.script.line(f"{seen} += {key};")
                    builder.add(stored)
        return builder.frame(frames[0].carried)

    def _union_key(self, value: Value, name: str, scope: Scope) -> Value:
        if value.type.name is TypeName.LIST:
            raise self.refusal("UNION", "of rows with lists")
        return self.expressions.stored(value, name, scope)

    # --- the answer ------------------------------------------------------------------------------------------------

    def _print(self, frame: Frame) -> None:
        """PRINT the number of rows, each column as a map from row to value, and the elements that columns name."""
        self.script.line(f"PRINT {frame.count} AS row_count;")
        shown: list[Shown] = []
        taken: set[str] = set()
        elements = False
        for at, name in enumerate(self.columns, start=1):
            path = frame.paths.get(name)
            names = [name] if path is None else [path.nodes, path.relations]
            for each in names:
                column = frame.columns.get(each)
                if column is None:
                    raise self.refusal("a column", f"{name!r} has no form in GSQL")
                printed = _printed(each.replace(" ", "_").replace(".", "_"), at, taken)
                shown.append(Shown(each, printed, column.type, column.nullable))
                self.script.line(f"PRINT {column.name} AS {printed};")
                of = column.type.item if column.type.name is TypeName.LIST else column.type
                if of is not None and of.name is TypeName.NODE:
                    elements = True
                    self._show(frame, each, many=column.type.name is TypeName.LIST)
        if elements:
            self.script.line("Elements = {@@elements};")
            self.script.line("PRINT Elements;")
        if "@@relations_found" in self._once:
            self.script.line("PRINT @@relations_found AS relations_found;")
        self.shown = tuple(shown)

    def _show(self, frame: Frame, name: str, *, many: bool) -> None:
        elements = self.script.once("@@elements", "SetAccum<VERTEX>")
        with self.rows.each(frame) as row:
            value = frame.columns[name].at(row)
            with self.rows.where(value.known):
                if many:
                    each = self.script.fresh("each")
                    with self.script.block(f"FOREACH {each} IN {value.text} DO"):
                        self.script.line(f"{elements} += {self.vertices()}.get({each});")
                else:
                    self.script.line(f"{elements} += {self.vertices()}.get({value.text});")

    # --- what the query keeps of elements --------------------------------------------------------------------------

    @property
    def _once(self) -> Mapping[str, str]:
        return self.script.declared

    def is_shown(self, name: str) -> bool:
        """Whether the elements of a variable may be in the answer, or go on under another name."""
        return name in self.columns or name in self.reads.travelling

    @cached_property
    def answers_relations(self) -> bool:
        """Whether a column of the answer holds relations, or paths."""
        found = [of.item if of.name is TypeName.LIST and of.item is not None else of for of in self.bound.column_types]
        return any(of.name in (TypeName.RELATIONSHIP, TypeName.PATH) for of in found)

    def vertices(self) -> str:
        """The map from ids to vertices. Its values are sets, so that adding one twice changes nothing."""
        return self.script.once("@@vertices", "MapAccum<STRING, SetAccum<VERTEX>>")

    def shown_relations(self) -> str:
        """The relations that the answer may name, as edges."""
        return self.script.once("@@relations_found", "SetAccum<EDGE>")

    def attribute_type(self, of_node: bool, key: str) -> CypherType:
        """The type of an attribute, which is one throughout a schema."""
        known = self.words_of_schema.node_properties if of_node else self.words_of_schema.relation_properties
        return known.get(key, types.STRING)

    def attribute_table(self, of_node: bool, key: str, of: CypherType) -> str:
        """The map from ids to an attribute. Its values are the greatest that was added, so twice changes nothing."""
        gsql = gsql_type(of)
        if gsql is None:
            raise self.refusal("an attribute", f"{key} of type {of.name.value}")
        if of.name is TypeName.BOOLEAN:
            gsql = "OrAccum"
        elif of.name is not TypeName.LIST:
            gsql = f"MaxAccum<{gsql}>"
        stem = "kind" if key == KIND and of_node else "type" if key == KIND else key
        return self.script.once(f"@@{'node' if of_node else 'relation'}_{stem}", f"MapAccum<STRING, {gsql}>")

    def list_holders(self, key: str) -> str:
        """The vertices whose list attribute is to be read."""
        table = self.attribute_table(True, key, self.attribute_type(True, key))
        holders = self.script.once(f"@@holders_of_{key}", "SetAccum<VERTEX>")
        self._holders[key] = (holders, table)
        return holders

    def take_list_holders(self) -> dict[str, tuple[str, str]]:
        """The lists that wait to be read."""
        found, self._holders = self._holders, {}
        return found

    def has_attribute(self, of: CypherType, key: str) -> bool:
        """Whether any kind or type that an element may have has an attribute."""
        if of.name is TypeName.NODE:
            return self.words_of_schema.node_property(of.kinds, key) is not None
        return self.words_of_schema.relation_property(of.types, key) is not None

    # --- names of the schema ---------------------------------------------------------------------------------------

    def name_of_kind(self, kind: str) -> str:
        return words.identifier(kind)

    def named_in_schema(self, of_node: bool) -> tuple[str, ...]:
        """Every kind, or every relation type."""
        return self.schema.concrete if of_node else tuple(self.schema.relations)

    def in_order(self, kinds: Iterable[str]) -> list[str]:
        """Kinds in the order of the schema."""
        wanted = set(kinds)
        return [kind for kind in self.schema.concrete if kind in wanted]


def _narrowed(of: CypherType, value: Any) -> CypherType:
    """The type of a parameter that a query leaves open, once its value is known."""
    if of.name is TypeName.LIST and (of.item is None or of.item.name in types.UNKNOWN) and isinstance(value, list):
        return types.list_of(types.unify_all(literal_type(item) for item in value)) if value else of
    if of.name in (*types.UNKNOWN, TypeName.NUMBER) and value is not None and not isinstance(value, list | tuple):
        return literal_type(value)
    return of


def _path_columns(frame: Frame) -> set[str]:
    return {name for path in frame.paths.values() for name in (path.nodes, path.relations)}


def _printed(name: str, at: int, taken: set[str]) -> str:
    """The name of a column in the answer: its own, where that is a plain word that no other has."""
    plain = name.isascii() and name.isidentifier() and name.lower() not in words.RESERVED and not name.startswith("_")
    if not plain or name in taken or name in ("row_count", "Elements", "relations_found"):
        name = f"column_{at}"
        while name in taken:
            name += "_"
    taken.add(name)
    return name


ClauseRule = Callable[[GsqlCompiler, Frame, Any, set[str]], Frame]
CLAUSES: Mapping[type[Clause], ClauseRule] = MappingProxyType(
    {
        Match: GsqlCompiler.match,
        With: GsqlCompiler.with_,
        Return: GsqlCompiler.return_,
        Unwind: GsqlCompiler.unwind,
        CallSubquery: GsqlCompiler.call,
    }
)

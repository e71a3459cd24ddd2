"""Bound queries in ladybug's dialect: kinds and types become conditions on tables, the rest is the Cypher family's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final

from core.clock import in_utc
from graph.backends.base_compiler import Lowering
from graph.backends.cypher_family import CypherFamilyCompiler
from graph.backends.embedded import dialect, lowering
from graph.backends.embedded.closures import closures_of, is_given
from graph.backends.embedded.composition import CompositionPrinter
from graph.backends.embedded.holders import HolderIndex
from graph.backends.embedded.index import AdjacencyIndex
from graph.backends.embedded.layout import ID, KIND, PERIMETERS, TYPE, Layout, quoted
from graph.backends.embedded.loops import Loops
from graph.backends.embedded.not_a_number import may_be_nan
from graph.backends.embedded.paths import can_fill
from graph.backends.embedded.perimeter_sets import SEEN_SETS, is_seen
from graph.backends.embedded.shortest import is_printable
from graph.backends.embedded.subqueries import may_hold_of_unknown, needed_from_outside
from graph.backends.embedded.temporal import part_of_time
from graph.backends.embedded.trails import TrailIndex
from graph.cypher.ast import (
    Binary,
    Clause,
    Comparison,
    Expression,
    FunctionCall,
    HasLabels,
    IsNull,
    Literal,
    MapLiteral,
    Match,
    NodePattern,
    Parameter,
    PathPattern,
    PatternPredicate,
    Projection,
    ProjectionItem,
    Property,
    Quantifier,
    Query,
    RelationshipPattern,
    Return,
    SinglePart,
    SortItem,
    SubqueryExpression,
    SubqueryKind,
    Unary,
    UnaryOperator,
    Unwind,
    Variable,
    Visible,
    With,
)
from graph.cypher.bound import BoundQuery, TypeName
from graph.cypher.parameters import PERIMETERS as SEES
from graph.cypher.passes.aggregates import aggregates_in
from graph.cypher.printer import ATOM, POSTFIX
from graph.cypher.rewrite import descend, mentions
from graph.schema.model import Schema

EVERY_ROW: Final = 9_223_372_036_854_775_807
"""ladybug wants a LIMIT after ORDER BY in a WITH."""

DISTINCT: Final = "__distinct"
"""Ends the name of a parameter that holds each item of a list once."""

PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_PATHS: Final = frozenset({TypeName.RELATIONSHIP, TypeName.PATH})
_NOT_SORTED: Final = frozenset({TypeName.NODE, TypeName.RELATIONSHIP, TypeName.PATH, TypeName.MAP, TypeName.LIST})


MOST_SKIPPED: Final = 1_000_000
HUGE: Final = "huge"
"""How an integer is given that is larger than what may be skipped."""


class LadybugCompiler(CypherFamilyCompiler):
    """Compiles one query, for one way of giving its parameters (`given`: null, empty, holes, integer, huge; else absent)."""

    DIALECT = "ladybug"
    RENAMED: ClassVar[Mapping[str, str]] = dialect.RENAMED
    LOWERED: ClassVar[Mapping[str, Lowering]] = MappingProxyType({**dialect.TEMPLATES, **lowering.LOWERED})
    UNSUPPORTED: ClassVar[Mapping[str, str]] = dialect.UNSUPPORTED

    def __init__(
        self,
        bound: BoundQuery,
        schema: Schema,
        layout: Layout,
        index: AdjacencyIndex,
        trails: TrailIndex,
        holders: HolderIndex,
        loops: Loops,
        given: Mapping[str, str],
    ) -> None:
        super().__init__(bound, schema)
        self.schema = schema
        self.layout = layout
        self.index = index
        self.trails = trails
        self.holders = holders
        self.loops = loops
        self.given = given
        self.closures: set[int] = set()
        self.searches: set[int] = set()
        self.held: set[int] = set()  # attributes whose holders the statement asks for
        self.recipes: dict[str, Expression] = {}  # columns of paths' texts, and what they should hold
        self.float_sums: set[str] = set()  # aliases of sums of floats, which may be sums of nothing
        self.id_uses = _id_uses(bound.query)
        self.distinct_parameters: dict[str, None] = {}
        self.patterns = CompositionPrinter(self)
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()
        self._count = 0
        self._bare = False
        self._final = False
        self.nans: set[str] = set()  # variables that may hold NaN
        self.in_case = 0  # how many CASE expressions are being printed

    def text(self, row_cap: int) -> str:
        """The statement; it answers at most one row more than the cap. Raises UnsupportedConstructError."""
        self.check_supported()
        text = self.query(self.bound.query)
        last = self.bound.query.parts[-1].clauses[-1]
        if len(self.bound.query.parts) == 1 and isinstance(last, Return) and last.projection.limit is None:
            text += f" LIMIT {row_cap + 1}"
        return text

    # --- names and values ------------------------------------------------------------------------------------------

    def variable(self, name: str) -> str:
        """ladybug does not tell `n` from `N`: names that differ in case only are told apart by a number."""
        found = self._names.get(name)
        if found is None:
            found = name
            while found.lower() in self._taken:
                self._count += 1
                found = f"{name}_{self._count}"
            self._taken.add(found.lower())
            self._names[name] = found
        return quoted(found)

    def fresh(self, letter: str) -> str:
        """A name that nothing else has; print it with `variable`."""
        self._count += 1
        return f"_{letter}{self._count}"

    def parameter(self, tree: Parameter) -> str:
        given = self.given.get(tree.name)
        if given == "null":
            return "NULL"
        text = f"${self.sent_name(tree.name)}"
        return f"CAST({text} AS INT64)" if given in ("integer", HUGE) and not self._bare else text

    def distinct(self, name: str) -> str:
        """A list parameter without its repetitions, as a parameter of its own."""
        self.distinct_parameters[name] = None
        return f"${self.sent_name(name)}{DISTINCT}"

    def sent_name(self, name: str) -> str:
        """A parameter's name as it is sent: ladybug takes plain names only, and no keywords."""
        return f"p_{name}" if PLAIN.fullmatch(name) else "h_" + name.encode().hex()

    def instant_literal(self, value: datetime) -> str:
        utc = in_utc(value)
        return f"timestamp('{utc.replace(tzinfo=None).isoformat(sep=' ')}')"

    def float_literal(self, value: float) -> str:
        plain = repr(value)
        return plain if plain.lstrip("-").replace(".", "", 1).isdigit() else f"CAST('{plain}' AS DOUBLE)"

    # --- clauses ---------------------------------------------------------------------------------------------------

    def part(self, part: SinglePart, separator: str) -> str:
        self.patterns.bound, self.patterns.walks, self.patterns.ids, self.patterns.unique = set(), set(), {}, None
        self.patterns.open_steps, self.patterns.trails = 0, {}
        self.patterns.forget_ids()
        clauses = without_idle_distinct(part).clauses
        lines, position = list[str](), 0
        later: list[set[str]] = [set()]  # what is named behind each clause, last first
        for clause in clauses[:0:-1]:
            later.append(later[-1] | names_in(clause))
        while position < len(clauses):
            self.patterns.later = later[-1 - position]
            composed = (
                self.patterns.composed(*clauses[position : position + 3]) if position + 2 < len(clauses) else None
            )
            self.patterns.unwinds = False
            text, taken = (self.clause(clauses[position]), 1) if composed is None else composed
            if self.patterns.unwinds:
                lines.pop()
            lines.append(text)
            for clause in clauses[position : position + taken]:
                self.patterns.known = self.patterns.known.behind(clause)
            position += taken
        return separator.join(lines)

    def clause(self, clause: Clause) -> str:
        if isinstance(clause, With):
            return self._with(clause)
        self._final = isinstance(clause, Return)
        text = super().clause(clause)
        self._final = False
        if isinstance(clause, Unwind):
            if self.may_be_nan(clause.source):
                self.nans.add(clause.variable)
            self.patterns.unique = None
            self.patterns.bound.add(clause.variable)
        return text

    def match(self, clause: Match) -> str:
        self.patterns.unique = None
        if clause.optional:
            self._check_values_from_outside(clause, "OPTIONAL MATCH")
        return self.patterns.match(clause)

    def _with(self, clause: With) -> str:
        projection, unique = clause.projection, self.patterns.unique
        names = {item.expression.name for item in projection.items if isinstance(item.expression, Variable)}
        if unique is not None and unique <= names:
            projection = replace(projection, distinct=False)  # ladybug compares whole nodes for what is known
        self.patterns.unique = None
        body = self.projection(projection)
        if projection.order and projection.limit is None:
            body += f" LIMIT {EVERY_ROW}"
        self.patterns.bound = {item.alias for item in projection.items}
        self.patterns.walks = set()
        self.patterns.ids = {}
        self.patterns.open_steps = 0
        trails = self.patterns.trails
        self.patterns.trails = {
            item.alias: trails[item.expression.name]
            for item in projection.items
            if isinstance(item.expression, Variable) and item.expression.name in trails
        }
        return f"WITH {body}{self.where(clause.where)}"

    def projection(self, projection: Projection) -> str:
        for item in projection.order:
            if self.type_of(item.expression).name in _NOT_SORTED:
                raise self.unsupported("ORDER BY", item.expression, "of anything but plain values")
        self._check_groups(projection)
        self.float_sums |= {item.alias for item in projection.items if self._is_float_sum(item.expression)}
        self.nans |= {item.alias for item in projection.items if self.may_be_nan(item.expression)}
        bare = Projection(
            projection.items, projection.distinct, projection.star, projection.order, span=projection.span
        )
        text = super().projection(bare)
        if self.recipes:
            self._check_recipes(projection)
        self._bare = True  # SKIP and LIMIT take a parameter, not an expression of one
        if projection.skip is not None:
            text += f" SKIP {self._skipped(projection.skip)}"
        if projection.limit is not None:
            text += f" LIMIT {self.expression(projection.limit)}"
        self._bare = False
        return text

    def _check_groups(self, projection: Projection) -> None:
        """What rows are grouped by or distinct in: ladybug mixes up some values there, nulls of functions above all."""
        keys = [item.expression for item in projection.items if not any(True for _ in aggregates_in(item.expression))]
        grouped = len(keys) < len(projection.items)
        if (not self._final or len(self.bound.query.parts) > 1) and len(set(keys)) < len(keys):
            raise self.unsupported("the same value twice", projection, "in WITH or UNION: ladybug mixes them up")
        computed = grouped and not all(isinstance(key, Variable | Property) for key in keys)
        if projection.distinct and not any(mentions(key) for key in keys):
            raise self.unsupported("DISTINCT", projection, "of rows that are all the same")
        for key in keys if grouped or projection.distinct else ():
            if any(isinstance(tree, Quantifier) for tree in descend(key)):
                raise self.unsupported("a quantifier", key, "as what rows are grouped by or distinct in")
            of = self.type_of(key)
            if computed and (of.name in _PATHS or (of.item is not None and of.item.name in _PATHS)):
                raise self.unsupported("GROUP BY", key, "relationships or paths beside computed values")

    def _skipped(self, tree: Expression) -> str:
        """The rows after SKIP. Millions of them before a LIMIT of sorted rows end ladybug's process: not there."""
        huge = isinstance(tree, Parameter) and self.given.get(tree.name) == HUGE
        if huge or (isinstance(tree, Literal) and isinstance(tree.value, int) and tree.value > MOST_SKIPPED):
            raise self.unsupported("SKIP", tree, f"of more than {MOST_SKIPPED:,} rows")
        return self.expression(tree)

    def projection_item(self, item: ProjectionItem) -> str:
        """An item; what asks for nodes or relations of a shortest path leaves as the path's text (`paths`)."""
        trails, tree = self.patterns.trails, item.expression
        asked = [name for name in mentions(tree) if name in trails] if trails else []
        if not asked:
            return super().projection_item(item)
        bare = isinstance(tree, Variable)
        if not bare and (is_printable(tree, trails) or not self._final or not can_fill(tree)):
            return super().projection_item(item)
        if self._final:
            self.recipes[item.alias] = tree
        return f"{self.variable(asked[0])} AS {self.variable(item.alias)}"

    def _check_recipes(self, projection: Projection) -> None:
        """A path stands for what is made of it, which other paths may share: not in groups, in an order or in a UNION."""
        shared = any(not isinstance(tree, Variable) for tree in self.recipes.values())
        grouped = projection.distinct or any(list(aggregates_in(item.expression)) for item in projection.items)
        sorted_ = any(mentions(item.expression).keys() & self.recipes.keys() for item in projection.order)
        if (shared and grouped) or sorted_ or len(self.bound.query.parts) > 1:
            raise self.unsupported("a shortest path as a value", projection, "in groups, in ORDER BY or in a UNION")

    def _is_null(self, tree: IsNull) -> str:
        operand = tree.operand
        if isinstance(operand, Variable) and operand.name in self.patterns.trails:
            return f"{self.variable(operand.name)} IS {'NOT ' if tree.negated else ''}NULL"
        return super()._is_null(tree)

    def _unary(self, tree: Unary) -> str:
        """Minus a float is taken from zero: ladybug's makes zeros below zero."""
        if tree.operator is UnaryOperator.MINUS and self.type_of(tree.operand).name is not TypeName.INTEGER:
            return f"(0 - {self.expression(tree.operand, POSTFIX)})"
        return super()._unary(tree)

    def may_be_nan(self, tree: Expression) -> bool:
        """Whether an expression may be NaN."""
        return may_be_nan(tree, self.type_of, self.nans)

    def sort_item(self, item: SortItem) -> str:
        """NaN is above every other number, which ladybug has to be told."""
        text = super().sort_item(item)
        if not self.may_be_nan(item.expression):
            return text
        value = self.expression(item.expression, POSTFIX)
        return f"({value} <> {value}){' DESC' if item.descending else ''}, {text}"

    def _is_float_sum(self, tree: Expression) -> bool:
        if isinstance(tree, Variable):
            return tree.name in self.float_sums
        return isinstance(tree, FunctionCall) and tree.name == "sum" and self.type_of(tree).name is TypeName.FLOAT

    # --- expressions -----------------------------------------------------------------------------------------------

    def expression(self, tree: Expression, level: int = 0) -> str:
        if isinstance(tree, Binary | Comparison) and level >= POSTFIX:
            level = ATOM  # what lowers them brackets them
        return super().expression(tree, level)

    def _variable(self, tree: Variable) -> str:
        if tree.name in self.patterns.trails:
            raise self.unsupported("a shortest path as a value", tree)
        text = super()._variable(tree)
        return f"rels({text})" if tree.name in self.patterns.walks else text

    def _property(self, tree: Property) -> str:
        if tree.key == ID and isinstance(tree.subject, Variable) and tree.subject.name in self.patterns.ids:
            return self.patterns.id_of(tree.subject.name)
        of = self.type_of(tree.subject)
        if of.name in (TypeName.DATE, TypeName.INSTANT):
            return part_of_time(self, tree)
        if of.name is TypeName.NODE:
            kinds = frozenset(self.schema.concrete) if of.kinds is None else of.kinds
            tables = [table.columns for table in self.patterns.tables_of_kinds(kinds)]
        elif of.name is TypeName.RELATIONSHIP:
            types = frozenset(self.schema.relations if of.types is None else of.types)
            tables = [table.columns for table in self.patterns.tables_of_types(types)]
        elif of.name is TypeName.MAP:
            return f"{self.expression(tree.subject, POSTFIX)}.{quoted(tree.key)}"
        else:
            raise self.unsupported("property access", tree, f"on a value of type {of.name.value}")
        if tree.key != ID and not any(tree.key in columns for columns in tables):
            return "NULL"
        return f"{self.expression(tree.subject, POSTFIX)}.{quoted(tree.key)}"

    def _visible(self, tree: Visible) -> str:
        """Of a pattern as a whole the patterns say it; nothing else may be asked for."""
        if tree.subject is None:
            raise self.unsupported("a perimeter here", tree)
        return self.is_seen(self.variable(tree.subject.name))

    def is_seen(self, node: str) -> str:
        """A condition that the asker sees a node; `node` is printed."""
        return is_seen(self._parameter(Parameter(SEEN_SETS)), f"{node}.{PERIMETERS}")

    def read_of(self, kinds: frozenset[str]) -> frozenset[str]:
        """Those of some kinds that the asker may read."""
        return kinds if self.bound.seen_kinds is None else kinds & self.bound.seen_kinds

    def sees(self) -> str:
        """The asker's perimeters."""
        return self._parameter(Parameter(SEES))

    def _has_labels(self, tree: HasLabels) -> str:
        if tree.kinds is None:
            raise self.unsupported("label test", tree, "of labels that the schema does not know")
        column = TYPE if self.type_of(tree.subject).name is TypeName.RELATIONSHIP else KIND
        return self.is_one_of(f"{self.expression(tree.subject, POSTFIX)}.{column}", tree.kinds)

    def is_one_of(self, subject: str, names: frozenset[str]) -> str:
        """A condition, in brackets, that a column holds one of some names of the schema."""
        if len(names) == 1:
            return f"({subject} = '{next(iter(names))}')"
        return f"({subject} IN [{', '.join(repr(name) for name in sorted(names))}])" if names else "(1 = 0)"

    def property_map(self, tree: MapLiteral) -> str:
        """The properties of a pattern, or the fields of a map."""
        return "{" + ", ".join(f"{quoted(key)}: {self.expression(value)}" for key, value in tree.items) + "}"

    def _map_literal(self, tree: MapLiteral) -> str:
        keys = {key.lower() for key, _ in tree.items}
        if not keys or len(keys) < len(tree.items):
            raise self.unsupported("map", tree, "that is empty, or whose keys differ in case only")
        return self.property_map(tree)

    def _pattern_predicate(self, tree: PatternPredicate) -> str:
        return f"EXISTS {{ {self.patterns.match(Match((tree.pattern,), None), inside=True)} }}"

    def _subquery(self, tree: SubqueryExpression) -> str:
        clauses = tree.query.parts[0].clauses
        if tree.kind is SubqueryKind.EXISTS and clauses and isinstance(clauses[-1], Return):
            clauses = clauses[:-1]
        match = clauses[0] if len(clauses) == 1 and len(tree.query.parts) == 1 else None
        if not isinstance(match, Match) or match.optional:
            raise self.unsupported(f"{tree.kind.value} {{ }}", tree, "of more than one MATCH with its WHERE")
        self._check_values_from_outside(match, "a subquery")
        text = f"{tree.kind.value} {{ {self.patterns.match(match, inside=True)} }}"
        return self._guarded(text, tree, match)

    def _check_values_from_outside(self, match: Match, where: str) -> None:
        condition = may_hold_of_unknown(match, frozenset(self.patterns.bound))
        if condition is not None:
            raise self.unsupported(
                f"a condition in {where}", condition, "that may hold of an unknown value from outside"
            )

    def _guarded(self, text: str, tree: SubqueryExpression, match: Match) -> str:
        """A subquery that finds nothing where a value from outside is unknown, which ladybug may give another row's answer.

        A count reads the node it is made for, too: ladybug leaves out nodes of which nothing else is read and counts none.
        """
        outside = frozenset(self.patterns.bound)
        values = [
            self.expression(Property(Variable(name), key) if key else Variable(name), POSTFIX)
            for name, key in needed_from_outside(match, outside)
            if key or not self._is_node(name)
        ]
        unknown = [f"{value} IS NULL" for value in values if value != "NULL"]
        if tree.kind is SubqueryKind.EXISTS:
            known = " AND ".join(f"{value} IS NOT NULL" for value in values if value != "NULL")
            return f"({text} AND {known})" if known else text
        nodes = [name for name in sorted(names_in(match) & self.patterns.bound) if self._is_node(name)]
        unknown += [f"{self.variable(name)}.{ID} IS NULL" for name in nodes]
        if not unknown:
            return text
        return f"({text} * CASE WHEN {' OR '.join(unknown)} THEN 0 ELSE 1 END)"

    def _is_node(self, name: str) -> bool:
        return self.type_of(Variable(name)).name is TypeName.NODE


def without_idle_distinct(part: SinglePart) -> SinglePart:
    """`MATCH (a {id: $x})<-[:T*1..8]-(b) RETURN DISTINCT b.id`: one `a`, each `b` once, so that nothing repeats."""
    if len(part.clauses) != 2:
        return part
    match, last = part.clauses
    if not isinstance(match, Match) or match.optional or not isinstance(last, Return) or not last.projection.distinct:
        return part
    path = match.patterns[0]
    if len(match.patterns) > 1 or len(path.steps) != 1 or len(closures_of(path)) != 1 or not is_given(path.start):
        return part
    name = path.steps[0][1].variable
    for item in last.projection.items:
        expression = item.expression
        if isinstance(expression, Property) and expression.key == ID:
            expression = expression.subject
        if isinstance(expression, Variable) and expression.name == name:
            return replace(part, clauses=(match, replace(last, projection=replace(last.projection, distinct=False))))
    return part


def _id_uses(query: Query) -> dict[str, int]:
    """How often the id of each variable is read."""
    counts: dict[str, int] = {}
    for tree in descend(query):
        subject: Expression | None = None
        if isinstance(tree, Property) and tree.key == ID:
            subject = tree.subject
        elif isinstance(tree, FunctionCall) and tree.name == "elementId":
            subject = tree.arguments[0]
        if isinstance(subject, Variable):
            counts[subject.name] = counts.get(subject.name, 0) + 1
    return counts


def names_in(clause: Clause) -> set[str]:
    """Every variable that a clause reads or names in a pattern."""
    found = set(mentions(clause))
    for tree in descend(clause):
        if isinstance(tree, NodePattern | RelationshipPattern | PathPattern) and tree.variable is not None:
            found.add(tree.variable)
    return found

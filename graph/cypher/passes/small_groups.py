"""Small groups of people are left out of aggregates, for askers who may not know persons.

Where rows are grouped that come from elements which stand for people, each group is told only where none or at least so many
of them are in it, and in what each of its aggregates has a value of:

    MATCH (p:Person) RETURN p.role AS role, count(*) AS n
    MATCH (p:Person) WITH p.role AS k, count(*) AS a, count(DISTINCT p) AS g WHERE g = 0 OR g >= 5 RETURN k AS role, a AS n

What cannot be decided so is refused: people who left the scope before their rows are counted, counts within expressions,
aggregates of conditions, keys that tell one person from another. One query is looked at, not what two together tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NoReturn

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    CallSubquery,
    Case,
    Clause,
    Comparison,
    CountStar,
    Expression,
    FunctionCall,
    HasLabels,
    IsNull,
    LabelName,
    LabelOr,
    Literal,
    Match,
    NodePattern,
    PatternComprehension,
    Projection,
    ProjectionItem,
    Property,
    Query,
    RelationshipPattern,
    Return,
    SinglePart,
    SubqueryExpression,
    SubqueryKind,
    Tree,
    Unwind,
    Variable,
    With,
)
from graph.cypher.bound import BoundQuery
from graph.cypher.diagnostics import CypherError, report
from graph.cypher.inference import TypeReader
from graph.cypher.passes.aggregates import Names, aggregates_in
from graph.cypher.passes.context import PassContext, People
from graph.cypher.rewrite import descend, transform

_LISTS: Final = frozenset({SubqueryKind.COUNT, SubqueryKind.COLLECT})


class SmallGroupError(CypherError):
    """An aggregate over people of which it cannot be decided how many are in each of its groups."""

    code = "SMALL_GROUPS"
    status = 403


def note_of(people: People) -> str:
    """What answers say from which groups may be missing."""
    return f"groups of fewer than {people.least} people are left out"


def leave_out_small_groups(bound: BoundQuery, context: PassContext) -> BoundQuery:
    """The query without groups of few people; unchanged where no people are grouped, or by whoever may know them.

    Raises SmallGroupError.
    """
    people, vocabulary = context.people, context.vocabulary
    if people is None or vocabulary is None or note_of(people) in bound.notes:
        return bound
    rewriter = _Rewriter(bound, people, Names(TypeReader(bound, vocabulary)), context)
    query = rewriter.query(bound.query, _Scope())
    if not rewriter.guarded:
        return bound
    return replace(
        bound,
        query=query,
        variables=rewriter.names.reader.variables,
        read=bound.read | rewriter.read,
        notes=(*bound.notes, note_of(people)),
    )


@dataclass(slots=True)
class _Scope:
    """The variables that hold people, each with whether it may hold else too; `derived` are made from what they hold.

    `lost`: rows are there for people that no variable holds any longer.
    """

    people: dict[str, bool] = field(default_factory=dict)
    derived: set[str] = field(default_factory=set)
    lost: bool = False

    def copy(self) -> _Scope:
        return _Scope(dict(self.people), set(self.derived), self.lost)


@dataclass(slots=True)
class _Rewriter:
    bound: BoundQuery
    about: People
    names: Names
    context: PassContext
    guarded: bool = False
    read: frozenset[str] = frozenset()

    def query(self, query: Query, outer: _Scope) -> Query:
        """A query rewritten; `outer` becomes what its rows leave in scope."""
        results = [(scope := outer.copy(), self._part(part, scope)) for part in query.parts]
        for scope, _ in results:
            outer.people |= scope.people
            outer.derived |= scope.derived
            outer.lost = outer.lost or scope.lost
        return replace(query, parts=tuple(part for _, part in results))

    def _part(self, part: SinglePart, scope: _Scope) -> SinglePart:
        clauses: list[Clause] = []
        for clause in part.clauses:
            if isinstance(clause, CallSubquery):
                clauses.append(replace(clause, query=self.query(clause.query, scope)))
                continue
            self._check_within(clause)
            if isinstance(clause, Match):
                self._matched(clause, scope)
            elif isinstance(clause, Unwind):
                if self._mentions(clause.source, scope):
                    scope.lost = True
            elif isinstance(clause, With | Return):
                clauses.extend(self._projected(clause, scope))
                continue
            clauses.append(clause)
        return replace(part, clauses=tuple(clauses))

    def _matched(self, match: Match, scope: _Scope) -> None:
        for pattern in match.patterns:
            for node in pattern.nodes:
                if node.variable is not None and self._may_be_people(node):
                    mixed = node.kinds is None or not node.kinds <= self.about.kinds
                    scope.people[node.variable] = scope.people.get(node.variable, True) and mixed
            if any(self._passes_people(step) for step in pattern.relationships):
                scope.lost = True
            if pattern.variable is not None and any(self._may_be_people(node) for node in pattern.nodes):
                scope.derived.add(pattern.variable)

    def _may_be_people(self, node: NodePattern) -> bool:
        return node.kinds is None or not node.kinds.isdisjoint(self.about.kinds)

    def _passes_people(self, step: RelationshipPattern) -> bool:
        """Whether a walk may lead through people that no variable holds."""
        if step.hops is None or step.hops.maximum == 1:
            return False
        assert self.context.vocabulary is not None
        pairs = self.context.vocabulary.schema.pairs
        types = pairs.keys() if step.types is None else step.types
        return any(not self.about.kinds.isdisjoint(ends) for name in types for ends in pairs.get(name, ()))

    def _check_within(self, clause: Clause) -> None:
        """Refuse counts and lists of people within expressions."""
        for tree in descend(clause):
            lists = isinstance(tree, PatternComprehension) or (
                isinstance(tree, SubqueryExpression) and tree.kind in _LISTS
            )
            if lists and any(self._may_be_people(node) for node in descend(tree) if isinstance(node, NodePattern)):
                self._refuse("people are counted or listed within an expression", tree, "MATCH them, and group")

    def _projected(self, clause: With | Return, scope: _Scope) -> Iterator[Clause]:
        projection = clause.projection
        aggregates = [one for item in projection.items for one in aggregates_in(item.expression)]
        if not aggregates:
            self._passed_on(clause, scope)
            yield clause
            return
        for tree in self._parts(projection.items):
            if self._is_personal(tree, scope):
                self._refuse("personal data is in no key and in no aggregate", tree, "leave it out")
        if scope.lost:
            hint = "pass people on through WITH until they are grouped, and bound walks that lead through people"
            self._refuse("it cannot be decided how many people are in each group", clause, hint)
        if not scope.people:
            scope.derived.clear()
            yield clause
            return
        self.guarded = True
        yield from self._split(clause, scope, aggregates)
        scope.people.clear()
        scope.derived.clear()

    def _passed_on(self, clause: With | Return, scope: _Scope) -> None:
        """What a projection that groups nothing leaves in scope."""
        kept: dict[str, bool] = {}
        derived: set[str] = set()
        gone = set(scope.people)
        for item in clause.projection.items:
            expression = item.expression
            if isinstance(expression, Variable) and expression.name in scope.people:
                kept[item.alias] = scope.people[expression.name]
                gone.discard(expression.name)
            elif self._mentions(expression, scope):
                derived.add(item.alias)
        if clause.projection.distinct:  # rows that are equal without people are one: how many there were is gone
            scope.lost = (scope.lost and bool(kept or derived)) or bool(derived and gone)
        elif gone:
            scope.lost = True
        scope.people, scope.derived = kept, derived

    def _mentions(self, tree: Tree, scope: _Scope) -> bool:
        names = scope.people.keys() | scope.derived
        return any(
            (isinstance(part, Variable) and part.name in names)
            or (isinstance(part, NodePattern) and self._may_be_people(part))
            for part in descend(tree)
        )

    def _parts(self, items: Iterable[ProjectionItem]) -> Iterator[Tree]:
        for item in items:
            yield from descend(item.expression)

    def _is_personal(self, tree: Tree, scope: _Scope) -> bool:
        """Whether an expression is personal data of what stands for no person: nothing tells how many persons it is of."""
        if not isinstance(tree, Property) or not isinstance(tree.subject, Variable):
            return False
        if tree.subject.name in scope.people:
            return False  # that is counted
        kinds = self.names.reader.type_of(tree.subject).kinds
        return any(tree.key == key and (kinds is None or kind in kinds) for kind, key in self.about.personal)

    def _split(self, clause: With | Return, scope: _Scope, aggregates: Sequence[Expression]) -> Iterator[Clause]:
        projection = clause.projection
        named: dict[Expression, str] = {}
        for item in projection.items:
            expression = item.expression
            grouped = next(aggregates_in(expression), None) is not None
            if not grouped:
                self._check_key(expression, scope)
            if expression not in named:
                plain = expression.name if isinstance(expression, Variable) else None
                named[expression] = plain or self.names.fresh("k", expression)
        guards = {self._fresh(guard): guard for guard in dict.fromkeys(self._guards(scope, aggregates, clause))}
        items = [ProjectionItem(expression, name) for expression, name in named.items()]
        items += [ProjectionItem(guard, name) for name, guard in guards.items()]
        condition = _all([_enough(name, self.about.least) for name in guards])
        yield With(Projection(tuple(items)), where=condition, span=clause.span)

        def by_name(tree: Tree) -> Tree | None:
            if isinstance(tree, Expression) and tree in named:
                return Variable(named[tree], span=tree.span)
            return None

        order = tuple(replace(item, expression=transform(item.expression, by_name)) for item in projection.order)
        if any(next(aggregates_in(item.expression), None) is not None for item in order):
            self._refuse("an order of groups is by what is told of them", clause, "return what it is ordered by")
        outer = tuple(replace(item, expression=Variable(named[item.expression])) for item in projection.items)
        yield replace(clause, projection=replace(projection, items=outer, order=order))

    def _fresh(self, guard: Expression) -> str:
        self.read |= {part.name for part in descend(guard) if isinstance(part, Variable)}
        return self.names.fresh("p", guard)

    def _check_key(self, key: Expression, scope: _Scope) -> None:
        """Refuse to group people by each of them."""
        certain = {name for name, mixed in scope.people.items() if not mixed}
        if isinstance(key, Variable) and key.name in certain:
            self._refuse("people are grouped by themselves", key, "group them by an attribute that many of them share")
        personal = {attribute for kind, attribute in self.about.personal if kind in self.about.kinds} | {"id"}
        for part in descend(key):
            if not isinstance(part, Property) or not isinstance(part.subject, Variable):
                continue
            if part.subject.name in certain and part.key in personal:
                hint = "group them by an attribute that many of them share"
                self._refuse("people are grouped by what tells one from another", key, hint)

    def _guards(self, scope: _Scope, aggregates: Sequence[Expression], clause: Clause) -> Iterator[Expression]:
        """How many people are in a group, and how many of them each aggregate has a value of."""
        for name, mixed in sorted(scope.people.items()):
            yield self._number(name, mixed=mixed)
        for aggregate in aggregates:
            if isinstance(aggregate, CountStar) or not isinstance(aggregate, FunctionCall) or not aggregate.arguments:
                continue
            argument = aggregate.arguments[0]
            if isinstance(argument, Literal):
                continue
            subject = argument.subject if isinstance(argument, Property) else argument
            if not isinstance(subject, Variable) or subject.name in scope.derived:
                self._refuse("an aggregate beside people is of an attribute or an element", argument, "say it in WHERE")
            if aggregate.name.lower() == "collect" and (isinstance(clause, With) or not _is_item(clause, aggregate)):
                self._refuse("a list of people is returned as it is, or not at all", aggregate, "count them")
            for name, mixed in sorted(scope.people.items()):
                if argument != Variable(name):
                    yield self._number(name, mixed=mixed, where=IsNull(argument, negated=True))

    def _number(self, name: str, *, mixed: bool, where: Expression | None = None) -> Expression:
        """How many different people a variable holds, where something else has a value."""
        condition = where
        if mixed:
            labels = tuple(LabelName(kind) for kind in sorted(self.about.kinds))
            are = HasLabels(Variable(name), labels[0] if len(labels) == 1 else LabelOr(labels), self.about.kinds)
            condition = are if where is None else Binary(BinaryOperator.AND, are, where)
        counted: Expression = Variable(name)
        if condition is not None:
            counted = Case(None, ((condition, counted),), None)
        return FunctionCall("count", (counted,), distinct=True)

    def _refuse(self, message: str, tree: Tree, hint: str) -> NoReturn:
        raise report(SmallGroupError, message, text=self.bound.text, span=tree.span, hint=hint)


def _is_item(clause: Clause, aggregate: Expression) -> bool:
    return isinstance(clause, Return) and any(item.expression is aggregate for item in clause.projection.items)


def _enough(name: str, least: int) -> Expression:
    none = Comparison((Variable(name), Literal(0)), (BinaryOperator.EQ,))
    many = Comparison((Variable(name), Literal(least)), (BinaryOperator.GE,))
    return Binary(BinaryOperator.OR, none, many)


def _all(conditions: Sequence[Expression]) -> Expression:
    found = conditions[0]
    for condition in conditions[1:]:
        found = Binary(BinaryOperator.AND, found, condition)
    return found

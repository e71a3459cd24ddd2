"""Binding of clauses, unions and subqueries: what each clause sees, what it leaves visible."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from graph.cypher import types
from graph.cypher.ast import (
    CallProcedure,
    CallSubquery,
    Clause,
    Expression,
    Match,
    ProjectionItem,
    Query,
    Return,
    SinglePart,
    SubqueryExpression,
    SubqueryKind,
    Unwind,
    Variable,
    With,
)
from graph.cypher.binder.expressions import Bound
from graph.cypher.binder.patterns import PatternBinder
from graph.cypher.binder.procedures import ProcedureBinder
from graph.cypher.binder.projections import DIFFERENT_COLUMNS, Projected, name_projected
from graph.cypher.binder.scope import Aggregation, Scope
from graph.cypher.binder.simulated import NOTE
from graph.cypher.bound import BoundQuery, CypherType, Feature, TypeName
from graph.cypher.diagnostics import CypherSyntaxError
from graph.cypher.guard import refuse_clause
from graph.cypher.procedures import stand_alone
from graph.cypher.rewrite import mentions

Columns = list[tuple[str, CypherType]]


class ClauseBinder(ProcedureBinder):
    """Binds whole queries."""

    def bind(self) -> BoundQuery:
        """The whole query, bound."""
        parts = []
        columns: Columns = []
        for position, part in enumerate(stand_alone(self.query, self.procedures).parts):
            bound, found, _ = self._part(part, {}, final=True)
            columns = found if position == 0 else self._same_columns(columns, found, part)
            parts.append(bound)
        if self.sees_simulated and self.vocabulary is not None:
            seen = frozenset().union(*(of.kinds or () for of in self.types.values()))
            self.notes[NOTE.format(", ".join(sorted(seen & self.vocabulary.schema.simulated_kinds)))] = None
        return BoundQuery(
            query=Query(tuple(parts), self.query.union_all, span=self.query.span),
            columns=tuple(name for name, _ in columns),
            column_types=tuple(of for _, of in columns),
            parameters=self.parameters,
            variables=self.types,
            clock=frozenset(self.clock),
            notes=tuple(self.notes),
            text=self.text,
            features=frozenset(self.features),
            read=frozenset(self.read),
        )

    def _same_columns(self, known: Columns, found: Columns, part: SinglePart) -> Columns:
        if [name for name, _ in known] != [name for name, _ in found]:
            self.refuse(
                CypherSyntaxError,
                DIFFERENT_COLUMNS,
                part.clauses[-1].span,
                f"the first part has {', '.join(name for name, _ in known)}; name the columns alike with AS",
            )
        return [(name, types.unify(of, other)) for (name, of), (_, other) in zip(known, found, strict=True)]

    def _part(
        self,
        part: SinglePart,
        scope: Scope,
        *,
        final: bool,
        names: dict[str, str] | None = None,
    ) -> tuple[SinglePart, Columns, Scope]:
        """A bound part, its columns, and the scope after its last clause."""
        clauses: list[Clause] = []
        columns: Columns = []
        for clause in part.clauses:
            if isinstance(clause, Return):
                projected = self.project(clause.projection, scope, final=final, names=names)
                clauses.append(Return(projected.projection, span=clause.span))
                columns, scope = projected.columns, projected.scope
            else:
                bound, scope = self._clause(clause, scope)
                clauses.append(bound)
        return SinglePart(tuple(clauses), span=part.span), columns, scope

    def _clause(self, clause: Clause, scope: Scope) -> tuple[Clause, Scope]:
        if isinstance(clause, Match):
            patterns, inner = self.patterns(clause.patterns, scope, optional=clause.optional, where=clause.where)
            where = None
            if clause.where is not None:
                self.features.add(Feature.MATCH_CONDITION)
                where = self.predicate(clause.where, inner)
            return Match(patterns, where, clause.optional, span=clause.span), inner
        if isinstance(clause, With):
            return self._with(clause, scope)
        if isinstance(clause, Unwind):
            source, of = self.expression(clause.source, scope)
            self.expect(source, types.ANY, types.LIST, "UNWIND")  # a single value counts as a list of one
            inner = dict(scope)
            if clause.variable in scope:
                self.conflict(f"{clause.variable!r} is already a variable", clause.span, "give it another name")
            item = (of.item or types.ANY) if of.name is TypeName.LIST else of
            internal = self.declare(clause.variable, item, inner)
            return Unwind(source, internal, span=clause.span), inner
        if isinstance(clause, CallSubquery):
            return self._call_subquery(clause, scope)
        if isinstance(clause, CallProcedure):
            return self.call_procedure(clause, scope)
        raise refuse_clause(clause, self.text)

    def _with(self, clause: With, scope: Scope) -> tuple[Clause, Scope]:
        """WHERE and ORDER BY of a WITH may read what the WITH leaves behind; it is then carried through, unseen after."""
        projected: Projected = self.project(clause.projection, scope, final=False)
        projection = projected.projection
        visible = set(projected.scope.values())
        where = None
        if clause.where is not None:
            with self.left_behind(scope, projected.scope, closed=projected.closed):
                where = self.predicate(clause.where, {**scope, **projected.scope})
            where = name_projected(where, {item.expression: item.alias for item in projection.items})
            if projected.closed:
                self.check_visible(where, visible, "WHERE")
        if not projected.closed:
            read = [item.expression for item in projection.order] + ([] if where is None else [where])
            outer = set(scope.values())
            names = dict.fromkeys(name for tree in read for name in mentions(tree))
            carried = [name for name in names if name in outer and name not in visible]
            extra = tuple(ProjectionItem(Variable(name), name, span=projection.span) for name in carried)
            projection = replace(projection, items=(*projection.items, *extra))
        return With(projection, where, span=clause.span), projected.scope

    # --- subqueries ------------------------------------------------------------------------------------------------

    def _call_subquery(self, clause: CallSubquery, scope: Scope) -> tuple[Clause, Scope]:
        """`imports` of the bound clause are the internal names that the subquery may read; its WITH is gone."""
        query = clause.query
        self.depth += 1
        parts, columns, imports = [], None, set[str]()
        names: dict[str, str] | None = None
        for part in query.parts:
            part, inner = self._imported(clause, part, scope)
            imports.update(inner.values())
            self.read.update(inner.values())
            bound, found, after = self._part(part, inner, final=False, names=names)
            columns = found if columns is None else self._same_columns(columns, found, part)
            names = {name: after[name] for name, _ in columns}
            parts.append(bound)
        self.depth -= 1
        outer = dict(scope)
        for name, internal in (names or {}).items():
            if name in scope:
                self.conflict(f"the subquery returns {name!r}, which is already a variable", clause.span, "rename it")
            outer[name] = internal
            self.depths[internal] = self.depth
        bound_query = Query(tuple(parts), query.union_all, span=query.span)
        return CallSubquery(bound_query, tuple(sorted(imports)), span=clause.span), outer

    def _imported(self, clause: CallSubquery, part: SinglePart, scope: Scope) -> tuple[SinglePart, Scope]:
        """The part without its importing WITH, and the scope that it starts with."""
        if clause.imports == ("*",):
            return part, dict(scope)
        if clause.imports is not None:
            return part, {name: self.resolve(name, scope, clause.span) for name in clause.imports}
        first = part.clauses[0]
        if not isinstance(first, With) or not _imports_only(first):
            return part, {}
        if first.projection.star:
            return SinglePart(part.clauses[1:], span=part.span), dict(scope)
        inner = {}
        for item in first.projection.items:
            assert isinstance(item.expression, Variable)
            inner[item.alias] = self.resolve(item.expression.name, scope, item.span)
        return SinglePart(part.clauses[1:], span=part.span), inner

    def _subquery_expression(self, tree: SubqueryExpression, scope: Scope) -> Bound:
        before, self.aggregation = self.aggregation, Aggregation.FORBIDDEN
        aggregated = self.aggregated
        self.depth += 1
        parts = []
        columns: Columns = []
        for position, part in enumerate(tree.query.parts):
            bound, found, _ = self._part(part, dict(scope), final=True)
            columns = found if position == 0 else self._same_columns(columns, found, part)
            parts.append(bound)
        self.depth -= 1
        self.aggregation, self.aggregated = before, aggregated
        query = Query(tuple(parts), tree.query.union_all, span=tree.query.span)
        expression: Expression = SubqueryExpression(tree.kind, query, span=tree.span)
        if tree.kind is SubqueryKind.EXISTS:
            return expression, types.BOOLEAN
        if tree.kind is SubqueryKind.COUNT:
            return expression, types.INTEGER
        if len(columns) != 1:
            self.refuse(CypherSyntaxError, "COLLECT { } returns exactly one column", tree.span)
        return expression, types.list_of(columns[0][1])


def _imports_only(clause: With) -> bool:
    """Whether a leading WITH of a subquery does nothing but name outer variables."""
    projection = clause.projection
    return (
        not projection.distinct
        and not projection.order
        and projection.skip is None
        and projection.limit is None
        and clause.where is None
        and all(
            isinstance(item.expression, Variable) and item.expression.name == item.alias for item in projection.items
        )
    )


ClauseBinder.RULES = MappingProxyType({**PatternBinder.RULES, SubqueryExpression: ClauseBinder._subquery_expression})

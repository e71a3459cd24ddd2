"""Binding of WITH and RETURN: items, grouping, and the scope in which ORDER BY, SKIP and LIMIT are read.

After DISTINCT or an aggregate, ORDER BY sees what is projected only; an expression that is projected is replaced by
its name, so that no backend computes it twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from graph.cypher import types
from graph.cypher.ast import (
    CountStar,
    Expression,
    FunctionCall,
    Literal,
    Parameter,
    PatternPredicate,
    Projection,
    ProjectionItem,
    Property,
    SortItem,
    Tree,
    Variable,
)
from graph.cypher.binder.patterns import PatternBinder
from graph.cypher.binder.scope import Aggregation, Scope
from graph.cypher.bound import CypherType, Feature
from graph.cypher.diagnostics import CypherSyntaxError, InvalidAggregationError, TypeMismatchError
from graph.cypher.functions import is_aggregate
from graph.cypher.rewrite import children, descend, transform

DIFFERENT_COLUMNS: Final = "the parts of a UNION have different columns"


@dataclass(slots=True)
class Projected:
    """A bound projection: what it is, what each column is called and typed, and the scope after it."""

    projection: Projection
    columns: list[tuple[str, CypherType]]
    scope: Scope
    closed: bool  # DISTINCT or an aggregate: what was before is out of sight


class ProjectionBinder(PatternBinder):
    """Binds what WITH and RETURN share."""

    def project(self, tree: Projection, scope: Scope, *, final: bool, names: dict[str, str] | None = None) -> Projected:
        """Bind a projection.

        `final`: a RETURN whose columns leave the query, so that aliases stay as written. `names` fixes the internal
        names of the columns (the second part of a UNION in a subquery takes those of the first).
        """
        written = self._expand(tree, scope)
        items: list[tuple[Expression, CypherType, bool]] = []
        for item in written:
            self._refuse_pattern(item)
            self.aggregation, self.aggregated = Aggregation.ALLOWED, False
            expression, of = self.expression(item.expression, scope)
            items.append((expression, of, self.aggregated))
            if self.aggregated and not _is_aggregate(expression):
                self.features.add(Feature.COMPUTED_AGGREGATE)
        self.aggregation = Aggregation.FORBIDDEN
        self._check_columns(written)
        if any(aggregated for _, _, aggregated in items):
            self._check_grouping(items)
        after, bound = self._name_items(written, items, scope, final=final, names=names)
        closed = tree.distinct or any(aggregated for _, _, aggregated in items)
        hidden = {name: self.types[name] for name in after.values()}
        self.types.update(zip(after.values(), (of for _, of, _ in items), strict=True))  # an alias may hide a variable
        order = tuple(self._sort_item(item, bound, after, scope, closed=closed) for item in tree.order)
        self.types.update(hidden)
        skip = None if tree.skip is None else self._row_count(tree.skip, "SKIP", scope)
        limit = None if tree.limit is None else self._row_count(tree.limit, "LIMIT", scope)
        projection = Projection(tuple(bound), tree.distinct, False, order, skip, limit, span=tree.span)
        columns = [(item.alias, of) for item, (_, of, _) in zip(written, items, strict=True)]
        return Projected(projection, columns, after, closed)

    def _refuse_pattern(self, item: ProjectionItem) -> None:
        if isinstance(item.expression, PatternPredicate) and item.expression.pattern.shortest is None:
            self.refuse(
                CypherSyntaxError,
                "a pattern is a condition and cannot be projected",
                item.span,
                "test it with EXISTS { }, count its matches with COUNT { }, collect them with [(a)-->(b) | b]",
            )

    def _expand(self, tree: Projection, scope: Scope) -> tuple[ProjectionItem, ...]:
        """The items with `*` replaced by every visible variable, by name."""
        if not tree.star:
            return tree.items
        if not scope and not tree.items:
            self.refuse(CypherSyntaxError, "* has nothing to stand for: no variable is in scope", tree.span)
        given = {item.alias for item in tree.items}
        stars = tuple(
            ProjectionItem(Variable(name), name, True, span=tree.span) for name in sorted(scope) if name not in given
        )
        return (*stars, *tree.items)

    def _check_columns(self, items: tuple[ProjectionItem, ...]) -> None:
        seen: set[str] = set()
        for item in items:
            if item.alias in seen:
                self.refuse(
                    CypherSyntaxError, f"two columns are called {item.alias!r}", item.span, "rename one with AS"
                )
            seen.add(item.alias)

    def _name_items(
        self,
        written: tuple[ProjectionItem, ...],
        items: list[tuple[Expression, CypherType, bool]],
        scope: Scope,
        *,
        final: bool,
        names: dict[str, str] | None,
    ) -> tuple[Scope, list[ProjectionItem]]:
        after: Scope = {}
        bound = []
        for item, (expression, of, _) in zip(written, items, strict=True):
            alias = item.alias
            if final:
                after[alias] = alias
                self.types.setdefault(alias, of)
                self.depths.setdefault(alias, self.depth)
            elif names is not None:
                if alias not in names:
                    self.refuse(
                        CypherSyntaxError, DIFFERENT_COLUMNS, item.span, f"name it like one of {', '.join(names)}"
                    )
                internal = names[alias]
                after[alias] = internal
                self.types[internal] = types.unify(self.types[internal], of)
            elif isinstance(expression, Variable) and scope.get(alias) == expression.name:
                after[alias] = expression.name
            else:
                self.declare(alias, of, after)
            bound.append(ProjectionItem(expression, after[alias], span=item.span))
        return after, bound

    # --- grouping --------------------------------------------------------------------------------------------------

    def _check_grouping(self, items: list[tuple[Expression, CypherType, bool]]) -> None:
        """In an item that aggregates, what is outside the aggregates is constant, or a variable or property grouped by."""
        keys = [expression for expression, _, aggregated in items if not aggregated]
        for expression, _, aggregated in items:
            if aggregated:
                self._check_grouped(expression, keys)

    def _check_grouped(self, tree: Tree, keys: list[Expression]) -> None:
        if _is_aggregate(tree):
            return
        if isinstance(tree, Variable | Property | Parameter | Literal) and tree in keys:
            return
        if isinstance(tree, Variable):
            if not self._is_inner(tree.name):
                self.refuse(
                    InvalidAggregationError,
                    f"{tree.name!r} stands beside an aggregate, but the rows are not grouped by it",
                    tree.span,
                    f"project it too, so that it becomes a grouping key: WITH {tree.name}, ... first",
                )
            return
        for child in children(tree):
            self._check_grouped(child, keys)

    def _is_inner(self, name: str) -> bool:
        """Whether a variable belongs to a comprehension or a subquery within the expression."""
        return name in self.locals or self.depths.get(name, 0) > self.depth

    # --- order, skip, limit ----------------------------------------------------------------------------------------

    def _sort_item(
        self, item: SortItem, bound: list[ProjectionItem], after: Scope, scope: Scope, *, closed: bool
    ) -> SortItem:
        visible = {**scope, **after}
        self.aggregation, self.aggregated = Aggregation.ALLOWED if closed else Aggregation.FORBIDDEN, False
        with self.left_behind(scope, after, closed=closed):
            expression, _ = self.expression(item.expression, visible)
        self.aggregation = Aggregation.FORBIDDEN
        projected = {projection.expression: projection.alias for projection in bound}
        if self.aggregated and expression not in projected:
            names = [Variable(alias) for alias in after.values()]
            self._check_grouped(expression, [*projected, *names])
        expression = name_projected(expression, projected)
        if closed:
            self.check_visible(expression, set(after.values()), "ORDER BY")
        return SortItem(expression, item.descending, span=item.span)

    @contextmanager
    def left_behind(self, scope: Scope, after: Scope, *, closed: bool) -> Iterator[None]:
        """While ORDER BY or WHERE is read after DISTINCT or an aggregate, patterns may use names left behind anew."""
        before = self.behind
        if closed:
            self.behind = before | (set(scope.values()) - set(after.values()))
        yield
        self.behind = before

    def check_visible(self, tree: Tree, visible: set[str], what: str) -> None:
        """After DISTINCT or an aggregate, ORDER BY and WHERE see what is projected only."""
        if _is_aggregate(tree):
            self.refuse(
                InvalidAggregationError,
                f"{what} uses an aggregate that is not projected",
                tree.span,
                "project it with a name, then use the name",
            )
        if isinstance(tree, Variable) and tree.name not in visible and not self._is_inner(tree.name):
            self.refuse(
                InvalidAggregationError,
                f"{what} uses {tree.name!r}, which DISTINCT or an aggregate has left behind",
                tree.span,
                f"in scope here: {', '.join(sorted(visible))}",
            )
        for child in children(tree):
            self.check_visible(child, visible, what)

    def _row_count(self, tree: Expression, what: str, scope: Scope) -> Expression:
        """SKIP and LIMIT take a constant: a whole number, a parameter, or arithmetic of those."""
        for part in descend(tree):
            if isinstance(part, Variable) and part.name in scope:
                self.refuse(
                    CypherSyntaxError,
                    f"{what} takes a constant, {part.name!r} differs from row to row",
                    part.span,
                    "pass the number as a parameter, or take a slice of a list: collect(x)[..n]",
                )
        bound, of = self.expression(tree, {})
        self.expect(bound, of, types.INTEGER, what)
        if isinstance(bound, Literal) and isinstance(bound.value, int) and bound.value < 0:
            self.refuse(TypeMismatchError, f"{what} takes a number from 0 up", tree.span)
        return bound


def _is_aggregate(tree: Tree) -> bool:
    return isinstance(tree, CountStar) or (isinstance(tree, FunctionCall) and is_aggregate(tree.name))


def name_projected(tree: Expression, projected: dict[Expression, str]) -> Expression:
    """The expression with everything that is projected replaced by its name."""

    def visit(part: Tree) -> Tree | None:
        if isinstance(part, Literal | Parameter):
            return part
        alias = projected.get(part) if isinstance(part, Expression) else None
        return None if alias is None else Variable(alias, span=part.span)

    found = transform(tree, visit)
    assert isinstance(found, Expression)
    return found

"""Intermediate queries as query trees: what a question means, in the one language that every backend is compiled from.

    emit(question, schema) -> steps, each a tree with its parameters and the moment that it reads

A question is one step, except a comparison of two moments, which reads each by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from agent.query import model as m
from agent.query.check import check
from agent.query.emit_select import SelectEmitter, columns_of, subject_of, whether
from agent.query.emit_values import Expressions, call
from agent.query.rename import renamed
from agent.query.scope import Scope, aggregated
from graph.cypher import ast
from graph.cypher.ast import BinaryOperator as Op
from graph.cypher.parser import parse
from graph.queries.catalogue import CatalogueQuery, load_catalogue
from graph.schema.model import Schema

SIDE = "side"
DIFFERENCE, CHANGE = "difference", "change_percent"


@dataclass(frozen=True, slots=True)
class Step:
    """One query to run. `columns`: what its columns mean, where the question says it; `side`: whose step of a comparison."""

    query: ast.Query
    parameters: Mapping[str, Any]
    columns: tuple[m.Column, ...]
    as_of: str | None = None
    side: str | None = None


def emit(
    question: m.Question, schema: Schema, catalogue: Mapping[str, CatalogueQuery] | None = None
) -> tuple[Step, ...]:
    """The queries of a question. Raises IntermediateQueryError where it says what the schema does not know."""
    recipes = load_catalogue() if catalogue is None else catalogue
    check(question, schema, recipes)
    body = question.body
    match body:
        case m.Select():
            steps: tuple[Step, ...] = (_select(body, schema),)
        case m.Combination():
            steps = (_combination(body, schema),)
        case m.Versus():
            steps = _versus(body, schema)
        case m.Recipe():
            steps = (_recipe(body, schema, recipes[body.name]),)
    return tuple(replace(step, as_of=step.as_of or question.as_of) for step in steps)


def _select(select: m.Select, schema: Schema) -> Step:
    emitter = SelectEmitter(select, schema, Expressions())
    part = ast.SinglePart(tuple(emitter.clauses()))
    return Step(ast.Query((part,)), emitter.expressions.parameters, emitter.columns)


def _combination(body: m.Combination, schema: Schema) -> Step:
    first = body.parts[0]
    if body.operation == "union":
        expressions = Expressions()
        parts = []
        for number, part in enumerate(body.parts):
            own = part if number == 0 else renamed(part, f"_{number + 1}")
            parts.append(ast.SinglePart(tuple(SelectEmitter(own, schema, expressions).clauses())))
        return Step(ast.Query(tuple(parts)), expressions.parameters, columns_of(first, schema))
    subject = subject_of(first)
    conditions: list[m.Condition] = [] if first.pattern.where is None else [first.pattern.where]
    for number, part in enumerate(body.parts[1:], start=2):
        other = subject_of(part)
        own = renamed(part, f"_{number}")
        twin = f"{other}_{number}"
        same = m.Compare(m.Itself(twin), "=", m.Itself(subject))
        where = same if own.pattern.where is None else m.All((own.pattern.where, same))
        conditions.append(m.Exists(replace(own.pattern, where=where), negated=body.operation == "except"))
    pattern = replace(first.pattern, where=m.all_of(conditions))
    return _select(replace(first, pattern=pattern), schema)


def _versus(body: m.Versus, schema: Schema) -> tuple[Step, ...]:
    """One query where all sides read the same moment; else one per side."""
    if len({side.as_of for side in body.sides}) > 1:
        return tuple(replace(_select(side.select, schema), as_of=side.as_of, side=side.label) for side in body.sides)
    expressions = Expressions()
    sides = [
        side.select if number == 0 else renamed(side.select, f"_{number + 1}") for number, side in enumerate(body.sides)
    ]
    figures = all(_one_figure(side) for side in sides)
    if figures and (body.beside or (body.difference and len(sides) == 2)):
        query, columns = _figures(body, sides, schema, expressions)
    else:
        parts = []
        for side, select in zip(body.sides, sides, strict=True):
            emitter = SelectEmitter(select, schema, expressions)
            parts.append(ast.SinglePart(tuple(emitter.clauses((SIDE, ast.Literal(side.label))))))
        query = ast.Query(tuple(parts), union_all=True)
        columns = (m.Column(SIDE, m.Constant("")), *columns_of(body.sides[0].select, schema))
    return (Step(query, expressions.parameters, columns, as_of=body.sides[0].as_of),)


def _one_figure(select: m.Select) -> bool:
    return len(select.columns) == 1 and aggregated(select.columns[0].value)


def _figures(
    body: m.Versus, sides: list[m.Select], schema: Schema, expressions: Expressions
) -> tuple[ast.Query, tuple[m.Column, ...]]:
    """The figures as one row; where that is asked of two, with their difference and its percentage."""
    clauses: list[ast.Clause] = []
    names = []
    for number, select in enumerate(sides, start=1):
        name = f"{select.columns[0].name}_{number}"
        names.append(name)
        own = replace(select, columns=(replace(select.columns[0], name=name),))
        part = ast.SinglePart(tuple(SelectEmitter(own, schema, expressions).clauses()))
        clauses.append(ast.CallSubquery(ast.Query((part,))))
    columns = tuple(
        m.Column(name, side.select.columns[0].value, side.label) for name, side in zip(names, body.sides, strict=True)
    )
    shown = tuple(ast.ProjectionItem(ast.Variable(name), name, True) for name in names)
    if body.beside or not body.difference:
        clauses.append(ast.Return(ast.Projection(shown)))
        return ast.Query((ast.SinglePart(tuple(clauses)),)), columns
    left, right = ast.Variable(names[0]), ast.Variable(names[1])
    less = ast.Binary(Op.SUBTRACT, left, right)
    share = ast.Binary(Op.DIVIDE, ast.Binary(Op.MULTIPLY, ast.Literal(1000.0), less), right)
    change = ast.Case(
        None,
        (
            (
                ast.Comparison((right, ast.Literal(0)), (Op.NE,)),
                ast.Binary(Op.DIVIDE, call("round", share), ast.Literal(10.0)),
            ),
        ),
        None,
    )
    more = (ast.ProjectionItem(less, DIFFERENCE), ast.ProjectionItem(change, CHANGE))
    clauses.append(ast.Return(ast.Projection((*shown, *more))))
    return ast.Query((ast.SinglePart(tuple(clauses)),)), columns


def _recipe(body: m.Recipe, schema: Schema, recipe: CatalogueQuery) -> Step:
    """The catalogue's query, its answer narrowed, sorted or counted where that is asked."""
    parameters = {
        parameter.name: body.parameters.get(parameter.name, parameter.default)
        for parameter in recipe.parameters
        if parameter.name not in body.elements
    }
    parameters |= {name: named.ids[0] for name, named in body.elements.items()}
    query = parse(recipe.text)
    asks = body.form == "yes or no"
    if body.where is None and not body.columns and not body.order and body.limit is None and not asks:
        return Step(query, parameters, ())
    part = query.parts[0]
    last = part.clauses[-1]
    assert isinstance(last, ast.Return)
    names = {item.alias for item in last.projection.items}
    scope = Scope(schema, columns=dict.fromkeys(names, "any"))
    expressions = Expressions()
    kept = replace(last.projection, order=()) if body.columns or body.order else last.projection
    held = ast.With(kept, None if body.where is None else expressions.condition(body.where, scope))
    if asks:
        whole = ast.Query((ast.SinglePart((*part.clauses[:-1], held, whether(Op.GT))),))
        return Step(whole, {**parameters, **expressions.parameters}, (m.Column("answer", m.Constant(True)),))
    columns = body.columns or tuple(m.Column(item.alias, m.ColumnOf(item.alias)) for item in kept.items)
    items = tuple(_item(column, expressions.value(column.value, scope)) for column in columns)
    aliases = {column.name for column in columns}
    order = tuple(
        ast.SortItem(expressions.value(sort.by, scope), sort.descending)
        for sort in body.order
        if not isinstance(sort.by, m.ColumnOf) or sort.by.name in aliases
    )
    limit = None if body.limit is None else ast.Literal(body.limit)
    end = ast.Return(ast.Projection(items, order=order, limit=limit))
    if not body.columns and not body.order:
        end = replace(end, projection=replace(end.projection, order=_by_alias(last.projection, names)))
    whole = ast.Query((ast.SinglePart((*part.clauses[:-1], held, end)),))
    return Step(whole, {**parameters, **expressions.parameters}, columns)


def _item(column: m.Column, expression: ast.Expression) -> ast.ProjectionItem:
    implicit = isinstance(expression, ast.Variable) and expression.name == column.name
    return ast.ProjectionItem(expression, column.name, implicit)


def _by_alias(projection: ast.Projection, names: set[str]) -> tuple[ast.SortItem, ...]:
    """The order of the catalogue's query, as far as it is by columns."""
    return tuple(
        item for item in projection.order if isinstance(item.expression, ast.Variable) and item.expression.name in names
    )

"""Which conditions a subquery or an OPTIONAL MATCH may put to values from outside, so that ladybug answers it right.

ladybug joins both to their rows by the values from outside that they speak of, and unknown values join with nothing: a row whose
`m.port` is unknown has no part in `COUNT { MATCH (n)-->(a) WHERE m.port IS NULL }`. So a condition inside may speak of such a value
only if it cannot hold where the value is unknown. Even then the row may be given what another row has: what is asked for says itself
that nothing matches where a value is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Comparison,
    Expression,
    FunctionCall,
    HasLabels,
    Index,
    IsNull,
    MapProjection,
    Match,
    NodePattern,
    Property,
    RelationshipPattern,
    Slice,
    Tree,
    Unary,
    Variable,
    Visible,
)
from graph.cypher.passes.pushdown import conjuncts
from graph.cypher.rewrite import children, descend

_CHOICES: Final = frozenset({BinaryOperator.AND, BinaryOperator.OR, BinaryOperator.XOR})
_ANSWERS_ANYWAY: Final = frozenset({"coalesce", "valuetype"})
"""Functions, in lower case, that have a value where their argument is unknown."""
_STRICT: Final = (Property, Binary, Comparison, Unary, Index, Slice, HasLabels, Visible)


def may_hold_of_unknown(match: Match, outside: frozenset[str]) -> Expression | None:
    """The first condition of these patterns that may hold where a value from outside is unknown; None where there is none.

    A value that another condition cannot do without is no danger: where it is unknown, nothing holds.
    """
    conditions = list(_conditions(match))
    parts = [_parts(condition) for condition in conditions]
    needed = {value for needs, _ in parts for tree in needs for value in _values(tree, outside)}
    for condition, (_, loose) in zip(conditions, parts, strict=True):
        if any(not needed.issuperset(_values(tree, outside)) for tree in loose):
            return condition
    return None


def needed_from_outside(match: Match, outside: frozenset[str]) -> list[tuple[str, str]]:
    """The values from outside, as (variable, property), without any of which nothing matches; in order."""
    needs = (tree for condition in _conditions(match) for tree in _parts(condition)[0])
    return sorted({value for tree in needs for value in _values(tree, outside)})


def _conditions(match: Match) -> Iterator[Expression]:
    """What has to hold, one by one: of `x IS NOT NULL`, x; of a map of properties, what the properties have to be."""
    yield from _known(match.where)
    for tree in descend(match):
        if isinstance(tree, NodePattern | RelationshipPattern):
            yield from _known(tree.where)
            if tree.properties is not None:
                yield from (value for value in children(tree.properties) if isinstance(value, Expression))


def _known(where: Expression | None) -> Iterator[Expression]:
    """What must not be unknown for a WHERE to hold."""
    for condition in () if where is None else conjuncts(where):
        yield condition.operand if isinstance(condition, IsNull) and condition.negated else condition


def _parts(condition: Expression) -> tuple[list[Tree], list[Tree]]:
    """The values without which the condition is unknown, and the parts of it that may do without theirs."""
    needs: list[Tree] = []
    loose: list[Tree] = []
    pending: list[Tree] = [condition]
    while pending:
        part = pending.pop()
        if isinstance(part, Variable) or (isinstance(part, Property) and isinstance(part.subject, Variable)):
            needs.append(part)
        elif _passes_on(part):
            pending.extend(children(part))
        else:
            loose.append(part)
    return needs, loose


def _values(tree: Tree, outside: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The values from outside that a tree reads: (variable, property), of a variable by itself without property."""
    pending: list[Tree] = [tree]
    while pending:
        part = pending.pop()
        if isinstance(part, Property) and isinstance(part.subject, Variable):
            if part.subject.name in outside:
                yield part.subject.name, part.key
        elif isinstance(part, Variable):
            if part.name in outside:
                yield part.name, ""
        elif isinstance(part, MapProjection) and part.subject in outside:
            yield part.subject, ""
        else:
            pending.extend(children(part))


def _passes_on(tree: Tree) -> bool:
    """Whether the value is unknown as soon as one part is."""
    if isinstance(tree, FunctionCall):
        return tree.name.lower() not in _ANSWERS_ANYWAY
    return isinstance(tree, _STRICT) and not (isinstance(tree, Binary) and tree.operator in _CHOICES)

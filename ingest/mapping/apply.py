"""Applies a mapping: what a record tells, as assertions; what it cannot tell, as a rejection of the whole row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.assertion import EdgeAssertion, NodeAssertion, Place, Reference, Rejection, Told
from ingest.mapping.expressions import Fields, UnmappedValue
from ingest.mapping.model import Condition, EndRule, MappingRules, NodeRule, RecordRule, RelationRule

UNSAID = "(unsaid)"


def nodes_of(rule: RecordRule, place: Place, fields: Fields, *, shared: bool, row: Any = None) -> Iterator[Told]:
    """The nodes that a record tells: its own ones, or the ones that it shares with other records. `row` is kept if it is refused."""
    row = fields if row is None else row
    try:
        naming = rule.naming
        needed = _named(rule, naming, place, fields, row) if naming else ()
        told = [
            _node(node, kind, place, fields, row, needed)
            for node in rule.nodes
            if node.shared == shared and (kind := kind_of(node, fields)) is not None
        ]
    except UnmappedValue as refused:
        yield _rejection(place, refused, row)
        return
    yield from told


def relations_of(rule: RecordRule, place: Place, fields: Fields, *, row: Any = None) -> Iterator[Told]:
    """The relations that a record tells. `row` is kept if it is refused."""
    row = fields if row is None else row
    if not rule.relations:
        return
    try:
        nodes = {node.name: (node, kind_of(node, fields)) for node in rule.nodes}
        told = [edge for relation in rule.relations for edge in _relations(relation, nodes, place, fields, row)]
    except UnmappedValue as refused:
        yield _rejection(place, refused, row)
        return
    yield from told


def is_mapped(rules: MappingRules, type_: str, fields: Fields) -> bool:
    """Whether a record of this type becomes an element, or a part of others."""
    rule = rules.records.get(type_)
    if rule is None:
        return type_ in rules.folded
    try:
        return not rule.nodes or any(kind_of(node, fields) is not None for node in rule.nodes)
    except UnmappedValue:
        return True  # it is counted as a rejected row


def kind_of(node: NodeRule, fields: Fields) -> str | None:
    """The kind of the node in this record; None where the record tells of no such node."""
    if node.condition is not None and not _holds(node.condition, fields):
        return None
    kind = node.kind(fields)
    return None if kind is None else str(kind)


def _named(
    rule: RecordRule, naming: tuple[RelationRule, ...], place: Place, fields: Fields, row: Any
) -> tuple[Reference, ...]:
    """What the relations of a row refer to by name."""
    nodes = {node.name: (node, kind_of(node, fields)) for node in rule.nodes}
    edges = [edge for relation in naming for edge in _relations(relation, nodes, place, fields, row)]
    return tuple(dict.fromkeys(end for edge in edges for end in (edge.start, edge.end) if end.called))


def _node(
    node: NodeRule, kind: str, place: Place, fields: Fields, row: Any, needed: tuple[Reference, ...]
) -> NodeAssertion:
    spoken = node.spoken[kind]
    values = {
        name: value
        for name, expression in node.attributes.items()
        if name in spoken and (value := expression(fields)) is not None
    }
    key = None if node.key is None else node.key(fields)
    if node.key is not None and key is None:
        raise UnmappedValue("MISSING_KEY", node.name, None, f"a {kind} of this source needs its key")
    known = Reference(node.known, str(key), called=True) if node.known else None
    return NodeAssertion(place, kind, node.space, None if key is None else str(key), values, spoken, row, known, needed)


def _relations(
    rule: RelationRule, nodes: dict[str, tuple[NodeRule, str | None]], place: Place, fields: Fields, row: Any
) -> Iterator[EdgeAssertion]:
    if rule.each is None:
        contexts = [fields]
    else:
        items = rule.each(fields) or ()
        contexts = [{**fields, "item": item} for item in (items if isinstance(items, list | tuple) else (items,))]
    for context in contexts:
        if rule.condition is not None and not _holds(rule.condition, context):
            continue
        start, end = (_reference(side, nodes, context) for side in (rule.start, rule.end))
        if start is None or end is None:
            continue
        values = {name: value for name, e in rule.attributes.items() if (value := e(context)) is not None}
        yield EdgeAssertion(place, rule.type, start, end, values, frozenset(rule.attributes), row)


def _reference(end: EndRule, nodes: dict[str, tuple[NodeRule, str | None]], fields: Fields) -> Reference | None:
    if end.node is None:
        key = end.key(fields) if end.key is not None else None
        return None if key is None else Reference(end.space, str(key), end.natural, end.called)
    node, kind = nodes[end.node]
    if kind is None:
        return None
    if node.key is not None:
        key = node.key(fields)
        return None if key is None else Reference(node.known or node.space, str(key), called=bool(node.known))
    value = node.attributes[node.natural](fields) if node.natural is not None else None
    return None if value is None else Reference(kind, str(value), natural=True)


def _holds(condition: Condition, fields: Fields) -> bool:
    value = condition.expression(fields)
    if condition.values is None:
        return (value is not None) != condition.negated
    text = UNSAID if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return (text in condition.values) != condition.negated


def _rejection(place: Place, refused: UnmappedValue, row: Any) -> Rejection:
    seen = "no value" if refused.seen is None else repr(refused.seen)[:80]
    return Rejection(place, refused.code, f"`{refused.field}`: {seen}", refused.hint, row)

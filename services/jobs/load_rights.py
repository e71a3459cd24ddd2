"""Whether somebody may load a source: whoever may change some kinds of element loads what changes no other."""

from __future__ import annotations

from core.principal import OutsideKindsError, Principal, require_every_kind
from graph.schema.model import Schema
from graph.schema.named_kinds import changeable
from ingest.errors import MappingError
from ingest.mapping.model import MappingRules, RelationRule
from ingest.mapping.read import load_mapping


def require_load(principal: Principal, schema: Schema, source: str) -> None:
    """Refuse a load that may change an element of a kind that is not theirs to change. Raises OutsideKindsError.

    It is judged by the mapping of the source, before a file is read; a source without one may tell of any kind.
    """
    kinds = changeable(principal, schema)
    if kinds is None:
        return
    what = f"a load of source {source!r}"
    try:
        mapping = load_mapping(source, schema)
    except MappingError:
        require_every_kind(principal, what)
        return
    for kind in sorted(_kinds(mapping, schema) - kinds):
        raise _outside(principal, what, f"elements of kind {kind}")
    for rule in (relation for record in mapping.records.values() for relation in record.relations):
        if _is_between_others(rule) and any(kinds.isdisjoint(pair) for pair in schema.pairs[rule.type]):
            raise _outside(principal, what, f"relations {rule.type} between elements of other kinds")


def _kinds(mapping: MappingRules, schema: Schema) -> frozenset[str]:
    """The kinds that records tell of, and those of elements of the twin that they may be matched with."""
    told = {kind for record in mapping.records.values() for node in record.nodes for kind in node.kinds}
    matched = {
        kind for name in told for rule in schema.kinds[name].matching for kind in schema.descendants[rule.family]
    }
    return frozenset(told | matched)


def _is_between_others(rule: RelationRule) -> bool:
    """Whether neither end is told of by the same record."""
    return rule.start.node is None and rule.end.node is None


def _outside(principal: Principal, what: str, changed: str) -> OutsideKindsError:
    return OutsideKindsError(
        f"{what} may change {changed}, which {principal.id} may not",
        where=what,
        hint="ask an administrator of the twin for the right, or somebody who may change every kind for the load",
    )

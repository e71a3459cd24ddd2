"""Names that stand for kinds of element: a kind, a generic for all kinds below it, a category of a pack for all kinds in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from core.errors import UsageError
from core.principal import KindLists, Principal, Sight
from graph.schema.fields import did_you_mean
from graph.schema.model import Schema

_MEMO: Final = "_kinds_in"  # kept with the schema, as its own derived tables are: it is asked for with every query
_MEMORY: Final = 1_000


def kinds_named(schema: Schema, names: Iterable[str]) -> frozenset[str]:
    """The concrete kinds that some names stand for; a name that the schema has not stands for none."""
    wanted = frozenset(names)
    below = (kind for name in wanted for kind in schema.descendants.get(name, ()))
    within = (kind.name for kind in schema.concrete_kinds() if kind.category in wanted)
    return frozenset((*below, *within))


def kinds_in(schema: Schema, lists: KindLists) -> frozenset[str] | None:
    """The concrete kinds that are in each of the lists; None for every kind, where there is no list."""
    if not lists:
        return None
    memo: dict[KindLists, frozenset[str]] = vars(schema).setdefault(_MEMO, {})
    found = memo.get(lists)
    if found is None:
        found = frozenset(schema.concrete).intersection(*(kinds_named(schema, names) for names in lists))
        if len(memo) < _MEMORY:
            memo[lists] = found
    return found


def checked_kinds(schema: Schema, names: Iterable[str] | None) -> frozenset[str] | None:
    """Names that stand for kinds. Raises UsageError for one that the schema has not."""
    if names is None:
        return None
    wanted = frozenset(names)
    known = [*schema.kinds, *dict.fromkeys(kind.category for kind in schema.concrete_kinds())]
    for name in sorted(wanted.difference(known)):
        raise UsageError(f"there is no kind {name!r}", where="kinds", hint=did_you_mean(name, known))
    return wanted


def sight_of(principal: Principal, schema: Schema) -> Sight | None:
    """What a principal sees of a graph of that schema; None where nothing is hidden from it."""
    if not principal.restricted:
        return None
    return Sight(None if principal.perimeters is None else principal.sees, kinds_in(schema, principal.reads))


def bounds_of(sees: Sight | None) -> tuple[bool, frozenset[str] | None]:
    """What a query is prepared for, for whoever sees this: whether perimeters are asked for, and the kinds that may be read."""
    return (False, None) if sees is None else (sees.perimeters is not None, sees.kinds)


def changeable(principal: Principal, schema: Schema) -> frozenset[str] | None:
    """The concrete kinds that a principal may change where its roles let it: of those that it reads; None for every kind."""
    if not principal.changes and not principal.reads:
        return None
    return kinds_in(schema, principal.changes | principal.reads)

"""Who asks: an identity, its roles, the perimeters of the estate that it may see, and the kinds of element it has rights on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from core.errors import JumeauError

EVERYONE: Final = "*"
"""The perimeter that every principal holds: elements of public kinds are in it, and nothing else can be."""

KindLists = frozenset[frozenset[str]]
"""Lists of names of kinds; a kind is meant that is in each of them, every kind where there is none. Each only narrows."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a graph somebody sees: nodes in one of these perimeters, None for anywhere, and of these kinds, None for any.

    `perimeters` are in order, that of everyone among them; `kinds` are concrete. Somebody from whom nothing is hidden has none.
    """

    perimeters: tuple[str, ...] | None
    kinds: frozenset[str] | None = None

    def shows(self, kind: str, perimeters: Iterable[str]) -> bool:
        """Whether a node of that kind, in these perimeters, is seen; of a public kind, that of everyone is among them."""
        if self.kinds is not None and kind not in self.kinds:
            return False
        return self.perimeters is None or not set(self.perimeters).isdisjoint(perimeters)

    def within(self, other: Sight | None) -> bool:
        """Whether whoever sees this much sees no more than whoever sees `other`; None for everything."""
        if other is None:
            return True
        return _no_more(self.perimeters, other.perimeters) and _no_more(self.kinds, other.kinds)


def _no_more(these: Collection[str] | None, others: Collection[str] | None) -> bool:
    return others is None or (these is not None and set(these) <= set(others))


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `perimeters` are names of perimeters; None for whoever may see everything.

    `reads` are the kinds of element that it may read, `changes` those that it may change, by lists of names of the schema
    (`graph.schema.named_kinds`). `scope` are the actions that a token was made for; None for all that the roles allow. `token`
    is the id of the token that it asks with: it makes nobody somebody else.

    No role widens what a principal sees. Impact may go through what is hidden (`services.impact_through`), which stays hidden.
    """

    id: str
    roles: frozenset[str] = frozenset()
    perimeters: frozenset[str] | None = frozenset()
    scope: frozenset[str] | None = None
    token: str | None = field(default=None, compare=False)
    reads: KindLists = frozenset()
    changes: KindLists = frozenset()

    @property
    def restricted(self) -> bool:
        """Whether anything may be hidden from this principal."""
        return self.perimeters is not None or bool(self.reads)

    @property
    def limited(self) -> bool:
        """Whether there may be elements that this principal does not see, or may not change whatever its roles."""
        return self.restricted or bool(self.changes)

    @property
    def sees(self) -> tuple[str, ...]:
        """The perimeters whose elements a restricted principal sees, that of everyone among them, in order."""
        return tuple(sorted({EVERYONE, *(self.perimeters or ())}))

    @property
    def outlook(self) -> list[list[str] | list[list[str]] | None] | None:
        """All that what this principal sees depends on, as JSON may hold it; None where nothing is hidden from it."""
        if not self.restricted:
            return None
        return [None if self.perimeters is None else list(self.sees), sorted(sorted(names) for names in self.reads)]

    def narrowed(self, perimeters: Iterable[str] | None) -> Principal:
        """This principal as one that sees no more than these perimeters; the same for None."""
        if perimeters is None:
            return self
        wanted = frozenset(perimeters)
        return replace(self, perimeters=wanted if self.perimeters is None else wanted & self.perimeters)

    def of_kinds(self, reads: Iterable[str] | None = None, changes: Iterable[str] | None = None) -> Principal:
        """This principal as one that reads, and changes, no more than these kinds; the same for None."""
        return replace(self, reads=self.reads | kind_lists(reads), changes=self.changes | kind_lists(changes))


def kind_lists(names: Iterable[str] | None) -> KindLists:
    """One list of kinds; no limit for None."""
    return frozenset() if names is None else frozenset({frozenset(names)})


class RestrictedError(JumeauError):
    """Something that is for those who see the whole estate."""

    code = "RESTRICTED"
    exit_code = 2
    status = 403


def require_whole_estate(principal: Principal, what: str) -> None:
    """Refuse `what` to whoever is restricted. Raises RestrictedError."""
    if principal.restricted:
        limit = "a perimeter" if principal.perimeters is not None else "kinds of element"
        raise RestrictedError(f"{what} is not limited to {limit}", hint="ask an administrator of the twin")


class OutsideKindsError(JumeauError):
    """A change of an element of a kind that whoever makes it may not change; nothing was written."""

    code = "OUTSIDE_KINDS"
    exit_code = 2
    status = 403


def require_every_kind(principal: Principal, what: str) -> None:
    """Refuse `what`, which may change elements of any kind, to whoever may change some kinds only. Raises OutsideKindsError."""
    if principal.changes:
        raise OutsideKindsError(
            f"{what} may change elements of any kind, {principal.id} may change some",
            where=what,
            hint="ask an administrator of the twin",
        )


LOCAL_OPERATOR: Final = Principal(
    "local", roles=frozenset({"administrator", "data_protection_officer"}), perimeters=None
)
"""Who sits at the machine that holds the twin, and maintenance: unrestricted."""
NOBODY: Final = Principal("nobody")
"""Who has not said who asks."""

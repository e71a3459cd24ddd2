"""Who asks: an identity, its roles, and the perimeters of the estate that it may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from core.errors import JumeauError

EVERYONE: Final = "*"
"""The perimeter that every principal holds: elements of public kinds are in it, and nothing else can be."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `perimeters` are names of perimeters; None for whoever may see everything.

    `scope` are the actions that a token was made for; None for all that the roles allow. `token` is the id of the token that
    it asks with: it makes nobody somebody else.

    No role widens what a principal sees. Impact may go through what is hidden (`services.impact_through`), which stays hidden.
    """

    id: str
    roles: frozenset[str] = frozenset()
    perimeters: frozenset[str] | None = frozenset()
    scope: frozenset[str] | None = None
    token: str | None = field(default=None, compare=False)

    @property
    def restricted(self) -> bool:
        """Whether anything may be hidden from this principal."""
        return self.perimeters is not None

    @property
    def sees(self) -> tuple[str, ...]:
        """The perimeters whose elements a restricted principal sees, that of everyone among them, in order."""
        return tuple(sorted({EVERYONE, *(self.perimeters or ())}))

    def narrowed(self, perimeters: Iterable[str] | None) -> Principal:
        """This principal as one that sees no more than these perimeters; the same for None."""
        if perimeters is None:
            return self
        wanted = frozenset(perimeters)
        return replace(self, perimeters=wanted if self.perimeters is None else wanted & self.perimeters)


class RestrictedError(JumeauError):
    """Something that is for those who see the whole estate."""

    code = "RESTRICTED"
    exit_code = 2
    status = 403


def require_whole_estate(principal: Principal, what: str) -> None:
    """Refuse `what` to whoever is restricted. Raises RestrictedError."""
    if principal.restricted:
        raise RestrictedError(f"{what} is not limited to a perimeter", hint="ask an administrator of the twin")


LOCAL_OPERATOR: Final = Principal(
    "local", roles=frozenset({"administrator", "data_protection_officer"}), perimeters=None
)
"""Who sits at the machine that holds the twin, and maintenance: unrestricted."""
NOBODY: Final = Principal("nobody")
"""Who has not said who asks."""

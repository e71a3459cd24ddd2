"""What each role may do, decided here and nowhere else. Which elements somebody sees is their perimeters' matter, not a role's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.errors import JumeauError, UsageError
from core.principal import Principal
from graph.schema.fields import did_you_mean


class Action(StrEnum):
    """What a door asks for before it does anything."""

    READ = "read"  # questions: GraphQL, Cypher, the catalogue
    QUERY_FREELY = "query_freely"  # questions of one's own where only registered ones are answered
    IMPACT_THROUGH = "impact_through"  # impact goes through what is hidden, and says how much of it there is
    LOOK_BACK = "look_back"  # history of elements, differences of moments
    EXPORT = "export"  # files beyond the row cap of answers; smaller ones belong to reading
    NOTIFY = "notify"  # webhooks: what one sees goes out by itself, to an address of one's own
    LOAD = "load"  # ingestion, quarantine, review
    BRANCH = "branch"  # begin, change, drop a branch
    APPLY = "apply"  # bring a branch to main
    SIMULATE = "simulate"  # start, watch and drop simulations of the whole estate
    MAINTAIN = "maintain"  # verify, catch up, record scorecards
    AUDIT = "audit"  # who did what
    REVEAL = "reveal"  # persons behind pseudonyms
    ACCOUNTS = "accounts"  # accounts, tokens, roles
    GOVERN_MODELS = "govern_models"  # uses of models, budgets, figures of both


class Role(StrEnum):
    """Roles of DESIGN section 10."""

    READER = "reader"
    OPERATOR = "operator"
    OWNER = "owner"
    CHANGE_MANAGER = "change_manager"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    AI_OWNER = "ai_owner"
    DATA_PROTECTION_OFFICER = "data_protection_officer"


_READING: Final = frozenset({Action.READ, Action.LOOK_BACK})
_ASKING: Final = _READING | {Action.QUERY_FREELY}

RIGHTS: Final[Mapping[Role, frozenset[Action]]] = MappingProxyType(
    {
        Role.READER: _READING,
        Role.OPERATOR: _ASKING
        | {Action.EXPORT, Action.NOTIFY, Action.LOAD, Action.MAINTAIN, Action.BRANCH, Action.SIMULATE}
        | {Action.IMPACT_THROUGH},
        Role.OWNER: _ASKING | {Action.EXPORT, Action.NOTIFY, Action.BRANCH, Action.SIMULATE},
        Role.CHANGE_MANAGER: _ASKING | {Action.BRANCH, Action.APPLY, Action.SIMULATE, Action.IMPACT_THROUGH},
        Role.AUDITOR: _ASKING | {Action.EXPORT, Action.AUDIT},
        Role.ADMINISTRATOR: frozenset(Action) - {Action.REVEAL, Action.IMPACT_THROUGH},
        Role.AI_OWNER: _READING | {Action.GOVERN_MODELS},
        Role.DATA_PROTECTION_OFFICER: _ASKING | {Action.REVEAL, Action.AUDIT},
    }
)


class ForbiddenError(JumeauError):
    """Somebody who is known may not do this."""

    code = "FORBIDDEN"
    exit_code = 2
    status = 403


def allowed(principal: Principal) -> frozenset[Action]:
    """Everything that a principal may do. A role that there is not gives nothing."""
    known = (Role(role) for role in principal.roles if role in _NAMES)
    actions: frozenset[Action] = frozenset().union(*(RIGHTS[role] for role in known))
    return actions if principal.scope is None else actions & principal.scope


def require(principal: Principal, action: Action) -> None:
    """Refuse an action to whoever may not do it. Raises ForbiddenError."""
    if action not in allowed(principal):
        roles = ", ".join(role.value for role, actions in RIGHTS.items() if action in actions)
        raise ForbiddenError(f"{principal.id} may not {action.value}", hint=f"roles that may: {roles}")


def require_giving(principal: Principal, roles: Iterable[str]) -> None:
    """Refuse to give roles to an account by a token that has a scope, where they may more than it. Raises ForbiddenError.

    Else such a token would be worth every right that there is: it could make an account, or take one over, and sign in with it.
    """
    if principal.scope is None:
        return
    given: frozenset[Action] = frozenset().union(*(RIGHTS[Role(role)] for role in roles if role in _NAMES))
    if beyond := given - allowed(principal):
        names = ", ".join(sorted(action.value for action in beyond))
        raise ForbiddenError(
            f"a token with a scope gives no rights that it has not: {names}", hint="sign in with the account"
        )


def checked(names: Iterable[str], among: type[StrEnum], what: str) -> frozenset[str]:
    """Names of roles or actions. Raises UsageError for one that there is not."""
    known = [member.value for member in among]
    wanted = frozenset(names)
    for name in sorted(wanted.difference(known)):
        raise UsageError(f"there is no {what} {name!r}", where=f"{what}s", hint=did_you_mean(name, known))
    return wanted


_NAMES: Final = frozenset(role.value for role in Role)

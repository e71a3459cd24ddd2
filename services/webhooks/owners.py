"""As whom a webhook is told things: its owner as they are now, with no more than they had when they made it."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from core.clock import Clock
from core.errors import NotFoundError, UsageError
from core.principal import LOCAL_OPERATOR, Principal, Sight, require_whole_estate
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from graph.schema.named_kinds import sight_of
from services.access.accounts import Accounts
from services.access.rights import Action, allowed, require
from services.webhooks.hook import WHOLE_ESTATE, Hook, Wants, WebhookOwnerError

NEEDED = (Action.NOTIFY, Action.READ)


class Owners:
    """Looks owners up in the accounts of one twin."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    @cached_property
    def _accounts(self) -> Accounts:
        return Accounts(self._ledger, self._clock)

    def name_of(self, principal: Principal, wants: Wants) -> str | None:
        """Who will own what somebody registers, None for the operator of the machine.

        Raises ForbiddenError, RestrictedError, UsageError for somebody without an account.
        """
        for action in NEEDED:
            require(principal, action)
        for event in sorted(wants.events & WHOLE_ESTATE):
            require_whole_estate(principal, f"{event.value!r}")
        if principal.id == LOCAL_OPERATOR.id and principal.roles == LOCAL_OPERATOR.roles and principal.token is None:
            return None
        if not self._accounts.has(principal.id):
            hint = "sign in at the twin first, so that there is an account which can lose its rights"
            raise UsageError("who registers a webhook has an account", where="owner", hint=hint)
        return principal.id

    def principal(self, hook: Hook) -> Principal | None:
        """Whom it tells now; None while the provider has not vouched for them lately. Raises WebhookOwnerError."""
        if hook.owner is None:
            return _as_made(LOCAL_OPERATOR, hook)
        try:
            account = self._accounts.get(hook.owner)
        except NotFoundError:
            raise _lost(hook, "has no account any more") from None
        if not account.enabled:
            raise _lost(hook, "may not sign in any more")
        if account.vouched_until is not None and account.vouched_until <= self._clock.now():
            return None
        principal = _as_made(account.principal, hook)
        actions = allowed(principal)
        for action in NEEDED:
            if action not in actions:
                raise _lost(hook, f"may not {action.value} any more")
        if principal.restricted and hook.wants.events & WHOLE_ESTATE:
            raise _lost(hook, "does not see the whole estate any more")
        return principal


def _as_made(owner: Principal, hook: Hook) -> Principal:
    """The owner, with no more than they saw when they made it."""
    narrowed = owner.narrowed(hook.perimeters)
    return replace(narrowed, reads=narrowed.reads | hook.reads)


def may_hear(principal: Principal, schema: Schema, made_for: Sight | None) -> bool:
    """Whether what was made for somebody who saw this much tells a principal nothing that they may not see."""
    sees = sight_of(principal, schema)
    return sees is None or (made_for is not None and made_for.within(sees))


def _lost(hook: Hook, seen: str) -> WebhookOwnerError:
    return WebhookOwnerError(
        f"its owner {hook.owner} {seen}", where=hook.name, hint="give the right back and resume it, or remove it"
    )

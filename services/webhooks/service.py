"""What people do with webhooks, for every door: register, look, try, pause, resume, rotate, remove, replay.

An owner has their own; who may maintain the whole twin has everybody's.
"""

from __future__ import annotations

import re
import secrets
import ssl
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import cached_property
from random import random
from typing import Any, Final

from core.clock import Clock, SystemClock
from core.errors import UsageError
from core.outbound import AddressGuard, Resolver, networks, system_resolver
from core.principal import Principal
from core.settings import Settings
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from services.access.rights import Action, allowed, checked, require
from services.changes.feed import ChangeFeed
from services.webhooks import occurrences
from services.webhooks.courier import Courier, Desk
from services.webhooks.hook import (
    FROM_THE_LEDGER,
    WHOLE_ESTATE,
    EventType,
    Filters,
    Hook,
    HookState,
    Wants,
    WebhookOwnerError,
    WebhookPausedError,
)
from services.webhooks.messages import body_of
from services.webhooks.outbox import Message, MessageState, Outbox
from services.webhooks.owners import Owners
from services.webhooks.registry import Hooks, unknown
from services.webhooks.retries import Chance, Retries
from services.webhooks.sender import Outcome, Sender, check_address
from services.webhooks.signing import SECRET_BYTES, checked_variable, generated

OVERLAP: Final = timedelta(hours=24)
"""How long the former secret signs as well, unless told otherwise."""
LONGEST_OVERLAP: Final = timedelta(days=30)
MOST_LISTED: Final = 500
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)


class WebhookService:
    """The webhooks of one twin. What is injected is what tests choose: time, chance, names, the environment."""

    def __init__(
        self,
        ledger: Ledger,
        schema: Schema,
        settings: Settings,
        filters: Filters,
        *,
        clock: Clock | None = None,
        chance: Chance = random,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        resolve: Resolver = system_resolver,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._ledger = ledger
        self._schema = schema
        self._settings = settings
        self._filters = filters
        self._clock = clock or SystemClock()  # never one that stands still: receivers compare it with theirs
        self._chance = chance
        self._random_bytes = random_bytes
        self._guard = AddressGuard(networks(settings.allowed_networks), resolve=resolve)
        self._hooks = Hooks(ledger, self._clock, environment)
        self._outbox = Outbox(self._hooks, self._clock)
        self._owners = Owners(ledger, self._clock)
        occurrences.prepare(ledger)

    # --- registrations -----------------------------------------------------------------------------------------------

    def add(
        self,
        principal: Principal,
        name: str,
        url: str,
        *,
        events: Iterable[str] = (EventType.CHANGES.value,),
        kinds: Iterable[str] | None = None,
        ids: Iterable[str] | None = None,
        filter: Mapping[str, Any] | None = None,
        secret_env: str | None = None,
    ) -> tuple[Hook, str | None]:
        """Register a webhook, from now on: with the secret, shown once, where it is not in a variable.

        Raises ForbiddenError, RestrictedError, UsageError, NotFoundError, AddressRefusedError.
        """
        wants = self._wants(events, kinds, ids, filter)
        owner = self._owners.name_of(principal, wants)
        if not _NAME.fullmatch(name):
            raise UsageError(
                "this is no name of a webhook",
                where="name",
                hint="up to 64 of a-z, 0-9 and . _ -, a letter or a digit first",
            )
        self._check_address(url)
        value, variable = self._secret(secret_env)
        hook = Hook(
            self._random_bytes(6).hex(),
            name,
            url,
            owner,
            principal.perimeters,
            wants,
            HookState.ACTIVE,
            "",
            self._ledger.sequence(),
            occurrences.begin(self._ledger, wants.events & WHOLE_ESTATE),
            0,
            None,
            self._clock.now(),
            principal.reads,
        )
        return self._hooks.add(hook, value=value, variable=variable), value

    def all(self, principal: Principal) -> list[Hook]:
        """Those of somebody, or everybody's for who may maintain the whole twin; by name."""
        require(principal, Action.NOTIFY)
        return [hook for hook in self._hooks.all() if self._is_of(principal, hook)]

    def get(self, principal: Principal, name: str) -> Hook:
        """One of them. Raises ForbiddenError, NotFoundError."""
        found = {hook.name: hook for hook in self.all(principal)}
        if name not in found:
            raise unknown(name, list(found))
        return found[name]

    def remove(self, principal: Principal, name: str) -> Hook:
        """Forget a webhook and all that waits for it."""
        hook = self.get(principal, name)
        self._hooks.remove(hook)
        return hook

    def pause(self, principal: Principal, name: str) -> Hook:
        """Tell it nothing until it is resumed: then, all that happened."""
        hook = self.get(principal, name)
        return self._hooks.fares(hook, state=HookState.PAUSED, reason=f"paused by {principal.id}", next_at=None)

    def resume(self, principal: Principal, name: str, *, skip: bool = False) -> Hook:
        """Go on where it stood, at once; with `skip` without the message that it stands at, which can be replayed."""
        hook = self.get(principal, name)
        self._owners.principal(hook)
        first = self._outbox.first(hook)
        if skip and first is not None:
            self._outbox.give_up(hook, first, f"left out by {principal.id}")
        return self._hooks.fares(hook, state=HookState.ACTIVE, reason="", failures=0, next_at=None)

    def rotate(
        self, principal: Principal, name: str, *, secret_env: str | None = None, overlap: timedelta = OVERLAP
    ) -> tuple[Hook, str | None]:
        """Another secret, shown once where it is not in a variable; the former one signs beside it for a while."""
        hook = self.get(principal, name)
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            seen = f"a former secret cannot sign for another {overlap}"
            raise UsageError(seen, where="overlap", hint=f"at most {LONGEST_OVERLAP.days} days")
        value, variable = self._secret(secret_env)
        self._hooks.rotate(hook, self._clock.now() + overlap, value=value, variable=variable)
        return hook, value

    # --- deliveries --------------------------------------------------------------------------------------------------

    def deliveries(
        self, principal: Principal, name: str, *, state: str | None = None, limit: int = 50
    ) -> list[Message]:
        """What was sent, is waiting or is dead, newest first. Raises UsageError, NotFoundError."""
        hook = self.get(principal, name)
        wanted = None if state is None else MessageState(*checked([state], MessageState, "state"))
        if not 0 < limit <= MOST_LISTED:
            raise UsageError(f"{limit} deliveries cannot be listed", where="limit", hint=f"from 1 to {MOST_LISTED}")
        return self._outbox.listed(hook, wanted, limit)

    def replay(self, principal: Principal, name: str, id: str | None = None) -> list[Message]:
        """Send dead messages again: one, or all. Raises NotFoundError, WebhookPausedError."""
        hook = self.get(principal, name)
        if hook.state is not HookState.ACTIVE:
            raise WebhookPausedError(f"the webhook is {hook.state.value}", where=name, hint="resume it first")
        return self._outbox.replay(hook, id)

    def test(self, principal: Principal, name: str) -> Outcome:
        """Send a message that tells nothing, now and once, whatever the state. Raises ConfigurationError, WebhookOwnerError."""
        hook = self.get(principal, name)
        if self._owners.principal(hook) is None:
            raise WebhookOwnerError(
                f"its owner {hook.owner} has not signed in lately", where=name, hint="let them sign in at the provider"
            )
        body = body_of(EventType.TEST, {"webhook": hook.name}, self._clock.now())
        sender = self._sender()
        try:
            return sender.send(hook.url, self._hooks.keys(hook), self._new_id(), body)
        finally:
            sender.close()

    def courier(self, feed: ChangeFeed) -> Courier:
        """What delivers, in a server."""
        return Courier(feed, self.desk())

    def desk(self, retries: Retries | None = None) -> Desk:
        """What a courier works with."""
        return Desk(
            self._hooks,
            self._outbox,
            self._owners,
            self._sender(),
            self._filters,
            retries or Retries(self._settings.webhook_failures),
            self._clock,
            self._new_id,
            self._chance,
            self._settings.webhook_body_bytes,
        )

    # --- parts -------------------------------------------------------------------------------------------------------

    def _is_of(self, principal: Principal, hook: Hook) -> bool:
        if Action.MAINTAIN in allowed(principal) and not principal.restricted:
            return True
        return hook.owner is not None and hook.owner == principal.id

    def _wants(
        self,
        events: Iterable[str],
        kinds: Iterable[str] | None,
        ids: Iterable[str] | None,
        filter: Mapping[str, Any] | None,
    ) -> Wants:
        names = checked(events, EventType, "event") - {EventType.TEST.value}
        wanted = frozenset(EventType(name) for name in names)
        if not wanted:
            raise UsageError("a webhook tells of something", where="events", hint="give one of " + ", ".join(_OFFERED))
        limited = any(one is not None for one in (kinds, ids, filter))
        if limited and wanted.isdisjoint(FROM_THE_LEDGER):
            raise UsageError("kinds, ids and filter are of changes", where="events", hint="ask for changes, too")
        if wanted >= FROM_THE_LEDGER:
            hint = "changes tell of alerts as well; for both, register two webhooks"
            raise UsageError("an alert would be told twice, by changes and by alerts", where="events", hint=hint)
        if EventType.ALERTS in wanted and kinds is not None:
            raise UsageError("alerts are of one kind", where="kinds", hint="leave `kinds` out, or ask for changes")
        if kinds is not None and filter is not None:
            raise UsageError("`filter` names the kind as well", where="kinds", hint="leave `kinds` out")
        wants = Wants(wanted, None if kinds is None else tuple(kinds), None if ids is None else tuple(ids), filter)
        wants.of_changes(self._schema, self._filters)  # what is wrong with it is said at once
        return wants

    def _check_address(self, url: str) -> None:
        check_address(self._guard, url)

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """The machine's certificate authorities, which take a while to read."""
        return ssl.create_default_context()

    def _sender(self) -> Sender:
        return Sender(self._guard, self._clock, self._settings.webhook_timeout_s, self._trusted)

    def _secret(self, variable: str | None) -> tuple[str | None, str | None]:
        if variable is not None:
            return None, checked_variable(variable)
        return generated(self._random_bytes(SECRET_BYTES)), None

    def _new_id(self) -> str:
        return "msg_" + self._random_bytes(16).hex()


_OFFERED: Final = [event.value for event in EventType if event is not EventType.TEST]

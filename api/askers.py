"""Whose a request is, before anybody is looked up: an account whose credential was good before, or an address."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from starlette.types import Scope

from api.calls import CALL
from core.principal import NOBODY
from services.audit.call import Call

_KNOWN: Final = 10_000


class KnownAskers:
    """Whose a request is, before anybody is looked up: by the credential that it shows, if that was good once; else the address
    that it comes from. For the thread of the event loop.
    """

    def __init__(self, most: int = _KNOWN) -> None:
        self._most = most
        self._names: OrderedDict[bytes, str] = OrderedDict()

    def of(self, scope: Scope) -> str:
        """A name for whoever asks; what makes names up counts as the address that it comes from."""
        shown = shown_in(scope)
        if shown is not None and (name := self._names.get(shown)) is not None:
            self._names.move_to_end(shown)
            return name
        return address_of(scope)

    def forget(self, scope: Scope) -> None:
        """A credential that was refused is good no longer."""
        if (shown := shown_in(scope)) is not None:
            self._names.pop(shown, None)

    def learn(self, scope: Scope) -> str | None:
        """Remember who was let in with a credential; their name where it was not known. Of very many the oldest are forgotten."""
        call: Call | None = scope.get(CALL)
        shown = shown_in(scope)
        if shown is None or call is None or call.principal == NOBODY or call.status == HTTPStatus.UNAUTHORIZED:
            return None
        is_new = shown not in self._names
        self._names[shown] = call.principal.id
        while len(self._names) > self._most:
            self._names.popitem(last=False)
        return call.principal.id if is_new else None


def address_of(scope: Scope) -> str:
    """The address that a request comes from, as a name that no account has."""
    client = scope.get("client")
    return f"from {client[0] if client else 'nowhere'}"


def shown_in(scope: Scope) -> bytes | None:
    """The digest of the credential that a request shows."""
    given: bytes | None = next((value for name, value in scope["headers"] if name == b"authorization"), None)
    return None if given is None else sha256(given).digest()

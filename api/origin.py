"""Pages of other sites: which of them may ask here, at whichever door.

A browser says in `Origin` which page asks. It does not say that the page's own name leads to this machine: a name that somebody
else has may be given this machine's address while the page is open (DNS rebinding), and then its pages count as ours. Where people
sign in, such a page has nothing to show. Where the door is open it would ask as the operator, so an open door answers under the
names of this machine alone.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from strawberry.http.websocket_origin import is_same_origin, normalize_origin

from core.addresses import is_loopback
from core.errors import JumeauError


class OriginError(JumeauError):
    """A page of another site asks, and is not among those that may."""

    code = "ORIGIN_REFUSED"
    exit_code = 2
    status = 403


def check_origin(headers: Headers, allowed: Collection[str]) -> None:
    """Refuse what a page of another site sends, unless that site is among `allowed`. Raises OriginError."""
    origin = headers.get("origin")
    if origin is None:
        is_ours = headers.get("sec-fetch-site") != "cross-site"
    else:
        is_ours = is_same_origin(origin, headers.get("host")) or normalize_origin(origin) in allowed
    if not is_ours:
        raise OriginError(
            f"a page of {origin or 'another site'} may not ask here",
            where="Origin",
            hint="an administrator of the twin names those that may with JUMEAU_ALLOWED_ORIGINS",
        )


def check_host(headers: Headers, allowed: Collection[str]) -> None:
    """Refuse, at an open door, what was sent to another name than this machine's. Raises OriginError."""
    if not _is_this_machine(headers.get("host"), allowed):
        raise OriginError(
            "an open door answers under the names of this machine only",
            where="Host",
            hint="ask at 127.0.0.1 or localhost, let people sign in (JUMEAU_ACCESS=accounts), or name the site in "
            "JUMEAU_ALLOWED_ORIGINS",
        )


def _is_this_machine(host: str | None, allowed: Collection[str]) -> bool:
    """Whether a `Host` is this machine itself, or one of the sites that are allowed. One that is not said is no page's."""
    if not host:
        return True
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return (name is not None and is_loopback(name)) or any(is_same_origin(origin, host) for origin in allowed)

"""Pages of other sites: which of them may ask here."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers
from strawberry.http.websocket_origin import is_same_origin, normalize_origin

from api.graphql.errors import OriginError


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

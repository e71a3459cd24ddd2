"""`/api/oidc`: signing in at an identity provider, there and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Cookie, Query, Response
from pydantic import BaseModel
from starlette.responses import RedirectResponse

from api.deps import Anybody
from api.rest.access import SIGN_IN, IssuedAnswer, TokenAnswer
from services.access.accounts import Account
from services.access.oidc.attempt import LASTS
from services.access.oidc.provider import Arrival

router = APIRouter(prefix="/api/oidc", tags=["access"])
COOKIE: Final = "jumeau_sign_in"
_UNKEPT: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class OidcAnswer(BaseModel):
    """Whether people can sign in at a provider: which, and where a browser begins."""

    configured: bool
    issuer: str | None
    sign_in: str | None


@router.get("")
def configured(services: Anybody) -> OidcAnswer:
    """Whether an identity provider is set up."""
    provider = services.doorkeeper.identity_provider
    if provider is None:
        return OidcAnswer(configured=False, issuer=None, sign_in=None)
    return OidcAnswer(configured=True, issuer=provider.settings.issuer, sign_in=f"{router.prefix}/sign-in")


@router.get("/sign-in", status_code=302, response_class=RedirectResponse)
def sign_in(services: Anybody) -> RedirectResponse:
    """Send a browser to the provider, which sends it back to the callback."""
    departure = services.doorkeeper.provider.depart()
    answer = RedirectResponse(departure.address, 302, _UNKEPT)
    answer.set_cookie(
        COOKIE,
        departure.sealed,
        max_age=int(LASTS.total_seconds()),
        path=router.prefix,
        secure=departure.secure,
        httponly=True,
        samesite="lax",  # the way back comes from the provider's site: `strict` would leave the cookie out
    )
    return answer


@router.get("/callback")
def callback(
    services: Anybody,
    response: Response,
    state: Annotated[str | None, Query()] = None,
    code: Annotated[str | None, Query()] = None,
    error: Annotated[str | None, Query()] = None,
    iss: Annotated[str | None, Query()] = None,
    sealed: Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False)] = None,
) -> IssuedAnswer:
    """Where the provider sends a browser back: a token of ours, for somebody whom it vouches for."""
    call = services.call
    call.action = SIGN_IN

    def recognised(account: Account) -> None:
        call.principal = account.principal
        call.begin()

    arrival = Arrival(state=state, code=code, error=error, issuer=iss, sealed=sealed)
    secret, token = services.doorkeeper.sign_in_at_provider(arrival, recognised)
    call.principal = replace(call.principal, token=token.id)
    response.headers.update(_UNKEPT)
    response.delete_cookie(COOKIE, path=router.prefix)
    return IssuedAnswer(secret=secret, token=TokenAnswer(**token.to_dict()))

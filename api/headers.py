"""What every answer tells browsers: keep none of it, take it for nothing else, show it in nobody's frame, run nothing in it.

Pages of ours say in a policy of their own what may run in them. What belongs to the encrypted connection itself (HSTS) is told by the
proxy that ends it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ASSETS: Final = "/assets/"
"""Where the files of pages lie: published ones, which hold nothing of the twin."""
EVERYWHERE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
)
"""What an answer says unless its endpoint says otherwise."""
ASK_AGAIN: Final = "no-cache"
"""What may be kept, and is not shown again before the server was asked whether it is still so."""


class BrowserHeaders:
    """ASGI middleware. Around everything that answers, refusals too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith(ASSETS):
                    headers.setdefault("Cache-Control", ASK_AGAIN)
                for name, value in EVERYWHERE.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, told)


def page_headers(page: str, *, assets: bool = False) -> dict[str, str]:
    """The headers of a page of ours."""
    return {"Content-Security-Policy": policy(page, assets=assets), "Cache-Control": ASK_AGAIN}


def policy(page: str, *, assets: bool = False) -> str:
    """The Content-Security-Policy of a page: its own script and style, by their digests, and nothing from elsewhere.

    `assets`: files of this server too. The published builds of editors write style into their elements as they go, which cannot be
    named by digests: of such a page any style is taken, and no other script.
    """
    scripts, styles, images, fonts = _digests(page, "script"), _digests(page, "style"), "data:", "'none'"
    if assets:
        scripts, styles, images, fonts = f"'self' {scripts}", "'self' 'unsafe-inline'", f"'self' {images}", "data:"
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src {images}; font-src {fonts}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _digests(page: str, tag: str) -> str:
    """Of everything that stands in a page between two tags."""
    texts = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    return " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts)

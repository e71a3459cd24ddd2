"""The page of production lines: one file without any other asset, whose policy lets it run what is in it and speak to this server alone.

The page holds no data: it asks `/api/lines` as whoever opens it (with their token, where people sign in), so that rights are those of
every other door.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from starlette.responses import HTMLResponse

URL: Final = "/lines"
PAGE: Final = (Path(__file__).parent / "lines.html").read_text(encoding="utf-8")
_SCHEMA: Final = Path(__file__).parents[1] / "simulate" / "line" / "line.schema.json"


def policy(page: str = PAGE) -> str:
    """The Content-Security-Policy of a page: its own script and style, by their digests, and nothing from elsewhere."""
    digests = {
        tag: " ".join(
            f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
            for text in re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        )
        for tag in ("script", "style")
    }
    return (
        f"default-src 'none'; script-src {digests['script']}; style-src {digests['style']}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def serve_page(app: FastAPI) -> None:
    """Add `/lines`."""
    headers = {
        "Content-Security-Policy": policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    app.add_api_route(
        URL,
        lambda: HTMLResponse(PAGE, headers=headers),
        include_in_schema=False,
        response_class=HTMLResponse,
    )


@cache
def form_of_the_reference_line() -> dict[str, Any]:
    """The parameters of the reference line as its files are checked: title, default, least value, by name."""
    part = json.loads(_SCHEMA.read_text(encoding="utf-8"))["$defs"]["ReferencePart"]
    usual = {"machine_a_deviation", "machine_b_deviation", "mean_interarrival"}  # shown by their usual names
    return {name: _field(told) for name, told in part["properties"].items() if name not in usual}


def _field(told: dict[str, Any]) -> dict[str, Any]:
    number = next((one for one in told.get("anyOf", ()) if one.get("type") == "number"), told)
    return {
        "default": told["default"],
        "least": number.get("minimum", told.get("exclusiveMinimum", 0)),
        "most": told.get("maximum"),
        "whole": told.get("type") == "integer",
        "unit": "minutes" if "anyOf" in told else ("share" if told.get("maximum") == 1.0 else "count"),
    }

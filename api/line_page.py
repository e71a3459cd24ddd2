"""The page of production lines: one file without any other asset, whose policy lets it run what is in it and speak to this server alone.

The page holds no data: it asks `/api/lines` as whoever opens it (with their token, where people sign in), so that rights are those of
every other door.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from starlette.responses import HTMLResponse

from api.headers import page_headers

URL: Final = "/lines"
PAGE: Final = (Path(__file__).parent / "lines.html").read_text(encoding="utf-8")
_SCHEMA: Final = Path(__file__).parents[1] / "simulate" / "line" / "line.schema.json"


def serve_page(app: FastAPI) -> None:
    """Add `/lines`."""
    app.add_api_route(
        URL,
        lambda: HTMLResponse(PAGE, headers=page_headers(PAGE)),
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

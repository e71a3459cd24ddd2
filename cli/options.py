"""Options that several commands share, and how parameters are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cli.output import Output
from core.errors import UsageError

OutputOption = Annotated[Output, typer.Option("--output", "-o", help="table, json or csv.")]
BackendOption = Annotated[
    str | None, typer.Option("--backend", help="Backend URL: embedded, embedded:PATH, networkx, neo4j://HOST:PORT.")
]
ParamOption = Annotated[
    list[str] | None, typer.Option("--param", "-p", help="k=v, repeatable; v is JSON where it parses, else a string.")
]

PerimeterOption = Annotated[
    list[str] | None,
    typer.Option("--as-perimeter", help="Answer as for somebody who sees this perimeter only; repeatable."),
]

AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="Ask the past: a date (the end of that day, UTC), an instant, or #123 (an event)."),
]
BranchOption = Annotated[str | None, typer.Option("--branch", help="Ask a branch, see `jumeau branch list`.")]


PlotOption = Annotated[
    Path | None, typer.Option("--plot", help="Write pictures into this folder, which is made where there is none.")
]
PlotFormatOption = Annotated[str, typer.Option("--plot-format", help="svg or png.")]


def parse_parameters(given: Sequence[str] | None) -> dict[str, Any]:
    """`k=v` pairs as a mapping. Raises UsageError on what is no pair, or a name given twice."""
    values: dict[str, Any] = {}
    for item in given or ():
        name, separator, text = item.partition("=")
        if not separator or not name:
            raise UsageError(f"{item!r} is not of the form name=value", where="--param", hint="--param ci=srv-001")
        if name in values:
            raise UsageError(f"the parameter {name!r} is given twice", where="--param", hint="give it once")
        try:
            values[name] = orjson.loads(text)
        except orjson.JSONDecodeError:
            values[name] = text
    return values

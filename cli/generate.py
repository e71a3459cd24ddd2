"""`jumeau generate`: a synthetic estate as a CMDB export."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, progress_bars
from core.errors import UsageError
from ingest.estate_generator import generate_estate


def generate(
    out: Annotated[Path, typer.Option("--out", help="Directory that receives one CSV per class, and relations/.")],
    servers: Annotated[int, typer.Option("--servers", min=50, help="Servers of the estate.")] = 28_000,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same bytes.")] = 42,
    as_of: Annotated[str, typer.Option("--as-of", help="The estate's today, as a date.")] = "2025-01-01",
    output: OutputOption = Output.TABLE,
) -> None:
    """Write the CMDB export of a synthetic bank. Example: jumeau generate --servers 2000 --seed 42 --out export"""
    try:
        today = date.fromisoformat(as_of)
    except ValueError as error:
        raise UsageError(f"{as_of!r} is not a date", where="--as-of", hint="use YYYY-MM-DD") from error
    with progress_bars() as advance:
        summary = generate_estate(
            out, servers=servers, seed=seed, as_of=today, progress=lambda stage, done: advance(stage, done, 0)
        )
    counts = {**summary.nodes, **summary.relations}
    if output is Output.JSON:
        print_json(
            {"nodes": dict(summary.nodes), "relations": dict(summary.relations), "elements": sum(counts.values())}
        )
    else:
        print_rows(("class", "rows"), [*counts.items(), ("total", sum(counts.values()))], output)

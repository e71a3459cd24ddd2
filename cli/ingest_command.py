"""`jumeau ingest`: one load of one source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import BackendOption, OutputOption
from cli.output import Output, print_json, print_rows, progress_bars, say
from core.settings import load_settings
from services.ingestion import ingest as load_source

WITH_REJECTS = 1


def ingest(
    path: Annotated[Path, typer.Argument(help="File or directory; .gz is accepted.")],
    source: Annotated[
        str, typer.Option("--source", "-s", help="netbox, endoflife, kev, epss, cve, servicenow, backstage or csv.")
    ],
    reread: Annotated[
        bool, typer.Option("--reread", help="Read the export even if the same was loaded before.")
    ] = False,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Load an export into the twin. Rows that cannot be taken are quarantined with a reason and the load goes on.

    Running it again changes nothing but bookkeeping; after an interruption it resumes. Exit code 1 says that rows were
    rejected, 3 that the source was refused.

    Example: jumeau ingest export/ --source csv
    """
    settings = load_settings(backend=backend)
    with progress_bars() as advance:
        result = load_source(
            settings,
            source,
            path,
            reread=reread,
            loading=advance,
            projecting=lambda done, wanted: advance("project", done, wanted),
        )
    report = result.report
    if output is Output.JSON:
        print_json({**report.to_dict(), "sequence": result.sequence, "projected_s": round(result.projected_s, 3)})
    else:
        counts = report.counters
        print_rows(
            ("created", "updated", "unchanged", "rejected"),
            [(counts["created"], counts["updated"], counts["unchanged"], counts["rejected"])],
            output,
            f"{source}: {report.status}",
        )
        if report.unmapped:
            most = sorted(report.unmapped.items(), key=lambda item: -item[1])
            say("not mapped: " + ", ".join(f"{name} {count}" for name, count in most))
        for row in report.quarantined:
            say(f"[{row.code}] {row.position}: {row.reason}. Try: {row.hint}")
    if report.counters["rejected"]:
        raise typer.Exit(WITH_REJECTS)

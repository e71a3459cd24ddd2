"""`jumeau ingest`: one load of one source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.options import BackendOption, OutputOption
from cli.output import Output, print_json, print_rows, progress_bars, say
from core.settings import load_settings
from ingest.rehearsal import Difference
from ingest.report import IngestReport
from services.ingestion import ingest as load_source
from services.ingestion import rehearse

WITH_REJECTS = 1
SHOWN_CHANGES = 40


def ingest(
    path: Annotated[Path, typer.Argument(help="File or directory; .gz is accepted.")],
    source: Annotated[
        str, typer.Option("--source", "-s", help="netbox, endoflife, kev, epss, cve, servicenow, backstage or csv.")
    ],
    reread: Annotated[
        bool, typer.Option("--reread", help="Read the export even if the same was loaded before.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; show the difference that the load would make.")
    ] = False,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Load an export into the twin. Rows that cannot be taken are quarantined with a reason and the load goes on.

    Running it again changes nothing but bookkeeping; after an interruption it resumes. Exit code 1 says that rows were
    rejected, 3 that the source was refused.

    Examples: jumeau ingest export/ --source csv
              jumeau ingest export/ --source csv --dry-run
    """
    settings = load_settings(backend=backend)
    if dry_run:
        with progress_bars() as advance:
            rehearsed = rehearse(settings, source, path, loading=advance)
        _show(rehearsed, {}, output)
        return
    with progress_bars() as advance:
        result = load_source(
            settings,
            source,
            path,
            reread=reread,
            loading=advance,
            projecting=lambda done, wanted: advance("project", done, wanted),
        )
    _show(result.report, {"sequence": result.sequence, "projected_s": round(result.projected_s, 3)}, output)


def _show(report: IngestReport, more: Mapping[str, Any], output: Output) -> None:
    """Print a report; the exit code says whether rows were rejected."""
    if output is Output.JSON:
        print_json({**report.to_dict(), **more})
    else:
        counts = report.counters
        print_rows(
            ("created", "updated", "unchanged", "rejected"),
            [(counts["created"], counts["updated"], counts["unchanged"], counts["rejected"])],
            output,
            f"{report.source}: {report.status}",
        )
        if report.difference is not None:
            _show_difference(report.difference, output)
        if report.unmapped:
            most = sorted(report.unmapped.items(), key=lambda item: -item[1])
            say("not mapped: " + ", ".join(f"{name} {count}" for name, count in most))
        for row in report.quarantined:
            say(f"[{row.code}] {row.position}: {row.reason}. Try: {row.hint}")
    if report.counters["rejected"]:
        raise typer.Exit(WITH_REJECTS)


def _show_difference(difference: Difference, output: Output) -> None:
    counts = sorted(difference.counts.items())
    if not counts:
        say("nothing would change")
        return
    print_rows(("kind", "operation", "elements"), [(k, o.value, n) for (k, o), n in counts], output, "would change")
    shown = difference.changes[:SHOWN_CHANGES]
    rows = [(c.operation.value, c.kind, c.name, c.attribute, c.before, c.after) for c in shown]
    print_rows(("operation", "kind", "name", "attribute", "before", "after"), rows, output)
    if len(difference.changes) > len(shown):
        say(f"the first {len(shown)} changes; --output json lists more")

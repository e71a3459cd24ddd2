"""`jumeau ingest`: load a source, list the loads, take one back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli.options import BackendOption, OutputOption
from cli.output import Output, print_json, print_rows, progress_bars, say
from core.errors import UsageError
from core.settings import Settings, load_settings
from ingest.rehearsal import Difference
from ingest.report import COUNTERS, IngestReport
from ingest.retirement import BRAKE
from ingest.sources.registry import SOURCES
from services.connections import FetchedSource, fetch_source, is_address
from services.ingestion import ingest as load_source
from services.ingestion import ingest_onto, rehearse, runs, undo

WITH_REJECTS = 1
LOAD = "load"
WOULD = "would change"
SHOWN_CHANGES = 40


class _LoadFirst(TyperGroup):
    """`jumeau ingest PATH` is `jumeau ingest load PATH`: what names no command of the group is a path."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", *ctx.help_option_names):
            args = [LOAD, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_LoadFirst,
    no_args_is_help=True,
    help="Load exports into the twin, list loads, take one back. `jumeau ingest PATH` is `jumeau ingest load PATH`.",
)


@app.command(LOAD)
def ingest(
    source: Annotated[
        str,
        typer.Option(
            "--source",
            "-s",
            help=f"One of {', '.join(SOURCES)}.",
        ),
    ],
    location: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATH|URL]",
            help="File or directory (.gz is accepted), or the address of the source's API. "
            "Default: the address under [connections.SOURCE] in jumeau.toml, or the public feed.",
        ),
    ] = None,
    delta: Annotated[
        bool, typer.Option("--delta", help="From an API: only what changed since the last fetch that was loaded.")
    ] = False,
    reread: Annotated[
        bool, typer.Option("--reread", help="Read the export even if the same was loaded before.")
    ] = False,
    complete: Annotated[
        bool, typer.Option("--complete", help="This is all that the source has: retire what it no longer tells.")
    ] = False,
    brake: Annotated[
        float,
        typer.Option(help="With --complete: the largest share of the source's elements to retire.", min=0, max=1),
    ] = BRAKE,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; show the difference that the load would make.")
    ] = False,
    branch: Annotated[str | None, typer.Option("--branch", help="Load onto this branch: main does not see it.")] = None,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Load an export into the twin. Rows that cannot be taken are quarantined with a reason and the load goes on.

    An API is fetched whole before anything of it is loaded. Running it again changes nothing but bookkeeping; after an
    interruption it resumes. Exit code 1 says that rows were rejected or a retirement was stopped, 3 that the source was
    refused.

    Examples: jumeau ingest export/ --source csv
              jumeau ingest export/ --source csv --dry-run
              jumeau ingest export/ --source csv --branch plan --complete --dry-run
              jumeau ingest https://netbox.bank.example --source netbox --delta
    """
    settings = load_settings(backend=backend)
    fetched = _fetched(settings, source, location, delta=delta)
    path = Path(location or ".") if fetched is None else fetched.path
    if branch is not None:
        with progress_bars() as advance:
            report, taken = ingest_onto(
                settings, branch, source, path, whole=complete, brake=brake, dry_run=dry_run, loading=advance
            )
        _show(report, {"branch": taken.name, "branch_events": taken.version}, output)
        return
    if dry_run:
        with progress_bars() as advance:
            rehearsed = rehearse(settings, source, path, whole=complete, brake=brake, loading=advance)
        _show(rehearsed, {}, output)
        return
    with progress_bars() as advance:
        result = load_source(
            settings,
            source,
            path,
            reread=reread,
            whole=complete,
            brake=brake,
            loading=advance,
            projecting=lambda done, wanted: advance("project", done, wanted),
        )
    if fetched is not None and result.report.status in ("complete", "unchanged"):
        fetched.note_loaded()
    _show(result.report, {"sequence": result.sequence, "projected_s": round(result.projected_s, 3)}, output)


def _fetched(settings: Settings, source: str, location: str | None, *, delta: bool) -> FetchedSource | None:
    """What the source's API holds, where the location is no path; what the fetch lacks is said."""
    if location is not None and not is_address(location):
        if delta:
            hint = "load the export without it: what it does not change stays as it is"
            raise UsageError("--delta is for APIs", where=location, hint=hint)
        return None
    with progress_bars() as advance:
        fetched = fetch_source(settings, source, location, delta=delta, progress=advance)
    manifest = fetched.fetched.manifest
    for shortfall in manifest.shortfalls:
        say(f"not complete: {shortfall}")
    return fetched


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
            show_difference(report.difference, output, WOULD)
        if report.unmapped:
            most = sorted(report.unmapped.items(), key=lambda item: -item[1])
            say("not mapped: " + ", ".join(f"{name} {count}" for name, count in most))
        for row in report.quarantined:
            say(f"[{row.code}] {row.position}: {row.reason}. Try: {row.hint}")
        if report.retirement is not None:
            say(report.retirement.explanation)
    if report.counters["rejected"] or (report.retirement is not None and report.retirement.is_open):
        raise typer.Exit(WITH_REJECTS)


def show_difference(difference: Difference, output: Output, title: str) -> None:
    counts = sorted(difference.counts.items())
    if not counts:
        say(f"{title}: nothing")
        return
    print_rows(("kind", "operation", "elements"), [(k, o.value, n) for (k, o), n in counts], output, title)
    shown = difference.changes[:SHOWN_CHANGES]
    rows = [(c.operation.value, c.kind, c.name, c.attribute, c.before, c.after) for c in shown]
    print_rows(("operation", "kind", "name", "attribute", "before", "after"), rows, output)
    if len(difference.changes) > len(shown):
        say(f"the first {len(shown)} changes; --output json lists more")


@app.command("runs")
def list_runs(
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1)] = 20, output: OutputOption = Output.TABLE
) -> None:
    """List the latest loads with their status and counts. Example: jumeau ingest runs --limit 5"""
    found = runs(load_settings(), limit)
    columns = ("run", "source", "status", "started", "location", *COUNTERS)
    rows = [
        (r.id, r.source, r.status, r.started_at, r.location, *(r.counters.get(name) for name in COUNTERS))
        for r in found
    ]
    if output is Output.JSON:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_rows(columns, rows, output)


@app.command("undo")
def undo_run(
    run: Annotated[str, typer.Argument(help="The run's identifier, or its beginning (`jumeau ingest runs`).")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be taken back; write nothing.")] = False,
    keep_conflicts: Annotated[
        bool, typer.Option("--keep-conflicts", help="Leave alone what was changed since; take back the rest.")
    ] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Take one load back: what it touched returns to what it was before, each value to the source that held it.

    Where something was changed since, nothing is done (exit code 3) and the conflicts are told. Examples:
    jumeau ingest undo 3f2a --dry-run; jumeau ingest undo 3f2a --keep-conflicts
    """
    report = undo(load_settings(), run, keep_conflicts=keep_conflicts, dry_run=dry_run)
    if output is Output.JSON:
        print_json(report.to_dict())
        return
    show_difference(report.difference, output, WOULD if dry_run else "taken back")
    if report.conflicts:
        rows = [(c.kind, c.name, c.reason, c.source) for c in report.conflicts]
        print_rows(("kind", "name", "conflict", "source"), rows, output, "left as they are")

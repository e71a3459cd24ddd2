"""`jumeau audit`: who did what with the twin, and whether the trail of it is whole."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, say
from core.errors import UsageError
from core.settings import load_settings
from services.audit import reading
from services.audit.entry import Outcome
from services.audit.trail import MOST

app = typer.Typer(no_args_is_help=True, help="The audit trail: who did what, at which door, and how it ended.")
BROKEN = 1
SHOWN = (
    "number",
    "at",
    "who",
    "door",
    "action",
    "outcome",
    "code",
    "target",
    "reason",
    "rows",
    "duration_us",
    "sequence",
)


@app.command("list")
def list_entries(
    who: Annotated[str | None, typer.Option("--who", help="Only of this account, or `local:ACTOR`.")] = None,
    door: Annotated[str | None, typer.Option("--door", help="Only this door, or those that begin so.")] = None,
    action: Annotated[str | None, typer.Option("--action", help="Only this action.")] = None,
    outcome: Annotated[
        str | None, typer.Option("--outcome", help="One of " + ", ".join(one.value for one in Outcome) + ".")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", help="From this date or instant on (ISO 8601, UTC).")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Before this date or instant.")] = None,
    before: Annotated[
        int | None, typer.Option("--before", help="Only entries before this number: the next page.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many, newest first.", min=1, max=MOST)] = reading.PAGE,
    output: OutputOption = Output.TABLE,
) -> None:
    """List entries, newest first. Texts that were asked are not kept, their SHA-256 is (--output json or csv shows it).

    Examples: jumeau audit list --door 'console person' --since 2026-01-01
              jumeau audit list --outcome refused --output csv
    """
    which = reading.wanted(who=who, door=door, action=action, outcome=outcome, since=since, until=until)
    with reading.opened(load_settings()) as recorder:
        found = reading.page(recorder.trail, which, before=before, limit=limit)
    if output is Output.JSON:
        print_json(found)
        return
    entries: list[dict[str, Any]] = found["entries"]
    columns = SHOWN if output is Output.TABLE else tuple(entries[0]) if entries else SHOWN
    cells = [[", ".join(v) if isinstance(v := entry[name], list) else v for name in columns] for entry in entries]
    print_rows(columns, cells, output)
    if found["next"] is not None:
        say(f"there are more: --before {found['next']}")


@app.command("verify")
def verify(
    anchor: Annotated[
        str | None, typer.Option("--anchor", help="NUMBER:DIGEST that an earlier verification printed.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Walk the whole trail and tell where it was first tampered with; exit code 1 says that it was.

    It prints the anchor of the last entry. Keep it where whoever may write to the trail cannot: only with an anchor can it
    be told that entries were cut off at the end, or the trail written anew.
    Example: jumeau audit verify --anchor 1042:9f2c...
    """
    with reading.opened(load_settings()) as recorder:
        found = reading.verification(recorder.trail, anchor)
    if output is Output.JSON:
        print_json(found)
    else:
        columns = ("whole", "entries", "first", "anchor")
        print_rows(columns, [["yes" if found["whole"] else "NO", *(found[name] for name in columns[1:])]], output)
        if found["unfinished"]:
            say(f"calls that have begun and not ended: {', '.join(map(str, found['unfinished']))}")
    if anchor is not None and not found["compared"] and found["whole"]:
        say("the anchor is of an entry that is no longer kept: it could not be compared")
    if found["broken"] is not None:
        broken = found["broken"]
        say(f"broken at {broken['number']}, {broken['damage']}: {broken['seen']}")
        raise typer.Exit(BROKEN)


@app.command("purge")
def purge() -> None:
    """Take away entries that are older than JUMEAU_AUDIT_DAYS. What went is noted, so that the rest can be verified.

    A server that runs does it by itself, once a day. Example: jumeau audit purge
    """
    settings = load_settings()
    if settings.audit_days is None:
        raise UsageError(
            "entries are kept for ever", where="JUMEAU_AUDIT_DAYS", hint="set it to the days that they are kept"
        )
    with reading.opened(settings) as recorder:
        say(f"{recorder.purge()} entries were taken away")

"""`jumeau merge`: two elements that turn out to be one."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.ingest_command import WOULD, show_difference
from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, say
from core.settings import load_settings
from services.deduplication import merge as merge_elements


def merge(
    kept: Annotated[str, typer.Argument(help="The element that stays: id, name, number, code or alias.")],
    absorbed: Annotated[str, typer.Argument(help="The element that becomes part of it, and is deleted.")],
    reason: Annotated[str, typer.Option(help="How you know that the two are one; it is kept.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; show what would change.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Make one element of two that sources loaded apart: values under precedence, relations, keys and names of both.

    Later loads of all their sources land on the element that stays. `jumeau ingest undo RUN` takes it back.
    `jumeau health` names duplicates. Examples:
    jumeau merge srv-par-0001 srv-par-0001-old --reason 'same serial number' --dry-run
    """
    report = merge_elements(load_settings(), kept, absorbed, reason, dry_run=dry_run)
    if output is Output.JSON:
        print_json(report.to_dict())
        return
    show_difference(report.difference, output, WOULD if dry_run else "changed")
    if report.left_out:
        rows = [(each.type, each.start, each.end, each.reason) for each in report.left_out]
        print_rows(("relation", "start", "end", "left out because"), rows, output, "left out")
    if output is Output.TABLE:
        done = "would pass" if dry_run else "passed"
        say(f"{report.keys} keys of sources {done} to {report.kept}" + (f"; run {report.run}" if report.run else ""))

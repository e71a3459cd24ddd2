"""`jumeau match`: what people call software, matched to the world's catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.asking import asking
from cli.options import BackendOption, OutputOption
from cli.output import Output, print_json, print_rows, say
from core.settings import load_settings
from services.world import MINIMUM, apply_matches, match_world

COLUMNS = ("of", "spelling", "uses", "product", "cycle", "cpe", "confidence", "rule")


def match(
    apply: Annotated[
        bool, typer.Option("--apply", help="Tell the twin the dates of what matched, as the source `matching`.")
    ] = False,
    unmatched: Annotated[
        bool, typer.Option("--unmatched", help="List only what was not matched, or not surely.")
    ] = False,
    minimum: Annotated[
        float, typer.Option("--min-confidence", min=0.0, max=1.0, help="How sure a match must be to be applied.")
    ] = MINIMUM,
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Rules of your own (YAML), in place of the pack's.")
    ] = None,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Match versions, products and database engines to endoflife.date products and cycles, and to CPE names.

    Needs the catalogue: jumeau ingest FOLDER --source endoflife. Example: jumeau match --unmatched
    """
    settings = load_settings(backend=backend)
    with asking(settings) as twin:
        report = match_world(twin.cypher, settings, minimum=minimum, rules=rules)
    if apply:
        report = apply_matches(settings, report)
    if output is Output.JSON:
        print_json(report.to_dict())
        return
    shown = [*report.unsure, *report.unmatched] if unmatched else list(report.spellings)
    print_rows(COLUMNS, [[each.to_dict()[name] for name in COLUMNS] for each in shown], output)
    for name, counts in report.to_dict()["counts"].items():
        say(f"{name}: {counts['spellings']} spellings, {counts['uses']} uses")
    if report.applied:
        say(f"{report.changed} elements changed")

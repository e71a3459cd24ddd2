"""`jumeau schema`: check a pack, show what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, say
from core.settings import load_settings
from graph.schema.load import load_schema
from graph.schema.validate import check_pack

app = typer.Typer(no_args_is_help=True, help="Schema packs: kinds, attributes and relations as data.")
BROKEN = 2


@app.command("check")
def check(
    pack: Annotated[
        str | None, typer.Argument(help="Name or directory of a pack; default: the configured one.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Check a pack; each finding has file, line, what was seen and what to try. Exit code 2 where it is broken."""
    name = pack or load_settings().pack
    findings = check_pack(name)
    if output is Output.JSON:
        print_json([{"file": f.file, "line": f.line, "code": f.code, "seen": f.seen, "hint": f.hint} for f in findings])
    elif findings:
        rows = [(f"{Path(f.file).name}:{f.line}", f.code, f.seen, f.hint) for f in findings]
        print_rows(("where", "code", "seen", "try"), rows, output)
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(BROKEN)
    if output is not Output.JSON:
        schema = load_schema(name)
        say(f"{schema.name}: {len(schema.concrete)} kinds, {len(schema.relations)} relations: sound")


@app.command("show")
def show(output: OutputOption = Output.TABLE) -> None:
    """List the kinds of the configured pack with their labels."""
    schema = load_schema(load_settings().pack)
    rows = [
        (k.name, k.category, k.wording.en, k.wording.fr, ", ".join(k.ancestors), len(k.attributes))
        for k in schema.concrete_kinds()
    ]
    columns = ("kind", "category", "english", "french", "is", "attributes")
    if output is Output.JSON:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_rows(columns, rows, output)

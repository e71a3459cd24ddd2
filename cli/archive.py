"""`jumeau export` and `jumeau import`: a twin as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import BackendOption, OutputOption
from cli.output import Output, print_json, print_rows, progress_bars
from core.settings import load_settings
from migrations.archive import ArchiveReport
from services.archive import export_twin, import_twin


def export_command(
    path: Annotated[Path, typer.Argument(help="File to write, such as twin.jsonl.gz.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Write the present state of the twin to one portable file. Example: jumeau export twin.jsonl.gz

    History stays behind. The checksum is that of `jumeau graph verify`.
    """
    with progress_bars() as advance:
        report = export_twin(load_settings(), path, lambda done, total: advance("export", done, total))
    _print(report, output)


def import_command(
    path: Annotated[Path, typer.Argument(help="A file that `jumeau export` wrote.")],
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Read an exported twin into an empty one, on any backend, and check that the content is equal.

    Example: JUMEAU_HOME=other jumeau import twin.jsonl.gz --backend neo4j://127.0.0.1:7687
    """
    with progress_bars() as advance:
        report = import_twin(load_settings(backend=backend), path, lambda done, total: advance("import", done, total))
    _print(report, output)


def _print(report: ArchiveReport, output: Output) -> None:
    if output is Output.JSON:
        print_json(report.to_dict())
    else:
        print_rows(list(report.to_dict()), [list(report.to_dict().values())], output)

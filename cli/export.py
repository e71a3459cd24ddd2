"""Answers and parts of the graph into files: whole under their names, or not there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.asking import exporting
from cli.options import AsOfOption, BackendOption, BranchOption, PerimeterOption
from cli.output import say
from core.errors import JumeauError, UsageError
from core.settings import Settings, load_settings
from services.export.order import ExportOrder, Format, FormulaCells, Selection
from services.moments import Asked

FORMATS = ", ".join(f".{each}" for each in Format)

ToOption = Annotated[
    Path | None,
    typer.Option(
        "--to", help=f"Write the answer to a file while it is read: {FORMATS}, and .gz behind all but Parquet."
    ),
]
FormulasOption = Annotated[
    bool, typer.Option("--keep-formulas", help="CSV: leave text as it is that a spreadsheet would run as a formula.")
]


class ExportFileError(JumeauError):
    """A file that an export cannot be written to."""

    code = "EXPORT_FILE"
    exit_code = 3


def graph_export(
    path: Annotated[Path, typer.Argument(help=f"File to write: {FORMATS}, and .gz behind all but Parquet.")],
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Nodes of this kind, and of those below it; repeatable.")
    ] = None,
    relation: Annotated[
        list[str] | None, typer.Option("--relation", help="Relations of this type; repeatable.")
    ] = None,
    keep_formulas: FormulasOption = False,
    as_of: AsOfOption = None,
    branch: BranchOption = None,
    as_perimeter: PerimeterOption = None,
    backend: BackendOption = None,
) -> None:
    """Write the graph, or a part of it, to a file. Example: jumeau graph export teams.graphml --kind Server --kind Team

    This is for other tools; `jumeau export` writes what `jumeau import` reads.
    """
    selection = Selection(None if kind is None else tuple(kind), None if relation is None else tuple(relation))
    settings = load_settings(backend=backend)
    order = order_for(path, as_perimeter, Asked(as_of, branch), keep_formulas, selection=selection)
    write(settings, order, path)


def order_for(
    path: Path,
    perimeters: list[str] | None,
    asked: Asked,
    keep_formulas: bool,
    *,
    query: str | None = None,
    catalogue: str | None = None,
    selection: Selection | None = None,
    parameters: dict[str, object] | None = None,
) -> ExportOrder:
    """What a command asks for; the file's name says in which format. Raises UsageError."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    gzip = suffixes[-1:] == [".gz"]
    named = suffixes[-2:-1] if gzip else suffixes[-1:]
    known = {f".{each}": each for each in Format}
    if not named or named[0] not in known:
        raise UsageError(f"{path.name!r} names no format", where=str(path), hint=f"let it end in one of {FORMATS}")
    return ExportOrder(
        known[named[0]],
        query,
        catalogue,
        selection,
        parameters or {},
        None if perimeters is None else tuple(perimeters),
        asked,
        gzip,
        FormulaCells.AS_IS if keep_formulas else FormulaCells.HARMLESS,
    )


def write(settings: Settings, order: ExportOrder, path: Path) -> None:
    """Make the file; a part of it never stands under its name. Raises ExportFileError, and what asking raises."""
    partial = path.with_name(path.name + ".partial")
    written = 0
    try:
        with exporting(settings, order) as found:
            with partial.open("wb") as file:
                for chunk in found.chunks:
                    written += file.write(chunk)
            partial.replace(path)
            say(f"{written:,} bytes in {path} ({found.engine}, sequence {found.sequence})")
            for note in found.notes:
                say(f"note: {note}")
    except OSError as error:
        raise ExportFileError(
            f"the file cannot be written: {error}", where=str(path), hint="try another place"
        ) from error
    finally:
        partial.unlink(missing_ok=True)

"""How answers reach a terminal or a pipe: a table for people, JSON or CSV for programs."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from services.cells import to_text

Advance = Callable[[str, int, int], None]
"""Called with (stage, done, total); a total of 0 means unknown."""


class Output(StrEnum):
    """Formats of answers."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def print_json(content: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode() + "\n")


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], output: Output, title: str | None = None) -> None:
    """Rows as a table or as CSV; cells may be plain values, elements, or their JSON form."""
    if output is Output.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_text(cell) for cell in row] for row in rows)
        return
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*[_text(cell) for cell in row])
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def _text(cell: Any) -> str:
    if isinstance(cell, dict) and "properties" in cell:  # an element that came over HTTP
        properties = cell["properties"]
        return str(properties.get("name") or properties.get("number") or cell.get("type") or cell["id"])
    return to_text(cell)


@contextmanager
def progress_bars() -> Iterator[Advance]:
    """Progress bars on standard error, one per stage; plain and silent where it is not a terminal."""
    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as bars:
        tasks: dict[str, Any] = {}

        def advance(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total or None)
            bars.update(tasks[stage], completed=done, total=total or None)

        yield advance


def say(text: str) -> None:
    """One line for a person, on standard error, so that standard output stays data."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)

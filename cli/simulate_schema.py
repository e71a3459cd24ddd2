"""`jumeau simulate schema`: the words of a file as a JSON Schema, for editors that complete and check it while it is written."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

import simulate
from cli.output import say
from core.errors import UsageError


class Words(StrEnum):
    """Which file."""

    SCENARIO = "scenario"
    LINE = "line"
    INVESTMENTS = "investments"
    STUDY = "study"


FOLDERS: Final = {
    Words.SCENARIO: "builder",
    Words.LINE: "line",
    Words.INVESTMENTS: "optimise",
    Words.STUDY: "line_prediction",
}
"""Where they lie in the package; they need none of its libraries."""


def schema(
    of: Annotated[Words, typer.Argument(help="A file of which kind.")],
    to: Annotated[
        Path | None, typer.Option("--to", help="Write it to this file, beside yours, and say how yours begins.")
    ] = None,
) -> None:
    """The words of scenarios, lines, plans of investments or studies as a JSON Schema, which editors read.

    Example: jumeau simulate schema scenario --to scenario.schema.json
    """
    text = path_of(of).read_text(encoding="utf-8")
    if to is None:
        sys.stdout.write(text)
        return
    try:
        to.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"it cannot be written: {error.strerror}", where=str(to), hint="another file") from error
    say(f"first line of your file: # yaml-language-server: $schema={to.name}")


def path_of(words: Words) -> Path:
    """Where a JSON Schema lies."""
    return Path(simulate.__path__[0]) / FOLDERS[words] / f"{words.value}.schema.json"

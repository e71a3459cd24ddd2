"""CSV by RFC 4180: UTF-8, a header, CRLF. Null is nothing between two commas, an empty text is `""`; so a row of one null is an
empty line.

Lists, maps and elements are JSON. What a spreadsheet would run as a formula gets an apostrophe before it, which takes its
harm and can be taken away again: text that looks like such text already gets one more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from services.cells import to_json
from services.export.order import FormulaCells
from services.export.rows import ExportedRows

_FORMULA: Final = re.compile(r"['\s]*[=+\-@＝＋－＠]|'*[\t\r\n]")
_QUOTED: Final = re.compile(r'[",\r\n]|^\s|\s$|^$')


def write_csv(rows: ExportedRows, formula_cells: FormulaCells) -> Iterator[bytes]:
    """The header, then each batch of rows."""
    harmless = formula_cells is FormulaCells.HARMLESS
    yield _line(rows.columns, harmless)
    for batch in rows.batches:
        yield b"".join([_line(row, harmless) for row in batch])


def _line(cells: tuple[Any, ...], harmless: bool) -> bytes:
    return (",".join([_cell(cell, harmless) for cell in cells]) + "\r\n").encode()


def _cell(cell: Any, harmless: bool) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return repr(cell)
    content = to_json(cell)
    text = content if isinstance(content, str) else orjson.dumps(content).decode()
    if harmless and isinstance(cell, str):
        text = made_harmless(text)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def made_harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula; no two texts become one."""
    return f"'{text}" if _FORMULA.match(text) else text


def made_again(text: str) -> str:
    """The text that `made_harmless` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text

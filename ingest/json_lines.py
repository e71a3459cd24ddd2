"""Rows of a JSON lines file: one object per line, its values as the texts that a CSV cell would hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import orjson

from ingest.assertion import Place, Rejection
from ingest.errors import BrokenJsonError
from ingest.files import ExtractFile, open_bytes

MAX_COLUMNS = 2_000
_BOM = b"\xef\xbb\xbf"


def column_names(file: ExtractFile) -> tuple[str, ...]:
    """The names of all fields of all objects, in the order in which they first come. Raises BrokenJsonError."""
    names: dict[str, None] = {}
    for _, item in _objects(file):
        if isinstance(item, dict):
            names.update(dict.fromkeys(item))
        if len(names) > MAX_COLUMNS:
            seen = f"the objects have more than {MAX_COLUMNS:,} different fields"
            hint = "a field is a column: put what varies from object to object into values"
            raise BrokenJsonError(seen, where=str(file.path), hint=hint)
    if not names:
        hint = 'every line is one object, such as {"key": "T1", "name": "Network"}'
        raise BrokenJsonError("no line holds an object", where=str(file.path), hint=hint)
    return tuple(names)


def json_rows(file: ExtractFile, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]] | Rejection]:
    """(line, cells) of each object; a line that is none is a rejection, and blank lines are passed over."""
    for line, item in _objects(file):
        place = Place(file.name, line)
        if isinstance(item, orjson.JSONDecodeError):
            yield Rejection(place, "BROKEN_ROW", f"not JSON: {item.msg}", "every line is one JSON object")
        elif not isinstance(item, dict):
            yield Rejection(
                place, "BROKEN_ROW", f"a {type(item).__name__}, no object", "every line is one object", item
            )
        else:
            nested = next((name for name, value in item.items() if not is_cell(value)), None)
            if nested is None:
                yield line, [cell_text(item.get(name)) for name in columns]
            else:
                hint = "values are texts, numbers, true, false, null or lists of these"
                yield Rejection(Place(file.name, line), "BROKEN_ROW", f"`{nested}` holds objects", hint, item)


def read_objects(file: ExtractFile) -> Iterator[tuple[int, dict[str, Any] | Rejection]]:
    """(line, object), or (line, rejection) for a line that holds none."""
    for line, item in _objects(file):
        place = Place(file.name, line)
        if isinstance(item, orjson.JSONDecodeError):
            yield line, Rejection(place, "BROKEN_ROW", f"not JSON: {item.msg}", "every line is one JSON object")
        elif isinstance(item, dict):
            yield line, item
        else:
            seen = f"a {type(item).__name__}, no object"
            yield line, Rejection(place, "BROKEN_ROW", seen, "every line is one object", item)


def _objects(file: ExtractFile) -> Iterator[tuple[int, Any]]:
    with open_bytes(file) as raw:
        for number, line in enumerate(raw, 1):
            text = (line.removeprefix(_BOM) if number == 1 else line).strip()
            if text:
                try:
                    yield number, orjson.loads(text)
                except orjson.JSONDecodeError as error:
                    yield number, error


def is_cell(value: Any) -> bool:
    """Whether a value fits a cell: a plain one, or a list of plain ones."""
    items = value if isinstance(value, list | tuple) else (value,)
    return not any(isinstance(item, Mapping | list | tuple) for item in items)


def cell_text(value: Any) -> str:
    """A value as a CSV cell holds it: lists with |, dates in ISO 8601, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "|".join(cell_text(item) for item in value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)

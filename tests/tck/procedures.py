"""Procedures that scenarios declare: `test.my.proc(name :: STRING?) :: (city :: STRING?)` with a table of what they answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.tck.features import Table

_SIGNATURE: Final = re.compile(r"(?P<name>[\w.]+)\((?P<inputs>.*?)\) :: \((?P<outputs>.*?)\) ?:?")
_FIELD: Final = re.compile(r"\s*(?P<name>\w+) :: (?P<type>\w+)\??\s*")


@dataclass(frozen=True, slots=True)
class TableProcedure:
    """A procedure that answers the rows of a table whose first columns equal its arguments."""

    name: str
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]
    rows: tuple[Mapping[str, Any], ...]

    def __call__(self, arguments: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
        names = [name for name, _ in self.inputs]
        for row in self.rows:
            if [row[name] for name in names] == list(arguments):
                yield {name: row[name] for name, _ in self.outputs}


def read_procedure(text: str, table: Table) -> TableProcedure:
    """A procedure from the step that declares it (without its first words) and its table."""
    found = _SIGNATURE.fullmatch(text)
    if found is None:
        raise ValueError(f"no signature: {text!r}")
    header, *rows = table or ((),)
    return TableProcedure(
        found["name"],
        _fields(found["inputs"]),
        _fields(found["outputs"]),
        tuple({name: _value(cell) for name, cell in zip(header, row, strict=True)} for row in rows),
    )


def _fields(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((found["name"], found["type"]) for found in _FIELD.finditer(text))


def _value(cell: str) -> Any:
    if cell == "null":
        return None
    if cell.startswith("'"):
        return cell[1:-1]
    return float(cell) if "." in cell else int(cell)

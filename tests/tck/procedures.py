"""Procedures that scenarios declare: `test.my.proc(name :: STRING?) :: (city :: STRING?)` with a table of what they answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graph.cypher.bound import CypherType, TypeName
from graph.cypher.procedures import Procedure
from tests.tck.features import Table

_SIGNATURE: Final = re.compile(r"(?P<name>[\w.]+)\((?P<inputs>.*?)\) :: \((?P<outputs>.*?)\) ?:?")
_FIELD: Final = re.compile(r"\s*(?P<name>\w+) :: (?P<type>\w+)\??\s*")


@dataclass(frozen=True, slots=True)
class TableProcedure:
    """A procedure that answers the rows of a table whose first columns equal its arguments."""

    signature: Procedure
    rows: tuple[Mapping[str, Any], ...]

    def __call__(self, arguments: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
        for row in self.rows:
            if [row[name] for name, _ in self.signature.arguments] == list(arguments):
                yield {name: row[name] for name, _ in self.signature.results}


def read_procedure(text: str, table: Table) -> TableProcedure:
    """A procedure from the step that declares it (without its first words) and its table."""
    found = _SIGNATURE.fullmatch(text)
    if found is None:
        raise ValueError(f"no signature: {text!r}")
    header, *rows = table or ((),)
    return TableProcedure(
        Procedure(found["name"], _fields(found["inputs"]), _fields(found["outputs"])),
        tuple({name: _value(cell) for name, cell in zip(header, row, strict=True)} for row in rows),
    )


def _fields(text: str) -> tuple[tuple[str, CypherType], ...]:
    return tuple((found["name"], CypherType(TypeName(found["type"]))) for found in _FIELD.finditer(text))


def _value(cell: str) -> Any:
    if cell == "null":
        return None
    if cell.startswith("'"):
        return cell[1:-1]
    return float(cell) if "." in cell else int(cell)

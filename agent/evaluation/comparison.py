"""Whether an answer's rows are the right ones: the same multiset, whatever the order of columns.

Rules, which the README beside the question sets tells people:
- each column of the gold is found in one column of the answer, no two in the same;
- columns more than those are allowed, since they describe the rows; but where the gold is numbers alone, the answer has no
  number more, because nobody could tell which is meant;
- rows count with their multiplicity; order counts only where the gold orders, and there rows that tie may change places:
  a column of the gold that only rises or only falls must read the same in the answer;
- numbers agree within 1e-6 relative, or within 0.05 where either has a fraction (answers round to a decimal); an instant
  and its text, a node and its name are the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

ROUNDING: Final = 0.05
_NAMES: Final = ("name", "number", "cve", "code", "id")
_TRIES: Final = 20_000
"""Assignments of columns that are tried before an answer counts as wrong: far more than any answer here needs."""

Cell = str | float | None | tuple[Any, ...]
Row = Sequence[Any]


def same_rows(gold: Sequence[Row], answer: Sequence[Row], *, ordered: bool = False) -> bool:
    """Whether `answer` holds what `gold` holds, by the rules above."""
    if len(gold) != len(answer):
        return False
    if not gold:
        return True
    wanted = [[_plain(cell) for cell in row] for row in gold]
    given = [[_plain(cell) for cell in row] for row in answer]
    width, offered = len(wanted[0]), len(given[0])
    if offered < width or (_numbers(wanted) == width and _numbers(given) > width):
        return False
    candidates = [[at for at in range(offered) if _same_column(wanted, column, given, at)] for column in range(width)]
    return _assigned(wanted, given, candidates, [], ordered, [_TRIES])


def _assigned(
    wanted: list[list[Cell]],
    given: list[list[Cell]],
    candidates: list[list[int]],
    chosen: list[int],
    ordered: bool,
    left: list[int],
) -> bool:
    """Whether some choice of the answer's columns gives the gold's rows. `left` counts down the tries."""
    if left[0] <= 0:
        return False
    if len(chosen) == len(candidates):
        left[0] -= 1
        shown = [[row[at] for at in chosen] for row in given]
        return _same(shown, wanted) and (not ordered or _same_order(shown, wanted))
    return any(
        _assigned(wanted, given, candidates, [*chosen, at], ordered, left)
        for at in candidates[len(chosen)]
        if at not in chosen
    )


def _same_column(wanted: list[list[Cell]], column: int, given: list[list[Cell]], at: int) -> bool:
    return _same([[row[at]] for row in given], [[row[column]] for row in wanted])


def _same_order(given: list[list[Cell]], wanted: list[list[Cell]]) -> bool:
    """Whether the answer is in the gold's order, ties apart. Where no column tells the order, each row has its place."""
    if _in_place(given, wanted):
        return True
    columns = list(zip(*wanted, strict=True))
    sorting = [at for at, column in enumerate(columns) if _sorts(column)]
    if not sorting and any(isinstance(column[0], float) and len(set(column)) == 1 for column in columns):
        return True  # sorted by a number of which all have the same
    return any(_in_place([[row[at]] for row in given], [[row[at]] for row in wanted]) for at in sorting)


def _in_place(given: list[list[Cell]], wanted: list[list[Cell]]) -> bool:
    return all(_same_row(one, other) for one, other in zip(given, wanted, strict=True))


def _sorts(column: Sequence[Cell]) -> bool:
    """Whether a column may be what the rows are sorted by: it rises or falls, and is not the same throughout."""
    keys = [cell for cell in column if cell is not None]
    if len({type(key) for key in keys}) != 1 or len(set(keys)) < 2 or isinstance(keys[0], tuple):
        return False
    rising = sorted(keys, key=lambda key: (key if isinstance(key, float) else 0.0, str(key)))
    return keys in (rising, rising[::-1])


def _same(given: list[list[Cell]], wanted: list[list[Cell]]) -> bool:
    exact = Counter(map(tuple, given))
    exact.subtract(map(tuple, wanted))
    if not any(exact.values()):
        return True
    # What differs by rounding is paired in order of size: rows that agree within the tolerance are neighbours there.
    unmatched = [row for row, times in exact.items() for _ in range(times)]
    unfound = [row for row, times in exact.items() for _ in range(-times)]
    if not _numbers_may_differ(unmatched, unfound):
        return False
    pairs = zip(sorted(unmatched, key=_order), sorted(unfound, key=_order), strict=True)
    return all(_same_row(one, other) for one, other in pairs)


def _numbers_may_differ(one: Iterable[Sequence[Cell]], other: Iterable[Sequence[Cell]]) -> bool:
    """Whether the two agree in all that is no number with a fraction."""
    return Counter(map(_without_fractions, one)) == Counter(map(_without_fractions, other))


def _without_fractions(row: Sequence[Cell]) -> tuple[Cell, ...]:
    return tuple("a number" if isinstance(cell, float) else cell for cell in row)


def _order(row: Sequence[Cell]) -> tuple[list[str], list[float]]:
    """Words before numbers, so that rows of the same words lie together, by their numbers."""
    return (
        [repr(cell) for cell in row if not isinstance(cell, float)],
        [cell for cell in row if isinstance(cell, float)],
    )


def _same_row(one: Sequence[Cell], other: Sequence[Cell]) -> bool:
    return all(_same_cell(left, right) for left, right in zip(one, other, strict=True))


def _same_cell(one: Cell, other: Cell) -> bool:
    if one == other:
        return True
    if isinstance(one, float) and isinstance(other, float):
        if math.isclose(one, other, rel_tol=1e-6):
            return True
        return not (one.is_integer() and other.is_integer()) and abs(one - other) <= ROUNDING + 1e-9
    return False


def _numbers(rows: list[list[Cell]]) -> int:
    """How many columns hold numbers and nothing else."""
    columns = zip(*rows, strict=True)
    return sum(all(cell is None or isinstance(cell, float) for cell in column) for column in columns)


def _plain(cell: Any) -> Cell:
    """A cell as something that can be compared: numbers as floats, moments and nodes as texts."""
    if cell is None:
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float | Decimal):
        return float(cell)
    if isinstance(cell, datetime | date):
        return _moment(cell.isoformat())
    if isinstance(cell, str):
        return _moment(cell)
    if isinstance(cell, Mapping):
        return _of_mapping(cell)
    if isinstance(cell, list | tuple | set | frozenset):
        return tuple(sorted((_plain(part) for part in cell), key=repr))
    properties = getattr(cell, "properties", None)
    return _of_mapping({"properties": properties}) if isinstance(properties, Mapping) else repr(cell)


def _of_mapping(cell: Mapping[str, Any]) -> Cell:
    """A node is its name; any other mapping is its pairs."""
    properties = cell.get("properties")
    if isinstance(properties, Mapping):
        return next((_plain(properties[name]) for name in _NAMES if properties.get(name) is not None), repr(cell))
    return tuple(sorted(((key, _plain(value)) for key, value in cell.items()), key=repr))


def _moment(text: str) -> str:
    """An ISO moment without what says the same thing twice: `Z`, `+00:00`, zero fractions; any other text as it is."""
    if len(text) < 16 or text[4:5] != "-" or "T" not in text:
        return text
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return text

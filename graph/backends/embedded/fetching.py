"""Rows as ladybug hands them over, less the references that it forgets.

Each date and each instant that ladybug 0.22 makes is counted once too often, so that none is ever freed: a page of a hundred
servers left 30 kB for the life of the process. What is counted more often than a value that Python made gives that reference
back; where a later ladybug forgets none, nothing is given back.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import islice
from sys import getrefcount
from typing import Any, Final, cast

import ladybug

WITHOUT_TIME: Final = frozenset({"STRING", "INT128", "INT64", "INT32", "INT16", "INT8", "DOUBLE", "BOOL"})
"""Types of columns that hold no date and no instant."""

_give_back = ctypes.pythonapi.Py_DecRef
_give_back.argtypes = [ctypes.py_object]
_give_back.restype = None


def next_rows(result: ladybug.QueryResult, most: int | None = None) -> list[list[Any]]:
    """The rows of a result from where it stands, as many as are wanted; none at its end."""
    rows = cast(list[list[Any]], list(islice(result, most)))
    if not WITHOUT_TIME.issuperset(result.get_column_data_types()):
        _settle(rows)
    return rows


def _settle(values: Iterable[Any]) -> None:
    for value in values:
        kind = type(value)
        if kind is datetime or kind is date:
            if _count(value) > _COUNT:
                _give_back(value)
        elif kind is list:
            _settle(value)
        elif kind is dict:
            _settle(value.values())


def _count(value: Any) -> int:
    return getrefcount(value)


def _count_of_first(values: Sequence[Any]) -> int:
    for value in values:
        return _count(value)
    raise AssertionError


_COUNT: Final = _count_of_first([date.fromordinal(1)])
"""References to a value in a list, or a dictionary, while `_settle` looks at it."""

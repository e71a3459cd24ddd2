"""Functions that the store calls back for: where ladybug's own means something else, or nothing.

A function is given no null: ladybug answers null by itself. Each costs about a microsecond per row, so what the store can
say itself it says itself (`lowering`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import ladybug

from graph.backends.embedded.holders import FUNCTION as HOLDERS
from graph.backends.embedded.holders import HolderIndex
from graph.backends.embedded.trails import TrailIndex, steps_of

UPPER: Final = "text_upper"
LOWER: Final = "text_lower"
REVERSE: Final = "text_reverse"
SPLIT: Final = "text_split"
SIZE: Final = "text_size"
SUBSTRING: Final = "text_substring"
REPLACE: Final = "text_replace"
LEFT: Final = "text_left"
RIGHT: Final = "text_right"
CUT: Final = "list_cut"
"""Begins the name of the slice of a list; its item type follows."""

KEEP: Final = "list_keep"
"""Begins the name of the items of a list whose answer is true; their type follows. ladybug's own filter mixes rows up."""

ITEMS: Final = ("STRING", "INT64", "DOUBLE", "BOOL", "DATE", "TIMESTAMP")
"""Item types of the lists that can be cut."""

QUANTIFIER: Final = "answers"
"""Begins the name of a quantifier over the answers of its condition."""

PATHS: Final = "shortest_path"
LENGTHS: Final = "shortest_length"
OR_NONE: Final = "_or_none"
"""Ends the name of the function that answers `NO_PATH` or `NO_LENGTH` where there is no path."""

NO_PATH: Final = ""
NO_LENGTH: Final = -1
LENGTH_OF: Final = "path_length"
NODES_OF: Final = "path_nodes"
EDGES_OF: Final = "path_relations"
"""Functions of a path's text: its length, the ids of its nodes, the ids of its relations."""

TO_THE_END: Final = 2**62
"""The bound of a slice that has none."""

_TEXT: Final = ladybug.Type.STRING.value
_INTEGER: Final = ladybug.Type.INT64.value


def cut(items: list[Any], start: int, end: int) -> list[Any]:
    """`items[start..end]`: positions count from zero, negative ones from the end; what is out of range is cut off."""
    return items[start:end]


def keep(items: list[Any], answers: list[bool | None]) -> list[Any]:
    """The items of which the condition holds."""
    return [item for item, answer in zip(items, answers, strict=True) if answer]


def split(text: str, separator: str) -> list[str]:
    """The parts between separators, empty ones too; the letters of the text where the separator is empty."""
    return text.split(separator) if separator else list(text) or [""]


def any_of(answers: list[bool | None]) -> bool | None:
    """Whether a condition holds for some item; null where it may."""
    return True if True in answers else None if None in answers else False


def all_of(answers: list[bool | None]) -> bool | None:
    return False if False in answers else None if None in answers else True


def none_of(answers: list[bool | None]) -> bool | None:
    return False if True in answers else None if None in answers else True


def single_of(answers: list[bool | None]) -> bool | None:
    """Whether it holds for exactly one; null where it may."""
    return False if answers.count(True) > 1 else None if None in answers else answers.count(True) == 1


def _plain(function: Callable[[list[bool | None]], bool | None]) -> Callable[..., Any]:
    """The function without annotations."""
    return lambda answers: function(answers)


def define(connection: ladybug.Connection, trails: TrailIndex, holders: HolderIndex) -> None:
    """Make the functions callable on the connection's database. ladybug reads annotations: lambdas have none."""

    def make(name: str, function: Callable[..., Any], arguments: list[str], result: str) -> None:
        # ladybug's annotations know functions of one argument, and types by its own enumeration only
        connection.create_function(name, cast(Callable[[Any], Any], function), cast(list[Any], arguments), result)

    make(UPPER, str.upper, [_TEXT], _TEXT)
    make(LOWER, str.lower, [_TEXT], _TEXT)
    make(REVERSE, lambda text: text[::-1], [_TEXT], _TEXT)
    make(SIZE, lambda text: len(text), [_TEXT], _INTEGER)
    make(SUBSTRING, lambda text, start, count: text[start : start + count], [_TEXT, _INTEGER, _INTEGER], _TEXT)
    make(REPLACE, lambda text, old, new: text.replace(old, new), [_TEXT, _TEXT, _TEXT], _TEXT)
    make(LEFT, lambda text, count: text[:count], [_TEXT, _INTEGER], _TEXT)
    make(RIGHT, lambda text, count: text[-count:] if count else "", [_TEXT, _INTEGER], _TEXT)
    make(SPLIT, lambda text, separator: split(text, separator), [_TEXT, _TEXT], f"{_TEXT}[]")
    for name, quantifier in (("any", any_of), ("all", all_of), ("none", none_of), ("single", single_of)):
        make(f"{QUANTIFIER}_{name}", _plain(quantifier), ["BOOL[]"], "BOOL")
    for item in ITEMS:
        make(
            f"{CUT}_{item.lower()}",
            lambda items, start, end: cut(items, start, end),
            [f"{item}[]", _INTEGER, _INTEGER],
            f"{item}[]",
        )
        make(
            f"{KEEP}_{item.lower()}", lambda items, answers: keep(items, answers), [f"{item}[]", "BOOL[]"], f"{item}[]"
        )
    make(HOLDERS, lambda value, number: holders.holding(value, number), [_TEXT, _INTEGER], f"{_TEXT}[]")
    ends = [_TEXT, _TEXT, _INTEGER]
    make(PATHS, lambda a, b, search: trails.paths(a, b, search), ends, f"{_TEXT}[]")
    make(PATHS + OR_NONE, lambda a, b, search: trails.paths(a, b, search) or [NO_PATH], ends, f"{_TEXT}[]")
    make(LENGTHS, lambda a, b, search: trails.lengths(a, b, search), ends, f"{_INTEGER}[]")
    make(LENGTHS + OR_NONE, lambda a, b, search: trails.lengths(a, b, search) or [NO_LENGTH], ends, f"{_INTEGER}[]")
    make(LENGTH_OF, lambda path: len(steps_of(path)[1]), [_TEXT], _INTEGER)
    make(NODES_OF, lambda path: steps_of(path)[0], [_TEXT], f"{_TEXT}[]")
    make(EDGES_OF, lambda path: [identity for _, _, identity in steps_of(path)[1]], [_TEXT], f"{_TEXT}[]")

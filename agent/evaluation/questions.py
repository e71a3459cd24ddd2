"""Question sets: JSON lines, one question each, with the outcome that is right and the query that gives the right rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import orjson

from core.errors import UsageError

FOLDER: Final = Path(__file__).parent / "questions"
DEVELOPMENT: Final = FOLDER / "development.jsonl"
HELD_OUT: Final = FOLDER / "held_out.jsonl"
ROLES: Final = FOLDER / "roles.jsonl"
FRESH: Final = FOLDER / "fresh.jsonl"
SECOND_FRESH: Final = FOLDER / "fresh2.jsonl"
THIRD_FRESH: Final = FOLDER / "fresh3.jsonl"
FOURTH_FRESH: Final = FOLDER / "fresh4.jsonl"
FIFTH_FRESH: Final = FOLDER / "fresh5.jsonl"
WORDING: Final = FOLDER / "wording.jsonl"
STRUCTURE: Final = FOLDER / "structure.jsonl"
REFUSALS: Final = FOLDER / "refusals.jsonl"
ABSTENTIONS: Final = FOLDER / "abstentions.jsonl"
OUTCOMES: Final = ("answer", "clarify", "refuse", "unanswerable")


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `gold` is the query of the right rows, None where there is nothing to answer.

    `after`: the questions that were asked before in the same conversation. `columns` and `rows` are the right answer where
    the set holds it computed already. `held_out`: nobody tunes on it. `of_set`: the name of the file it stands in.
    """

    id: str
    lang: str
    text: str
    gold: str | None
    outcome: str
    order_matters: bool
    category: str = ""
    style: str = "plain"
    after: tuple[str, ...] = ()
    held_out: bool = False
    of_set: str = ""
    columns: tuple[str, ...] | None = None
    rows: tuple[tuple[Any, ...], ...] | None = None


def read_questions(path: Path) -> list[Question]:
    """The questions of a file, in its order. Raises UsageError, naming the line, where one has not the shape."""
    if not path.is_file():
        raise UsageError("there is no such question set", where=str(path), hint="a file of JSON lines")
    found = list(_questions(path))
    seen: set[str] = set()
    for question in found:
        if question.id in seen:
            raise UsageError(f"two questions are called {question.id}", where=str(path), hint="give each its own id")
        seen.add(question.id)
    return found


def _questions(path: Path) -> Iterator[Question]:
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise UsageError("not a line of JSON", where=where, hint=str(error)) from error
        yield replace(question_of(entry, where), of_set=path.stem)


def question_of(entry: Mapping[str, Any], where: str) -> Question:
    """One entry of a set. Raises UsageError where it has not the shape."""
    missing = [name for name in ("id", "question", "gold_cypher") if name not in entry]
    if missing:
        raise UsageError(
            f"the question has no {missing[0]}", where=where, hint="see the shape in the README beside the sets"
        )
    gold = entry["gold_cypher"]
    outcome = entry.get("outcome", "answer")
    if outcome not in OUTCOMES:
        raise UsageError(f"{outcome!r} is no outcome", where=where, hint=f"one of {', '.join(OUTCOMES)}")
    if (outcome == "answer") != (gold is not None):
        raise UsageError(
            f"outcome {outcome} and gold query do not go together", where=where, hint="an answer has a gold query"
        )
    columns, rows = entry.get("columns"), entry.get("rows")
    return Question(
        id=entry["id"],
        lang=entry.get("lang", "en"),
        text=entry["question"],
        gold=gold,
        outcome=outcome,
        order_matters=bool(entry.get("order_matters", False)),
        category=entry.get("category", ""),
        style=entry.get("style", "plain"),
        after=tuple(entry.get("after", ())),
        held_out=bool(entry.get("held_out", False)),
        columns=None if columns is None else tuple(columns),
        rows=None if rows is None else tuple(tuple(row) for row in rows),
    )

"""A reader of feature files: the part of Gherkin that the openCypher kit uses.

Features hold scenarios and outlines, whose examples are expanded; steps carry a text block or a table. Keywords `Given`,
`When`, `Then`, `And`, `But` mean nothing here: a step is its text. Tables escape with a backslash: `\\|`, `\\\\`, `\\n`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

Table = tuple[tuple[str, ...], ...]

_KEYWORD: Final = re.compile(r"(?:Given|When|Then|And|But) (?P<text>.+)")
_SCENARIO: Final = re.compile(r"Scenario(?P<outline> Outline)?: (?P<name>.+)")
_ESCAPE: Final = re.compile(r"\\(.)")
_PLACEHOLDER: Final = re.compile(r"<([^<>]+)>")


@dataclass(frozen=True, slots=True)
class Step:
    """What a line asks for, with the text block or the table under it."""

    text: str
    block: str = ""
    table: Table = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario to run. `path` is the feature's without root and ending; `example` is 0 outside outlines."""

    path: str
    name: str
    steps: tuple[Step, ...]
    tags: frozenset[str] = frozenset()
    example: int = 0

    @property
    def group(self) -> str:
        """The folder of the feature: `clauses/match`."""
        return self.path.rpartition("/")[0]

    @property
    def key(self) -> str:
        """What identifies the scenario in the kit: `clauses/match/Match1 [3]`, with `#2` for the second example."""
        number = re.match(r"\[\d+\]", self.name)
        return f"{self.path} {number.group() if number else self.name}" + (f" #{self.example}" if self.example else "")


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature file."""

    path: str
    name: str
    scenarios: tuple[Scenario, ...]


def read_feature(path: str, text: str) -> Feature:
    """A feature from its file. Raises ValueError with the line of what is not understood."""
    return _Reader(path, text).feature()


class _Reader:
    def __init__(self, path: str, text: str) -> None:
        self._file = path
        self._path = path.removeprefix("features/").removesuffix(".feature")
        self._lines = text.splitlines()
        self._at = 0
        self._background: tuple[Step, ...] = ()

    def feature(self) -> Feature:
        self._next_line()
        name = self._line().removeprefix("Feature: ")
        self._at += 1
        scenarios: list[Scenario] = []
        while self._next_line():
            if self._line() == "Background:":
                self._at += 1
                self._background = tuple(self._steps())
            else:
                scenarios += self._scenarios()
        return Feature(self._path, name, tuple(scenarios))

    def _line(self) -> str:
        return self._lines[self._at].strip() if self._at < len(self._lines) else ""

    def _next_line(self) -> bool:
        """Move to the next line that says something; False at the end."""
        while self._at < len(self._lines) and (not self._line() or self._line().startswith("#")):
            self._at += 1
        return self._at < len(self._lines)

    def _scenarios(self) -> Iterator[Scenario]:
        tags: list[str] = []
        while self._line().startswith("@"):
            tags += self._line().split()
            self._at += 1
            self._next_line()
        found = _SCENARIO.fullmatch(self._line())
        if found is None:
            raise self._error("a scenario is expected")
        self._at += 1
        scenario = Scenario(self._path, found["name"], (*self._background, *self._steps()), frozenset(tags))
        if not found["outline"]:
            yield scenario
            return
        example = 0
        while self._next_line() and self._line().startswith("Examples:"):
            self._at += 1
            names, *rows = self._table()
            for row in rows:
                example += 1
                yield _fill(scenario, dict(zip(names, row, strict=True)), example)

    def _steps(self) -> Iterator[Step]:
        while self._next_line():
            found = _KEYWORD.fullmatch(self._line())
            if found is None:
                return
            self._at += 1
            self._next_line()
            block = self._block() if self._line().startswith('"""') else ""
            yield Step(found["text"], block, self._table())

    def _block(self) -> str:
        indent = len(self._lines[self._at]) - len(self._lines[self._at].lstrip())
        self._at += 1
        lines = []
        while self._line() != '"""':
            if self._at >= len(self._lines):
                raise self._error("a text block is not closed")
            line = self._lines[self._at]
            lines.append(line[indent:] if not line[:indent].strip() else line.lstrip())
            self._at += 1
        self._at += 1
        return "\n".join(lines)

    def _table(self) -> Table:
        rows = []
        while self._next_line() and self._line().startswith("|"):
            rows.append(_cells(self._line()))
            self._at += 1
        return tuple(rows)

    def _error(self, message: str) -> ValueError:
        return ValueError(f"{self._file}:{self._at + 1}: {message}: {self._line()!r}")


def _cells(line: str) -> tuple[str, ...]:
    """The cells of a row, unescaped; `|` alone is a row without cells."""
    parts = re.split(r"(?<!\\)((?:\\\\)*)\|", line)
    cells = ["".join(pair) for pair in zip(parts[::2], [*parts[1::2], ""], strict=True)]
    return tuple(_ESCAPE.sub(_unescape, cell.strip()) for cell in cells[1:-1])


def _unescape(found: re.Match[str]) -> str:
    sign = found.group(1)
    return {"n": "\n", "|": "|", "\\": "\\"}.get(sign, found.group())


def _fill(scenario: Scenario, values: dict[str, str], example: int) -> Scenario:
    def filled(text: str) -> str:
        return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)

    steps = tuple(
        Step(filled(step.text), filled(step.block), tuple(tuple(map(filled, row)) for row in step.table))
        for step in scenario.steps
    )
    return replace(scenario, name=filled(scenario.name), steps=steps, example=example)

"""The cases of corpus.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "corpus.yml"
_TIMES = re.compile(r"@([^@]*?)\*(\d+)(,?)@")


@dataclass(frozen=True, slots=True)
class Places:
    """Where a secret lies, and a server that must hear nothing."""

    file: str
    http: str


@dataclass(frozen=True, slots=True)
class Case:
    """A text with parameters, and what must come of it: the code of a refusal, else rows."""

    number: int
    group: str
    query: str
    parameters: Mapping[str, Any]
    outcomes: Mapping[str, Mapping[str, Any]]  # by backend; "" for the others

    def __str__(self) -> str:
        return f"{self.number}-{self.group.replace(' ', '-')}"

    def text(self, places: Places) -> str:
        """The query as it is sent."""
        return _placed(_expanded(self.query), places)

    def values(self) -> dict[str, Any]:
        """The parameters as they are sent."""
        return {name: _expanded(of) if isinstance(of, str) else of for name, of in self.parameters.items()}

    def outcome(self, backend: str, places: Places) -> tuple[str | None, list[list[Any]] | None]:
        """The code, or the rows, that the case must have on a backend."""
        wanted = self.outcomes.get(backend, self.outcomes[""])
        rows = wanted.get("rows")
        if rows is None:
            return str(wanted["code"]), None
        return None, [[_placed(cell, places) if isinstance(cell, str) else cell for cell in row] for row in rows]


def cases() -> list[Case]:
    """Every case, in order."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    found: list[Case] = []
    for group, listed in content.items():
        for each in listed:
            outcomes = {"": {key: each[key] for key in ("code", "rows") if key in each}, **each.get("on", {})}
            found.append(Case(len(found) + 1, group, each["query"], each.get("parameters", {}), outcomes))
    return found


def _expanded(text: str) -> str:
    return _TIMES.sub(lambda found: (found[1] + (", " if found[3] else "")) * int(found[2]), text)


def _placed(text: str, places: Places) -> str:
    return text.replace("{file}", places.file).replace("{http}", places.http)

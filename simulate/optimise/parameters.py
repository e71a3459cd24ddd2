"""What an investment changes: places of the file that describes the base, set, added to or multiplied.

A place is a path with `/` between its parts: `crews/systems/size`, `stages/Machine A/machines`. An item of a list is found by
its `name`, or by its number from 0.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, model_validator

from simulate.builder.words import Part, Real
from simulate.optimise.errors import InvestmentError

_QUANTITY = re.compile(r"^\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)\s*$")
"""A number and its unit, such as `90 min`."""

Scalar = bool | int | float | str


class Alteration(Part):
    """One of these. What is bought several times adds or multiplies several times."""

    set: Scalar | None = Field(default=None, description="The new value.")
    add: Real | None = Field(default=None, allow_inf_nan=False)
    times: Real | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def is_one(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return {"set": given}
        if len(given) != 1:
            raise ValueError(f"one of {', '.join(cls.model_fields)}, and {len(given)} words are given")
        return given

    def of(self, value: Any, many: int, place: str) -> Any:
        """The value after `many` purchases. Raises InvestmentError where there is no number to add to."""
        if self.add is None and self.times is None:
            return self.set
        if isinstance(value, str) and self.times is not None and (found := _QUANTITY.match(value)):
            return f"{float(found[1]) * self.times**many!r} {found[2]}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvestmentError(
                f"there is no number at {place} to add to or to multiply",
                where=place,
                hint="write the base value into the file, or `set` the new one",
            )
        changed = value + self.add * many if self.add is not None else value * (self.times or 0.0) ** many
        return int(changed) if isinstance(value, int) and float(changed).is_integer() else changed


def altered(content: Mapping[str, Any], changes: Sequence[tuple[Mapping[str, Alteration], int]]) -> dict[str, Any]:
    """The content after purchases, each so many times. Raises InvestmentError for a place that is not there."""
    result: dict[str, Any] = copy.deepcopy(dict(content))
    for alterations, many in changes:
        if not many:
            continue
        for place, alteration in alterations.items():
            _alter(result, place, alteration, many)
    return result


def _alter(content: dict[str, Any], place: str, alteration: Alteration, many: int) -> None:
    parts = place.split("/")
    at: Any = content
    for part in parts[:-1]:
        following = _item(at, part)
        if following is None and isinstance(at, dict) and alteration.set is not None:
            following = at[part] = {}
        if not isinstance(following, dict | list):
            seen = f"there is no {part!r} at {place}" if following is None else f"{part!r} has no parts"
            raise InvestmentError(seen, where=place, hint=_names(at))
        at = following
    last = parts[-1]
    if isinstance(at, list):
        position = _position(at, last)
        if position is None:
            raise InvestmentError(f"there is no {last!r} at {place}", where=place, hint=_names(at))
        at[position] = alteration.of(at[position], many, place)
    else:
        at[last] = alteration.of(at.get(last), many, place)


def _item(at: Any, part: str) -> Any:
    if isinstance(at, dict):
        return at.get(part)
    position = _position(at, part)
    return None if position is None else at[position]


def _position(at: list[Any], part: str) -> int | None:
    for position, one in enumerate(at):
        if isinstance(one, dict) and one.get("name") == part:
            return position
    return int(part) if part.isdigit() and int(part) < len(at) else None


def _names(at: Any) -> str | None:
    """What there is, for a hint."""
    names = list(at) if isinstance(at, dict) else [one.get("name") for one in at if isinstance(one, dict)]
    shown = [str(name) for name in names if name is not None][:12]
    return f"there are {', '.join(shown)}" if shown else None

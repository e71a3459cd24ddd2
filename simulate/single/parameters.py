"""Parameters of single models: their shapes and ranges, and how they are read; nothing is guessed, nothing is rounded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from graph.schema.fields import did_you_mean
from simulate.single.errors import BadParameterError, UnknownModelError

MOST_ITEMS: Final = 500
"""Of a list: stations, classes, designs."""


class Shape(StrEnum):
    """What a parameter looks like in JSON."""

    NUMBER = "a number"
    WHOLE = "a whole number"
    NUMBERS = "a list of numbers"
    WHOLES = "a list of whole numbers"
    NUMBER_OR_NUMBERS = "a number, or a list of numbers"
    TABLE = "a list of lists of numbers"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: every number in it lies between `least` and `most`, strictly above `least` where that is `open`."""

    name: str
    meaning: str
    shape: Shape = Shape.NUMBER
    least: float = 0.0
    open: bool = True
    most: float = math.inf
    needed: bool = True
    empty: bool = False


def read_parameters(model: str, known: Sequence[Parameter], given: Any) -> dict[str, Any]:
    """The parameters of a model with their checked values; those that are absent and not needed are left out.

    Raises UnknownModelError for a name that the model does not have, BadParameterError for a value that does not fit.
    """
    if not isinstance(given, Mapping):
        raise BadParameterError(
            f"the parameters are no mapping, but {_shown(given)}",
            where="parameters",
            hint='"parameters": {' + ", ".join(f'"{each.name}": ...' for each in known if each.needed) + "}",
        )
    names = [parameter.name for parameter in known]
    for name in given:
        if name not in names:
            raise UnknownModelError(
                f"`{model}` has no parameter `{name}`", where=f"parameters.{name}", hint=did_you_mean(name, names)
            )
    values: dict[str, Any] = {}
    for parameter in known:
        if parameter.name in given:
            values[parameter.name] = _read(parameter, given[parameter.name])
        elif parameter.needed:
            raise BadParameterError(
                f"`{model}` needs `{parameter.name}`: {parameter.meaning}",
                where="parameters",
                hint=f"add `{parameter.name}`, {parameter.shape}",
            )
    return values


def _read(parameter: Parameter, given: Any) -> Any:
    where = f"parameters.{parameter.name}"
    match parameter.shape:
        case Shape.NUMBER | Shape.WHOLE:
            return _number(parameter, given, where)
        case Shape.NUMBER_OR_NUMBERS if not isinstance(given, list):
            return _number(parameter, given, where)
        case Shape.TABLE:
            return tuple(
                tuple(_number(parameter, each, f"{where}[{row}][{column}]") for column, each in enumerate(line))
                for row, line in enumerate(_items(parameter, given, where))
                if _items(parameter, line, f"{where}[{row}]") is not None
            )
        case _:
            return tuple(
                _number(parameter, each, f"{where}[{number}]")
                for number, each in enumerate(_items(parameter, given, where))
            )


def _items(parameter: Parameter, given: Any, where: str) -> list[Any]:
    if not isinstance(given, list) or (not given and not parameter.empty):
        raise BadParameterError(
            f"`{parameter.name}` is {_shown(given)}", where=where, hint=f"write {parameter.shape}: {parameter.meaning}"
        )
    if len(given) > MOST_ITEMS:
        raise BadParameterError(f"`{parameter.name}` has {len(given)} items", where=where, hint=f"at most {MOST_ITEMS}")
    return given


def _number(parameter: Parameter, given: Any, where: str) -> float | int:
    whole = parameter.shape in (Shape.WHOLE, Shape.WHOLES)
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not math.isfinite(given) or (whole and given != int(given)):
        expected = "a whole number" if whole else "a number"
        raise BadParameterError(
            f"`{parameter.name}` is {_shown(given)}", where=where, hint=f"write {expected}: {parameter.meaning}"
        )
    too_small = given <= parameter.least if parameter.open else given < parameter.least
    if too_small or given > parameter.most:
        raise BadParameterError(
            f"`{parameter.name}` is {_shown(given)}", where=where, hint=f"{_range(parameter)}: {parameter.meaning}"
        )
    return int(given) if whole else float(given)


def _range(parameter: Parameter) -> str:
    lower = f"above {parameter.least:g}" if parameter.open else f"at least {parameter.least:g}"
    return lower if math.isinf(parameter.most) else f"{lower} and at most {parameter.most:g}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."

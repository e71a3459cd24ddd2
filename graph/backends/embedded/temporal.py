"""Dates, instants and durations in ladybug's words. Its calendar arithmetic is Cypher's: the last day of a month is kept to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graph.cypher.ast import Expression, FunctionCall, Literal, MapLiteral, Parameter, Property
from graph.cypher.bound import TypeName
from graph.cypher.printer import POSTFIX

if TYPE_CHECKING:
    from graph.backends.embedded.compiler import LadybugCompiler

_PARTS: Final = frozenset({"year", "quarter", "month", "day", "hour", "minute", "second"})
_UNITS: Final = {
    "years": "to_years",
    "months": "to_months",
    "weeks": "to_days",
    "days": "to_days",
    "hours": "to_hours",
    "minutes": "to_minutes",
    "seconds": "to_seconds",
}
_CALENDAR: Final = frozenset({"years", "months", "weeks", "days"})
_ISO: Final = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


def shifted(compiler: LadybugCompiler, when: Expression, sign: str, duration: Expression) -> str:
    """A date or an instant moved by a written duration: one calendar step per unit, the largest first."""
    of = compiler.type_of(when).name
    if of not in (TypeName.DATE, TypeName.INSTANT):
        raise compiler.unsupported("duration", duration, "added to anything but a date or an instant")
    text = compiler.expression(when, POSTFIX)
    for unit, amount in _units(compiler, duration):
        if of is TypeName.DATE and unit not in _CALENDAR:
            raise compiler.unsupported("duration", duration, "with hours, added to a date")
        factor = " * 7" if unit == "weeks" else ""
        text += f" {sign} {_UNITS[unit]}({amount}{factor})"
    return f"({text})"


def _units(compiler: LadybugCompiler, duration: Expression) -> list[tuple[str, str]]:
    argument = duration.arguments[0] if isinstance(duration, FunctionCall) and duration.name == "duration" else None
    found: dict[str, str] = {}
    if isinstance(argument, MapLiteral):
        for unit, amount in argument.items:
            whole = compiler.type_of(amount).name is TypeName.INTEGER or (
                isinstance(amount, Parameter) and compiler.given.get(amount.name) == "integer"
            )
            if unit not in _UNITS or not whole:
                raise compiler.unsupported("duration", duration, f"of {unit} that are not a whole number")
            found[unit] = compiler.expression(amount, POSTFIX)
    elif isinstance(argument, Literal) and isinstance(argument.value, str):
        iso = _ISO.fullmatch(argument.value)
        if iso is not None:
            found = {unit: amount for unit, amount in iso.groupdict().items() if amount is not None}
    if not found:
        raise compiler.unsupported("duration", duration, "other than one written beside the date that it moves")
    return [(unit, found[unit]) for unit in _UNITS if unit in found]


def part_of_time(compiler: LadybugCompiler, tree: Property) -> str:
    if tree.key == "epochMillis":
        return f"to_epoch_ms({compiler.expression(tree.subject)})"
    if tree.key not in _PARTS:
        raise compiler.unsupported(f"part {tree.key} of a date", tree)
    return f"date_part('{tree.key}', {compiler.expression(tree.subject)})"


def date_(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    return _temporal(compiler, tree, "DATE")


def datetime_(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    return _temporal(compiler, tree, "TIMESTAMP")


def _temporal(compiler: LadybugCompiler, tree: FunctionCall, cast: str) -> str:
    if len(tree.arguments) != 1:
        raise compiler.unsupported(tree.name, tree, "with other than one argument")
    of = compiler.type_of(tree.arguments[0]).name
    if of not in (TypeName.DATE, TypeName.INSTANT, TypeName.STRING):
        raise compiler.unsupported(tree.name, tree, f"of a value of type {of.value}")
    return f"CAST({compiler.expression(tree.arguments[0])} AS {cast})"


def truncate(compiler: LadybugCompiler, tree: FunctionCall) -> str:
    unit = tree.arguments[0]
    wanted = unit.value if isinstance(unit, Literal) else None
    known = {"year", "quarter", "month", "week", "day", "hour", "minute", "second"}
    if len(tree.arguments) != 2 or wanted not in known:
        raise compiler.unsupported(tree.name, tree, "to anything but a plain unit")
    cast = "DATE" if tree.name.startswith("date.") else "TIMESTAMP"
    return f"CAST(date_trunc('{wanted}', {compiler.expression(tree.arguments[1])}) AS {cast})"

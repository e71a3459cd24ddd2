"""Dates, instants and durations. Dates are seconds since 1970, instants microseconds, durations three numbers.

A duration never lives in a row: it is what is added to a moment, or what a part is read of. Months are added as the
language says: the day is cut to the length of the month. `datetime_add` is only asked about first days of months, so
that it does not matter how it cuts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graph.backends.tigergraph.scope import Scope
from graph.backends.tigergraph.values import FALSE, TRUE, Value, all_known, both
from graph.backends.tigergraph.words import DAY, MICROSECONDS
from graph.cypher import types
from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Expression,
    FunctionCall,
    Literal,
    MapLiteral,
    Property,
)
from graph.cypher.bound import CypherType, TypeName

if TYPE_CHECKING:
    from graph.backends.tigergraph.compiler import GsqlCompiler

_MONTHS: Final = {"years": 12, "quarters": 3, "months": 1}
_DAYS: Final = {"weeks": 7, "days": 1}
_SECONDS: Final = {"hours": 3600, "minutes": 60, "seconds": 1}
_UNITS: Final = {"months": _MONTHS, "days": _DAYS, "seconds": _SECONDS}
_TRUNCATED: Final = {"year": "%Y-01-01 00:00:00", "month": "%Y-%m-01 00:00:00", "day": "%Y-%m-%d 00:00:00"}
_FIELDS: Final = ("year", "month", "day", "hour", "minute", "second")


@dataclass(frozen=True, slots=True)
class Duration:
    """Months, days and seconds, as texts of whole numbers."""

    months: str
    days: str
    seconds: str
    known: str


class Temporal:
    """Compiles what makes, shifts and reads moments."""

    def __init__(self, compiler: GsqlCompiler) -> None:
        self.compiler = compiler
        self.script = compiler.script

    # --- seconds ---------------------------------------------------------------------------------------------------

    def _floor(self, stem: str, value: Value, unit: int, scope: Scope) -> Value:
        """A number cut down to a whole multiple of a unit, below zero too."""
        rest = f"(({value.text} % {unit} + {unit}) % {unit})"
        return self.compiler.expressions.computed(stem, types.INTEGER, f"{value.text} - {rest}", value.known, scope)

    def seconds_of(self, value: Value, scope: Scope) -> Value:
        """A date or an instant as whole seconds since 1970."""
        if value.known == FALSE:
            return Value("0", types.INTEGER, FALSE)
        if value.type.name is TypeName.DATE:
            return value
        whole = self._floor("micros", self.compiler.expressions.stored(value, "instant", scope), MICROSECONDS, scope)
        return self.compiler.expressions.computed(
            "seconds", types.INTEGER, f"{whole.text} / {MICROSECONDS}", whole.known, scope
        )

    def _of(self, of: CypherType, seconds: Value) -> Value:
        """Whole seconds as a date or an instant."""
        if of.name is TypeName.DATE:
            return Value(seconds.text, of, seconds.known)
        return Value(f"({seconds.text} * {MICROSECONDS})", of, seconds.known)

    # --- parts -----------------------------------------------------------------------------------------------------

    def part(self, tree: Property, of: CypherType, scope: Scope) -> Value | None:
        """`moment.year` and the like, `duration.inDays(a, b).days`; None where it is something else."""
        if of.name is TypeName.DURATION:
            return self._duration_part(tree, scope)
        if of.name not in types.TEMPORAL:
            return None
        expressions = self.compiler.expressions
        value = expressions.value(tree.subject, scope)
        key = tree.key
        if key in ("epochSeconds", "epochMillis"):
            stored = expressions.stored(value, "instant", scope)
            whole = self._floor("micros", stored, 1000, scope)
            if key == "epochSeconds":  # of whole milliseconds, cut off towards 1970
                return expressions.computed("seconds", types.INTEGER, f"{whole.text} / 1000000", whole.known, scope)
            return expressions.computed("millis", types.INTEGER, f"{whole.text} / 1000", whole.known, scope)
        seconds = self.seconds_of(value, scope)
        moment = f"epoch_to_datetime({seconds.text})"
        if key in _FIELDS:
            return Value(f"{key}({moment})", types.INTEGER, seconds.known)
        if key == "quarter":
            month = expressions.computed("month", types.INTEGER, f"month({moment}) + 2", seconds.known, scope)
            return expressions.computed(
                "quarter", types.INTEGER, f"({month.text} - {month.text} % 3) / 3", seconds.known, scope
            )
        if key in ("dayOfWeek", "weekDay"):
            days = self._days(seconds, scope)
            return Value(f"((({days.text} + 3) % 7 + 7) % 7 + 1)", types.INTEGER, days.known)
        raise self.compiler.unsupported("property access", tree, f"of the part {key}")

    def _days(self, seconds: Value, scope: Scope) -> Value:
        midnight = self._floor("midnight", seconds, DAY, scope)
        return self.compiler.expressions.computed(
            "days", types.INTEGER, f"{midnight.text} / {DAY}", midnight.known, scope
        )

    def _duration_part(self, tree: Property, scope: Scope) -> Value:
        call = tree.subject
        units = {"duration.inDays": ("days", DAY), "duration.inSeconds": (tree.key, _SECONDS.get(tree.key, 0))}
        unit = units.get(call.name) if isinstance(call, FunctionCall) else None
        if unit is None or unit[0] != tree.key or not unit[1]:
            raise self.compiler.unsupported("duration", tree, "other than inDays().days and inSeconds() in some unit")
        assert isinstance(call, FunctionCall)
        expressions = self.compiler.expressions
        first, second = (self.micros_of(expressions.value(argument, scope), scope) for argument in call.arguments)
        known = all_known((first, second))
        gap = expressions.computed("gap", types.INTEGER, f"{second.text} - {first.text}", known, scope)
        size = unit[1] * MICROSECONDS
        return expressions.computed(
            "whole", types.INTEGER, f"({gap.text} - {gap.text} % {size}) / {size}", known, scope
        )

    def micros_of(self, value: Value, scope: Scope) -> Value:
        """A date or an instant as microseconds since 1970."""
        if value.type.name is TypeName.INSTANT:
            return value
        if value.type.name is not TypeName.DATE:
            raise self.compiler.refusal("duration", f"from a value of type {value.type.name.value}")
        return Value(f"({value.text} * {MICROSECONDS})", value.type, value.known)

    # --- shifting --------------------------------------------------------------------------------------------------

    def duration(self, tree: Expression, scope: Scope) -> Duration:
        """A duration written as a map of years to seconds."""
        fields = tree.arguments[0] if isinstance(tree, FunctionCall) and tree.name == "duration" else None
        if not isinstance(fields, MapLiteral):
            raise self.compiler.unsupported("duration", tree, "other than duration({...}) beside a moment")
        sums: dict[str, list[str]] = {"months": [], "days": [], "seconds": []}
        values = []
        for key, part in fields.items:
            sort = next((sort for sort, table in _UNITS.items() if key in table), None)
            if sort is None:
                raise self.compiler.unsupported("duration", tree, f"with the field {key}")
            size = _UNITS[sort][key]
            value = self.compiler.expressions.value(part, scope)
            if value.type.name is not TypeName.INTEGER:
                raise self.compiler.unsupported("duration", tree, "of anything but whole numbers")
            values.append(value)
            sums[sort].append(value.text if size == 1 else f"{value.text} * {size}")
        texts = {sort: " + ".join(parts) if parts else "0" for sort, parts in sums.items()}
        return Duration(texts["months"], texts["days"], texts["seconds"], all_known(values))

    def shifted(self, tree: Binary, of: CypherType, scope: Scope) -> Value:
        """`moment + duration`, `duration + moment`, `moment - duration`."""
        turned = self.compiler.type_of(tree.left).name is TypeName.DURATION
        when, by = (tree.right, tree.left) if turned else (tree.left, tree.right)
        expressions = self.compiler.expressions
        value = expressions.value(when, scope)
        length = self.duration(by, scope)
        sign = "-" if tree.operator is BinaryOperator.SUBTRACT else "+"
        if length.months == "0":
            return self._moved(value, of, length, sign, both(value.known, length.known))
        expressions.needs_statements(scope)
        known = both(value.known, length.known)
        known = known if known == TRUE else expressions.flag(known, scope)
        value = expressions.stored(Value(value.text, of, known), "moment", scope)
        seconds = self.seconds_of(value, scope)
        moved = self._months_later(seconds, f"0 {sign} ({length.months})", known, scope)
        result = self._of(of, Value(moved, types.INTEGER, known))
        if of.name is TypeName.INSTANT:
            rest = f"(({value.text} % {MICROSECONDS} + {MICROSECONDS}) % {MICROSECONDS})"
            result = Value(f"({result.text} + {rest})", of, known)
        if (length.days, length.seconds) != ("0", "0"):
            result = self._moved(result, of, length, sign, known)
        return expressions.computed("shifted", of, result.text, known, scope)

    def _moved(self, value: Value, of: CypherType, length: Duration, sign: str, known: str) -> Value:
        """Shifted by days and seconds. Hours and less do not move a date by less than a whole day."""
        parts = []
        if length.days != "0":
            parts.append(f"({length.days}) * {DAY}")
        if length.seconds != "0":
            if of.name is TypeName.DATE:
                raise self.compiler.refusal("duration", "of hours or less, added to a date")
            parts.append(f"({length.seconds})")
        if not parts:
            return Value(value.text, of, known)
        amount = " + ".join(parts)
        if of.name is TypeName.INSTANT:
            return Value(f"({value.text} {sign} ({amount}) * {MICROSECONDS})", of, known)
        return Value(f"({value.text} {sign} ({amount}))", of, known)

    def _months_later(self, seconds: Value, months: str, known: str, scope: Scope) -> str:
        """Seconds some months later, the day cut to the length of the month."""
        expressions, script = self.compiler.expressions, self.script
        expressions.needs_statements(scope)
        base = script.variable("base", "DATETIME")
        count, first, length, day = (script.variable(stem, "INT") for stem in ("months", "first", "length", "day"))
        target, following = script.variable("target", "DATETIME"), script.variable("following", "DATETIME")

        def body() -> None:
            script.line(f"base_day = day(epoch_to_datetime({seconds.text}));".replace("base_day", day))
            midnight = f"{seconds.text} - (({seconds.text} % {DAY} + {DAY}) % {DAY})"
            script.line(f"{first} = {midnight} - ({day} - 1) * {DAY};")
            script.line(f"{base} = epoch_to_datetime({first});")
            script.line(f"{count} = {months};")
            script.line(f"{target} = {base};")
            with script.block(f"IF {count} > 0 THEN"):
                script.line(f"{target} = datetime_add({base}, INTERVAL {count} MONTH);")
            with script.block(f"IF {count} < 0 THEN"):
                script.line(f"{count} = 0 - {count};")
                script.line(f"{target} = datetime_sub({base}, INTERVAL {count} MONTH);")
            script.line(f"{following} = datetime_add({target}, INTERVAL 1 MONTH);")
            script.line(f"{length} = datetime_diff({following}, {target}) / {DAY};")
            with script.block(f"IF {day} > {length} THEN"):
                script.line(f"{day} = {length};")
            rest = f"(({seconds.text} % {DAY} + {DAY}) % {DAY})"
            script.line(f"{first} = datetime_to_epoch({target}) + ({day} - 1) * {DAY} + {rest};")

        if known == TRUE:
            body()
        else:
            with script.block(f"IF {known} THEN"):
                body()
        return first

    # --- functions -------------------------------------------------------------------------------------------------

    def date(self, tree: FunctionCall, scope: Scope) -> Value:
        """`date(moment)`: its day."""
        return self._cast(tree, types.DATE, scope)

    def datetime(self, tree: FunctionCall, scope: Scope) -> Value:
        """`datetime(moment)`: its midnight where it is a date."""
        return self._cast(tree, types.INSTANT, scope)

    def _cast(self, tree: FunctionCall, of: CypherType, scope: Scope) -> Value:
        argument = self.compiler.expressions.value(tree.arguments[0], scope) if tree.arguments else None
        if argument is None or argument.type.name not in types.TEMPORAL:
            raise self.compiler.unsupported(tree.name, tree, "of anything but a date or an instant")
        if argument.type.name is of.name:
            return argument
        if of.name is TypeName.INSTANT:
            return Value(f"({argument.text} * {MICROSECONDS})", of, argument.known)
        midnight = self._floor("midnight", self.seconds_of(argument, scope), DAY, scope)
        return Value(midnight.text, of, midnight.known)

    def truncated(self, tree: FunctionCall, scope: Scope) -> Value:
        """`date.truncate('month', moment)`: to a year, a month, a week or a day."""
        of = types.DATE if tree.name.startswith("date.") else types.INSTANT
        unit = tree.arguments[0]
        written = unit.value.lower() if isinstance(unit, Literal) and isinstance(unit.value, str) else ""
        if len(tree.arguments) != 2 or written not in (*_TRUNCATED, "week"):
            raise self.compiler.unsupported(tree.name, tree, "to anything but year, month, week or day")
        expressions = self.compiler.expressions
        seconds = self.seconds_of(expressions.value(tree.arguments[1], scope), scope)
        if written == "week":
            days = self._days(seconds, scope)
            text = f"({days.text} - (({days.text} + 3) % 7 + 7) % 7) * {DAY}"
        else:
            cut = f'datetime_format(epoch_to_datetime({seconds.text}), "{_TRUNCATED[written]}")'
            text = f"datetime_to_epoch(to_datetime({cut}))"
        whole = expressions.computed("start", types.INTEGER, text, seconds.known, scope)
        return self._of(of, whole)

    def from_millis(self, tree: FunctionCall, scope: Scope) -> Value:
        value = self.compiler.expressions.value(tree.arguments[0], scope)
        if value.type.name is not TypeName.INTEGER:
            raise self.compiler.unsupported(tree.name, tree, "of anything but a whole number")
        return Value(f"({value.text} * 1000)", types.INSTANT, value.known)

    def as_text(self, value: Value, tree: Any, scope: Scope) -> Value:
        """A date as 2025-01-31."""
        if value.type.name is not TypeName.DATE:
            raise self.compiler.unsupported("toString", tree, "of an instant")
        text = f'datetime_format(epoch_to_datetime({value.text}), "%Y-%m-%d")'
        return Value(text, types.STRING, value.known)

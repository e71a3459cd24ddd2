"""The head of an installed query: typed parameters, under names that no word of GSQL can be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from graph.backends.tigergraph import words
from graph.backends.tigergraph.values import TRUE, Value
from graph.cypher.ast import Parameter
from graph.cypher.bound import CypherType, TypeName
from graph.cypher.clock import NOW, NOW_MILLIS, TODAY

if TYPE_CHECKING:
    from graph.backends.tigergraph.compiler import GsqlCompiler

_CLOCK: Final = {NOW: "clock_now", TODAY: "clock_today", NOW_MILLIS: "clock_millis"}
_TYPES: Final = {
    TypeName.STRING: "STRING",
    TypeName.INTEGER: "INT",
    TypeName.FLOAT: "DOUBLE",
    TypeName.NUMBER: "DOUBLE",
    TypeName.BOOLEAN: "BOOL",
    TypeName.DATE: "DATETIME",
    TypeName.INSTANT: "INT",
}
_PLAIN: Final = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of the parameters of a query that is installed: defaults, and which may be null."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    never_null: frozenset[str] = frozenset()


class Parameters:
    """The parameters that a query's text has, in the order of first mention."""

    def __init__(self, compiler: GsqlCompiler, given: Given) -> None:
        self.compiler = compiler
        self.given = given
        self.names: dict[str, str] = {}
        self.types: dict[str, str] = {}

    def read(self, tree: Parameter) -> Value:
        """A parameter as a value. A date is given as a DATETIME and computed with as seconds."""
        of = self.compiler.type_of(tree)
        name = self._declare(tree, of)
        known = TRUE if tree.name in _CLOCK or tree.name in self.given.never_null else f"({name} IS NOT NULL)"
        text = f"datetime_to_epoch({name})" if of.name is TypeName.DATE else name
        return Value(text, of, known)

    def _declare(self, tree: Parameter, of: CypherType) -> str:
        name = self.names.get(tree.name)
        if name is None:
            gsql = _TYPES.get(of.name)
            if of.name is TypeName.LIST and of.item is not None and of.item.name in _TYPES:
                if of.item.name is TypeName.DATE:
                    raise self.compiler.unsupported("parameter", tree, "a list of dates")
                gsql = f"SET<{_TYPES[of.item.name]}>"
            if gsql is None:
                raise self.compiler.unsupported("parameter", tree, f"of type {of.name.value}")
            name = self._name(tree.name)
            self.names[tree.name], self.types[tree.name] = name, gsql
        return name

    def _name(self, written: str) -> str:
        if written in _CLOCK:
            return _CLOCK[written]
        stem = f"p_{written}" if _PLAIN.fullmatch(written) else f"p_{len(self.names) + 1}_"
        while stem in self.names.values():
            stem += "_"
        return stem

    def head(self) -> str:
        """The parameters of the query's head, those without default first."""
        required, optional = [], []
        for written, name in self.names.items():
            text = f"{self.types[written]} {name}"
            default = self.given.defaults.get(written)
            if default is None:
                required.append(text)
            else:
                optional.append(f"{text} = {self._default(default, self.types[written])}")
        return ", ".join([*required, *optional])

    def _default(self, value: Any, gsql: str) -> str:
        if gsql == "DATETIME":
            return f"to_datetime({words.string(f'{value} 00:00:00')})"
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        return words.string(value) if isinstance(value, str) else words.number(value)

    def value(self, value: Any) -> Any:
        """A value as a request carries it: instants in microseconds, dates as DATETIME text."""
        if isinstance(value, datetime):
            return words.microseconds(value)
        if isinstance(value, date):
            return f"{value.isoformat()} 00:00:00"
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value

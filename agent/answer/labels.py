"""What people call the kinds, attributes, values and columns of a question, in French and in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from agent.answer.grounding import fold
from agent.language.plurals import plural
from agent.producer import Language
from agent.query import model as m
from agent.query.scope import Scope
from graph.model import Node
from graph.schema.model import Attribute, Schema
from services.cells import to_text

_FUNCTIONS = {
    "fr": {
        "count": "nombre",
        "sum": "total",
        "average": "moyenne",
        "minimum": "minimum",
        "maximum": "maximum",
        "median": "médiane",
        "percentile": "centile",
        "standard deviation": "écart type",
        "collect": "liste",
    },
    "en": {
        "count": "number",
        "sum": "total",
        "average": "average",
        "minimum": "minimum",
        "maximum": "maximum",
        "median": "median",
        "percentile": "percentile",
        "standard deviation": "standard deviation",
        "collect": "list",
    },
}
_OTHERS = {
    "fr": {"kind": "nature", "ratio": "taux (%)", "elapsed": "durée", "way": "chemin", "length": "longueur"},
    "en": {"kind": "kind", "ratio": "rate (%)", "elapsed": "duration", "way": "path", "length": "length"},
}
_ELIDED = "aeiouyh"
"""Letters that `de` is elided before; no kind or attribute begins with an aspirated h."""
_UNITS: Mapping[str, Mapping[Language, str]] = {
    "GB": {"fr": "Go", "en": "GB"},
    "Mbit/s": {"fr": "Mbit/s", "en": "Mbit/s"},
    "U": {"fr": "U", "en": "U"},
    "bytes": {"fr": "octets", "en": "bytes"},
    "minutes": {"fr": "minutes", "en": "minutes"},
    "hours": {"fr": "heures", "en": "hours"},
    "days": {"fr": "jours", "en": "days"},
    "weeks": {"fr": "semaines", "en": "weeks"},
    "requests per second": {"fr": "requêtes/s", "en": "requests/s"},
}
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Labels:
    """Words of one schema in one language."""

    schema: Schema
    language: Language

    def kind(self, name: str, number: float = 1) -> str:
        """A kind, in the plural for what is more than one."""
        known = self.schema.kinds.get(name)
        if known is None:
            return name
        label = known.wording.fr if self.language == "fr" else known.wording.en
        return label if not self._many(number) else plural(label, self.language)

    def _many(self, number: float) -> bool:
        return abs(number) >= 2 if self.language == "fr" else abs(number) != 1

    def kinds(self, entity: m.Entity | None, number: float = 1) -> str:
        """An entity by its kinds."""
        if entity is None or not entity.kinds:
            words = {"fr": ("élément", "éléments"), "en": ("element", "elements")}[self.language]
            return words[self._many(number)]
        either = " ou " if self.language == "fr" else " or "
        return either.join(self.kind(kind, number) for kind in entity.kinds)

    def feminine(self, entity: m.Entity | None) -> bool:
        """Whether an entity's kind is feminine in French, by the schema; the first one said where there are several."""
        known = None if entity is None or not entity.kinds else self.schema.kinds.get(entity.kinds[0])
        return known is not None and known.wording.feminine

    def attribute(self, value: m.Attribute, scope: Scope) -> str:
        """An attribute of an entity or of a relation."""
        found = self.attribute_of(value, scope)
        if found is None:
            return value.name.replace("_", " ")
        return found.wording.fr if self.language == "fr" else found.wording.en

    def attribute_of(self, value: m.Attribute, scope: Scope) -> Attribute | None:
        """The schema's attribute; None where it has none of that name there."""
        for kind in sorted(scope.kinds.get(value.of, ())):
            if value.name in self.schema.kinds[kind].attributes:
                return self.schema.kinds[kind].attributes[value.name]
        hop = scope.hops.get(value.of)
        for relation in () if hop is None else hop.relations:
            if value.name in self.schema.relations[relation].attributes:
                return self.schema.relations[relation].attributes[value.name]
        return None

    def value(self, value: m.Value, scope: Scope) -> str:
        """A column's or a condition's value."""
        match value:
            case m.Attribute():
                return self.attribute(value, scope)
            case m.Itself(of):
                kinds = sorted(scope.kinds.get(of, ()))
                return self.kind(kinds[0]) if len(kinds) == 1 else self._entity(of, scope)
            case m.Aggregate(function, of):
                word = _FUNCTIONS[self.language][function]
                return word if of is None else self._of(word, self._counted(of, scope))
            case m.HowMany(pattern, counted):
                inner = scope.with_pattern(pattern)
                return self._of(_FUNCTIONS[self.language]["count"], self._counted(m.Itself(counted), inner))
            case m.Overall(select):
                return self.value(select.columns[0].value, Scope(self.schema).with_pattern(select.pattern))
            case m.Constant():
                return self.cell(value.value)
            case m.ColumnOf(name):
                return name.replace("_", " ")
            case m.Arithmetic(left, operator, right):
                return f"{self.value(left, scope)} {operator} {self.value(right, scope)}"
            case _:
                return _OTHERS[self.language].get(value.type, value.type)

    def _of(self, word: str, label: str) -> str:
        """`nombre de serveurs`, `nombre d'incidents`, `number of servers`."""
        if self.language == "en":
            return f"{word} of {label}"
        return f"{word} d'{label}" if fold(label)[:1] in _ELIDED else f"{word} de {label}"

    def _counted(self, value: m.Value, scope: Scope) -> str:
        label = self.value(value, scope)
        return plural(label, self.language) if isinstance(value, m.Itself) else label

    def _entity(self, of: str, scope: Scope) -> str:
        """The closest generic that covers just these kinds, else the entity's name."""
        kinds = scope.kinds.get(of, frozenset())
        covering = [name for name, under in self.schema.descendants.items() if frozenset(under) == kinds]
        return self.kind(covering[0]) if covering else of

    def measured(self, value: m.Value | None, scope: Scope) -> Attribute | None:
        """The attribute whose unit a value has: its own, or that of what is summed up; None for counts and rates."""
        if isinstance(value, m.Aggregate) and value.function not in ("count", "collect"):
            return self.measured(value.of, scope)
        return self.attribute_of(value, scope) if isinstance(value, m.Attribute) else None

    def unit(self, value: m.Value | None, scope: Scope) -> str:
        """The unit of a value as people write it behind a figure; nothing for those that are read without one."""
        if isinstance(value, m.Aggregate) and value.function not in ("count", "collect"):
            return self.unit(value.of, scope)
        if isinstance(value, m.Elapsed):
            return _UNITS[value.unit][self.language]
        attribute = self.measured(value, scope)
        told = None if attribute is None or attribute.unit is None else _UNITS.get(attribute.unit)
        return "" if told is None else told[self.language]

    def told(self, name: str) -> Attribute | None:
        """The attribute of that name, where every kind that has one shows it alike: of a column that no query explains."""
        found = [kind.attributes[name] for kind in self.schema.kinds.values() if name in kind.attributes]
        alike = {(attribute.enum, attribute.wording.fr, attribute.wording.en) for attribute in found}
        return found[0] if len(alike) == 1 else None

    def columns(self, columns: tuple[m.Column, ...], names: tuple[str, ...], scope: Scope) -> tuple[str, ...]:
        """What people call the columns of an answer."""
        known = {column.name: column for column in columns}
        return tuple(self._column(known.get(name), name, scope) for name in names)

    def _column(self, column: m.Column | None, name: str, scope: Scope) -> str:
        if column is None:
            if name in _OTHERS[self.language]:
                return _OTHERS[self.language][name]
            attribute = self.told(name)
            if attribute is None:
                return name.replace("_", " ")
            return attribute.wording.fr if self.language == "fr" else attribute.wording.en
        if column.label:
            return column.label
        if isinstance(column.value, m.ColumnOf) and column.value.name == name:  # of a query of the catalogue
            return self._column(None, name, scope)
        if isinstance(column.value, m.ColumnOf | m.Constant | m.Arithmetic):
            return name.replace("_", " ")
        return self.value(column.value, scope)

    def cell(self, cell: Any, attribute: Attribute | None = None) -> str:
        """A cell of an answer as people read it: values of closed lists by their label, figures with their marks."""
        if attribute is not None and attribute.enum is not None and isinstance(cell, str):
            wording = self.schema.enums[attribute.enum].wording.get(cell)
            if wording is not None:
                return wording.fr if self.language == "fr" else wording.en
        match cell:
            case None:
                return "inconnu" if self.language == "fr" else "unknown"
            case bool():
                return {"fr": ("non", "oui"), "en": ("no", "yes")}[self.language][cell]
            case int() | float():
                return figure(cell, self.language)
            case datetime():
                return cell.strftime("%Y-%m-%d %H:%M")
            case date():
                return cell.isoformat()
            case list() | tuple():
                return ", ".join(self.cell(item, attribute) for item in cell)
            case Node() | Mapping():
                return to_text(cell)
            case _:
                return str(cell)


def figure(number: float, language: Language) -> str:
    """A number: two digits behind the point, or as many as keep a fraction from reading as a whole; thousands apart."""
    if number != int(number):
        digits = next((n for n in range(2, _DIGITS) if round(number, n) != round(number)), _DIGITS)
        text = f"{number:,.{digits}f}".rstrip("0").rstrip(".")
    else:
        text = f"{int(number):,}"
    if language == "fr":
        return text.replace(",", "\u202f").replace(".", ",")
    return text

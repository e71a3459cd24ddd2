"""The text of an answer: templates by the shape of the question, in French and in English, filled from its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from agent.answer.conditions import criteria
from agent.answer.labels import Labels, figure
from agent.query import model as m
from agent.query.emit import CHANGE, DIFFERENCE, SIDE
from agent.query.emit_select import subject_of
from agent.query.scope import Scope, aggregated
from graph.queries.catalogue import CatalogueQuery
from graph.schema.model import ValueType

_NAMES = ("id", "name", "number", "code", "cve", "pseudonym")
NAMED = 5
"""Rows that the text names; the table holds them all."""

_SAID = {
    "fr": {
        "yes": "Oui.",
        "no": "Non.",
        "none": "Aucun {} ne correspond.",
        "nothing": "Aucun résultat.",
        "emptied": "Sans la condition « {} », il y en aurait {}.",
        "count": "{} {}.",
        "figure": "{} : {}.",
        "list": "{} {} : {}.",
        "more": "{} et {} de plus",
        "rows": "{} lignes.",
        "row": "1 ligne.",
        "cut": "La réponse est limitée à {} lignes.",
        "first": "En tête : {}.",
        "colon": " : ",
        "difference": "Écart : {}{}.",
        "percent": " ({} %)",
        "recipe": "{} : {}.",
        "result": ("résultat", "résultats"),
        "group": ("groupe", "groupes"),
        "money": "Montants en unités mineures de leur devise : en centimes pour l'euro.",
        "criteria": "Critères : {}.",
        "otherwise": "Contre-exemples cherchés : {}.",
        "tie": "{} sont à égalité.",
        "hidden": ("Et {} élément que vous ne pouvez pas voir.", "Et {} éléments que vous ne pouvez pas voir."),
        "unseen": "Aucun que vous puissiez voir.",
        "before": "Le jumeau ne sait rien de ce moment : rien n'y avait encore été chargé.",
    },
    "en": {
        "yes": "Yes.",
        "no": "No.",
        "none": "No {} matches.",
        "nothing": "No result.",
        "emptied": "Without the condition “{}” there would be {}.",
        "count": "{} {}.",
        "figure": "{}: {}.",
        "list": "{} {}: {}.",
        "more": "{} and {} more",
        "rows": "{} rows.",
        "row": "1 row.",
        "cut": "The answer is cut at {} rows.",
        "first": "First: {}.",
        "colon": ": ",
        "difference": "Difference: {}{}.",
        "percent": " ({} %)",
        "recipe": "{}: {}.",
        "result": ("result", "results"),
        "group": ("group", "groups"),
        "money": "Amounts are in minor units of their currency: in cents for the euro.",
        "criteria": "Where: {}.",
        "otherwise": "Counter-examples looked for: {}.",
        "tie": "{} of them tie.",
        "hidden": ("And {} element that you may not see.", "And {} elements that you may not see."),
        "unseen": "None that you may see.",
        "before": "The twin knows nothing of that moment: nothing had been loaded yet.",
    },
}


@dataclass(frozen=True, slots=True)
class Shown:
    """Rows as they came. `cut`: the row cap left some out; `emptied`: which condition left none, with how many else.

    `hidden`: how many elements impact reached that may not be seen. `before`: a moment is asked of from before the first load.
    """

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    meanings: tuple[m.Column, ...]
    cut: bool = False
    emptied: tuple[tuple[str, int], ...] = ()
    hidden: int = 0
    before: bool = False


class Wording:
    """Words answers to one question. `numbers` are the figures that it reckoned itself: counts of rows."""

    def __init__(self, question: m.Question, labels: Labels, recipe: CatalogueQuery | None = None) -> None:
        self.question, self.labels, self.recipe = question, labels, recipe
        self.words: dict[str, Any] = dict(_SAID[labels.language])
        self.numbers: list[float] = []
        self.values: list[str] = []  # labels of cells that the text shows, and their units
        body = question.body
        first = body.parts[0] if isinstance(body, m.Combination) else body
        if isinstance(first, m.Versus):
            first = first.sides[0].select
        self.select = first if isinstance(first, m.Select) else None
        self.scope = Scope(labels.schema)
        self.criteria = (
            criteria(self.select, labels) if self.select is not None and self.select is question.body else ()
        )
        if self.select is not None:
            self.scope = self.scope.with_pattern(self.select.pattern).with_columns(self.select.columns)

    def text(self, shown: Shown) -> str:
        """The whole text."""
        lines = [self._main(shown)]
        if self.select is not None and self.select.ties and len(shown.rows) > 1:
            lines.append(self.words["tie"].format(self._number(len(shown.rows))))
        if shown.hidden:
            lines.append(self.words["hidden"][shown.hidden > 1].format(self._number(shown.hidden)))
        if self.criteria:
            named = "otherwise" if self.select is not None and self.select.form == "none" else "criteria"
            lines.append(self.words[named].format("; ".join(self.criteria)))
        if shown.rows and any(self._is_money(column.value) for column in shown.meanings):
            lines.append(self.words["money"])
        if shown.before:
            lines.append(self.words["before"])
        if shown.cut:
            lines.append(self.words["cut"].format(self._number(len(shown.rows))))
        for condition, number in shown.emptied:
            lines.append(self.words["emptied"].format(condition, self._number(number)))
        return "\n".join(line for line in lines if line)

    def said(self) -> list[Any]:
        """What the text says beside rows and parameters: counts, labels, constants of the question."""
        return [*self.numbers, *self.values, *(word for word in self._labels()), *_constants(self.question)]

    def labels_of(self, shown: Shown) -> tuple[str, ...]:
        """What people call the columns."""
        return self.labels.columns(shown.meanings, shown.columns, self.scope)

    def _labels(self) -> list[str]:
        known = [
            word for kind in self.labels.schema.kinds for word in (self.labels.kind(kind), self.labels.kind(kind, 2))
        ]
        title = "" if self.recipe is None else self._title(self.recipe)
        sides = [side.label for side in self.question.body.sides] if isinstance(self.question.body, m.Versus) else []
        return [*known, title, *sides, *self.criteria]

    def _number(self, number: float) -> str:
        self.numbers.append(float(number))
        return figure(number, self.labels.language)

    # --- shapes ------------------------------------------------------------------------------------------------------

    def _main(self, shown: Shown) -> str:
        asked = self.question.body if isinstance(self.question.body, m.Recipe) else self.select
        if asked is not None and asked.form != "rows" and not isinstance(self.question.body, m.Versus):
            return str(self.words["yes" if shown.rows and shown.rows[0][0] else "no"])
        if not shown.rows:
            return str(self.words["unseen"]) if shown.hidden else self._none()
        if isinstance(self.question.body, m.Versus) and DIFFERENCE in shown.columns:
            return self._figures(shown)
        if self.recipe is not None:
            return self._recipe(shown, self.recipe)
        if len(shown.rows) == 1 and len(shown.columns) == 1 and self._is_figure(shown):
            return self._one(shown)
        if any(aggregated(column.value) for column in shown.meanings):
            return self._groups(shown)
        return self._list(shown)

    def _is_figure(self, shown: Shown) -> bool:
        return any(aggregated(column.value) for column in shown.meanings)

    def _none(self) -> str:
        if self.select is None:
            return str(self.words["nothing"])
        subject = self._subject()
        none = str(self.words["none"].format(self.labels.kinds(subject)))
        return none.replace("Aucun ", "Aucune ", 1) if self.labels.feminine(subject) else none

    def _subject(self) -> m.Entity | None:
        if self.select is None:
            return None
        wanted = subject_of(self.select)
        return next((entity for entity in self.select.pattern.entities if entity.name == wanted), None)

    def _one(self, shown: Shown) -> str:
        value, meaning = shown.rows[0][0], shown.meanings[0].value
        if isinstance(meaning, m.Aggregate) and meaning.function == "count" and isinstance(value, int):
            entity = self._counted(meaning)
            if entity is not None and meaning.where is None:
                return str(self.words["count"].format(self._number(value), self.labels.kinds(entity, value)))
        return str(self.words["figure"].format(_capital(self.labels_of(shown)[0]), self._cell(shown, 0, value)))

    def _counted(self, meaning: m.Aggregate) -> m.Entity | None:
        if self.select is None or not isinstance(meaning.of, m.Itself):
            return None
        return next((entity for entity in self.select.pattern.entities if entity.name == meaning.of.of), None)

    def _cell(self, shown: Shown, place: int, cell: Any) -> str:
        meaning = next((c.value for c in shown.meanings if c.name == shown.columns[place]), None)
        name = shown.columns[place]
        attribute = self.labels.attribute_of(meaning, self.scope) if isinstance(meaning, m.Attribute) else None
        if (
            meaning is None or self.recipe is not None
        ):  # of a query of the catalogue, whose columns are known by their names
            if name == "kind" and cell in self.labels.schema.kinds:
                return self._shown(self.labels.kind(cell))
            attribute = self.labels.told(name)
        text = self._shown(self.labels.cell(cell, attribute))
        if cell is None or isinstance(cell, bool):
            return text
        if isinstance(meaning, m.Ratio):
            return f"{text} %" if meaning.scale == 100.0 else text
        unit = self.labels.unit(meaning, self.scope)
        return f"{text} {self._shown(unit)}" if unit else text

    def _shown(self, text: str) -> str:
        """A label of a cell, or a unit: the row says it in the words of the schema."""
        self.values.append(text)
        return text

    def _is_money(self, value: m.Value) -> bool:
        attribute = self.labels.measured(value, self.scope)
        return attribute is not None and attribute.type is ValueType.MONEY

    def _row(self, shown: Shown, row: Sequence[Any]) -> str:
        cells = [self._cell(shown, place, cell) for place, cell in enumerate(row)]
        if shown.columns[:2] == ("kind", "name"):
            cells[:2] = cells[1::-1]
        if len(cells) == 1:
            return cells[0]
        return f"{cells[0]} ({', '.join(cells[1:])})"

    def _rows(self, shown: Shown) -> str:
        """The first rows, and how many there are besides."""
        text = "; ".join(self._row(shown, row) for row in shown.rows[:NAMED])
        if all(len(row) == 1 for row in shown.rows[:NAMED]):
            text = ", ".join(self._row(shown, row) for row in shown.rows[:NAMED])
        left = len(shown.rows) - NAMED
        return str(self.words["more"].format(text, self._number(left))) if left > 0 else text

    def _list(self, shown: Shown) -> str:
        number = len(shown.rows)
        if number == 1 and not any(self._names(column) for column in shown.meanings):
            return self._only(shown)  # the one asked about, which the question has named
        return str(self.words["list"].format(self._number(number), self._what(number, shown), self._rows(shown)))

    def _what(self, number: int, shown: Shown) -> str:
        """The subject where each row is one of its elements; groups where rows are those; else just results."""
        if self._is_figure(shown):  # rows are groups: of one element each where they are told by what it is called
            keys = [column.value for column in shown.meanings if not aggregated(column.value)]
            entity = self._named_by(keys[0]) if len(keys) == 1 else None
            return self.labels.kinds(entity, number) if entity is not None else str(self.words["group"][number > 1])
        subject = self._subject()
        own = shown.meanings and isinstance(shown.meanings[0].value, m.Itself | m.Attribute)
        once = len({str(row[0]) for row in shown.rows}) == number
        if subject is not None and own and once and getattr(shown.meanings[0].value, "of", None) == subject.name:
            return self.labels.kinds(subject, number)
        singular, several = self.words["result"]
        return str(several if number > 1 else singular)

    def _groups(self, shown: Shown) -> str:
        if len(shown.rows) == 1:
            return self._only(shown)
        number = self.words["rows"].format(self._number(len(shown.rows)))
        ordered = self.select is not None and bool(self.select.order)
        if ordered or len(shown.rows) <= NAMED:
            return f"{number} {self.words['first'].format(self._rows(shown))}" if ordered else self._list(shown)
        return self._list(shown)

    def _only(self, shown: Shown) -> str:
        """The one row, each cell behind what it is."""
        parts = (
            f"{label}{self.words['colon']}{self._cell(shown, place, cell)}"
            for place, (label, cell) in enumerate(zip(self.labels_of(shown), shown.rows[0], strict=True))
        )
        return _capital("; ".join(parts)) + "."

    def _names(self, column: m.Column) -> bool:
        return isinstance(column.value, m.Itself) or self._named_by(column.value) is not None

    def _named_by(self, value: m.Value | None) -> m.Entity | None:
        """The entity that a value tells one element of: itself, or what it is called by."""
        if not isinstance(value, m.Itself | m.Attribute) or (
            isinstance(value, m.Attribute) and value.name not in _NAMES
        ):
            return None
        entities = () if self.select is None else self.select.pattern.entities
        return next((entity for entity in entities if entity.name == value.of), None)

    def _figures(self, shown: Shown) -> str:
        row = dict(zip(shown.columns, shown.rows[0], strict=True))
        sides = [column for column in shown.meanings if column.name != SIDE]
        parts = [f"{column.label}{self.words['colon']}{self.labels.cell(row[column.name])}" for column in sides]
        change = row.get(CHANGE)
        percent = "" if change is None else self.words["percent"].format(figure(change, self.labels.language))
        difference = self.words["difference"].format(self.labels.cell(row[DIFFERENCE]), percent)
        return f"{_capital('; '.join(parts))}. {difference}"

    def _recipe(self, shown: Shown, recipe: CatalogueQuery) -> str:
        if len(shown.rows) == 1 and len(shown.columns) == 1:
            return str(self.words["recipe"].format(self._about(recipe), self.labels.cell(shown.rows[0][0])))
        number = len(shown.rows)
        singular, several = self.words["result"]
        what = f"{self._number(number)} {several if number > 1 else singular}"
        return (
            f"{self.words['recipe'].format(self._about(recipe), what)} {self.words['first'].format(self._rows(shown))}"
        )

    def _about(self, recipe: CatalogueQuery) -> str:
        """The title of a query of the catalogue, and the elements that it is asked of."""
        body = self.question.body
        asked = [text for named in body.elements.values() for text in named.texts] if isinstance(body, m.Recipe) else []
        return f"{self._title(recipe)} ({', '.join(asked)})" if asked else self._title(recipe)

    def _title(self, recipe: CatalogueQuery) -> str:
        return recipe.title_fr if self.labels.language == "fr" else recipe.title_en


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _constants(part: Any) -> list[Any]:
    """Constants and names that the question itself says."""
    if isinstance(part, m.Constant):
        return part.value if isinstance(part.value, list) else [part.value]
    if isinstance(part, m.Named):
        return list(part.texts)
    if isinstance(part, m.Moment):
        return [part.at, abs(part.shift)]
    if isinstance(part, tuple | list):
        return [found for item in part for found in _constants(item)]
    if isinstance(part, dict):
        return [found for item in part.values() for found in _constants(item)]
    if is_dataclass(part) and not isinstance(part, type):
        return [found for known in fields(part) for found in _constants(getattr(part, known.name))]
    return [part] if isinstance(part, int) and not isinstance(part, bool) else []

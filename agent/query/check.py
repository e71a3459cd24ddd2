"""Checks of an intermediate query against the schema, before anything is made of it: every finding says what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from agent.query import model as m
from agent.query.check_hops import hop_findings
from agent.query.errors import Finding, IntermediateQueryError
from agent.query.scope import ANY, DATE, ELEMENT, INSTANT, LIST, NUMBER, TEXT, TRUTH, Scope, aggregated, inside
from graph.cypher.vocabulary import suggest
from graph.queries.catalogue import CatalogueQuery
from graph.schema.model import Schema

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_ORDERED = ("<", "<=", ">", ">=")
_IN_TEXT = ("contains", "starts with", "ends with")
MOST_NESTED = 8


def check(question: m.Question, schema: Schema, catalogue: Mapping[str, CatalogueQuery]) -> None:
    """Raises IntermediateQueryError with every finding."""
    findings = tuple(_Checker(schema, catalogue).question(question))
    if findings:
        raise IntermediateQueryError.of(findings)


class _Checker:
    def __init__(self, schema: Schema, catalogue: Mapping[str, CatalogueQuery]) -> None:
        self.schema, self.catalogue = schema, catalogue
        self.found: list[Finding] = []

    def question(self, question: m.Question) -> list[Finding]:
        match question.body:
            case m.Select() as select:
                self.select(select, "body")
            case m.Combination(operation, parts):
                if len(parts) < 2:
                    self.say("shape", "body.parts", "a combination has two parts or more")
                for number, part in enumerate(parts):
                    self.select(part, f"body.parts.{number}")
                if operation == "union":
                    self._same_columns(parts, "body.parts")
            case m.Versus(sides):
                if len(sides) < 2:
                    self.say("shape", "body.sides", "a comparison has two sides or more")
                for number, side in enumerate(sides):
                    self.select(side.select, f"body.sides.{number}.select")
                self._same_columns(tuple(side.select for side in sides), "body.sides")
            case m.Recipe() as recipe:
                self.recipe(recipe)
        return self.found

    def say(self, sort: str, where: str, seen: str, choices: Iterable[str] = ()) -> None:
        self.found.append(Finding(sort, where, seen, tuple(choices)))

    def _same_columns(self, selects: tuple[m.Select, ...], where: str) -> None:
        names = {tuple(column.name for column in select.columns) for select in selects}
        if len(names) > 1:
            self.say("shape", where, "the parts have different columns")

    # --- selects -----------------------------------------------------------------------------------------------------

    def select(self, select: m.Select, where: str) -> None:
        if not select.pattern.entities:
            self.say("shape", f"{where}.pattern.entities", "a pattern needs an entity")
            return
        scope = self.pattern(select.pattern, Scope(self.schema), f"{where}.pattern", 0)
        if select.subject is not None and select.subject not in scope.kinds:
            self.say("name", f"{where}.subject", f"no entity is called {select.subject!r}", scope.kinds)
        seen: set[str] = set()
        for number, column in enumerate(select.columns):
            self.name(column.name, f"{where}.columns.{number}.name")
            if column.name in seen or (column.name in scope.kinds):
                self.say("name", f"{where}.columns.{number}.name", f"{column.name!r} is the name of something else")
            seen.add(column.name)
            self.value(column.value, scope, f"{where}.columns.{number}.value")
        within = scope.with_columns(select.columns)
        if select.having is not None:
            self.condition(select.having, within, f"{where}.having", 0)
        for number, sort in enumerate(select.order):
            self.value(sort.by, within, f"{where}.order.{number}.by")
        for name in select.per:
            if name not in seen:
                self.say("name", f"{where}.per", f"no column is called {name!r}", seen)
        if select.limit is not None and select.limit < 1:
            self.say("shape", f"{where}.limit", "a limit is 1 or more")
        if select.ties and not (select.order and select.limit == 1 and not select.skip and not select.per):
            self.say("shape", f"{where}.ties", "what ties with the first needs an order and a limit of 1")
        if select.skip < 0:
            self.say("shape", f"{where}.skip", "skip is 0 or more")

    def recipe(self, recipe: m.Recipe) -> None:
        known = self.catalogue.get(recipe.name)
        if known is None:
            choices = suggest(recipe.name, self.catalogue)
            self.say("name", "body.name", f"the catalogue has no query {recipe.name!r}", choices)
            return
        declared = {parameter.name: parameter for parameter in known.parameters}
        for name in (*recipe.parameters, *recipe.elements):
            if name not in declared:
                self.say("name", f"body.parameters.{name}", f"{recipe.name} has no parameter {name!r}", declared)
        for name, parameter in declared.items():
            if parameter.required and name not in recipe.parameters and name not in recipe.elements:
                self.say("shape", "body.parameters", f"{recipe.name} needs the parameter {name!r}", [name])
        for name, named in recipe.elements.items():
            if len(named.ids) != 1:
                self.say("shape", f"body.elements.{name}", "one element is needed here")

    # --- patterns ----------------------------------------------------------------------------------------------------

    def pattern(self, pattern: m.Pattern, outer: Scope, where: str, depth: int) -> Scope:
        """Checks a pattern; the scope with its names."""
        names: set[str] = set()
        for number, entity in enumerate(pattern.entities):
            at = f"{where}.entities.{number}"
            self.name(entity.name, f"{at}.name")
            if entity.name in names or entity.name in outer.kinds:
                self.say("name", f"{at}.name", f"two entities are called {entity.name!r}")
            names.add(entity.name)
            for kind in entity.kinds:
                if kind not in self.schema.kinds:
                    wordings = {name: known.wording for name, known in self.schema.kinds.items()}
                    choices = suggest(kind, self.schema.kinds, wordings)
                    self.say("kind", f"{at}.kinds", f"the schema has no kind {kind!r}", choices)
            if entity.named is not None and not entity.named.ids:
                self.say("shape", f"{at}.named", "an element that is named has an id")
        scope = outer.with_pattern(pattern)
        for number, hop in enumerate(pattern.hops):
            if hop.name is not None:
                self.name(hop.name, f"{where}.hops.{number}.name")
            self.found.extend(hop_findings(hop, scope, f"{where}.hops.{number}"))
        if len(names) > 1:
            self._joined(pattern, outer, where)
        for number, entity in enumerate(pattern.entities):
            if entity.where is not None:
                self.condition(entity.where, scope, f"{where}.entities.{number}.where", depth + 1)
        if pattern.where is not None:
            self.condition(pattern.where, scope, f"{where}.where", depth + 1)
        return scope

    def _joined(self, pattern: m.Pattern, outer: Scope, where: str) -> None:
        """Every entity is reached from the first: rows of unjoined ones would be all pairs, which nobody asks for."""
        reached = {pattern.entities[0].name, *outer.kinds}
        for _ in pattern.hops:
            for hop in pattern.hops:
                if hop.start in reached or hop.end in reached:
                    reached |= {hop.start, hop.end}
        for entity in pattern.entities:
            if entity.name not in reached and entity.named is None:
                self.say("shape", f"{where}.entities", f"nothing joins {entity.name!r} to the other entities")

    def name(self, name: str, where: str) -> None:
        if not _NAME.fullmatch(name):
            self.say("name", where, f"{name!r} is no name: letters, digits and underscores, a letter first")

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, value: m.Value, scope: Scope, where: str) -> None:
        match value:
            case m.Attribute(of, name):
                self._attribute(value, of, name, scope, where)
            case m.KindOf(of) | m.Itself(of):
                self._entity(of, scope, where)
            case m.Length(of) | m.Way(of):
                hop = scope.hops.get(of)
                if hop is None or hop.shortest is None:
                    paths = [name for name, known in scope.hops.items() if known.shortest is not None]
                    self.say("name", where, f"no shortest path is called {of!r}", paths)
            case m.Constant(held, parameter):
                if parameter is not None:
                    self.name(parameter, where)
                if isinstance(held, list) and not held:
                    self.say("shape", where, "an empty list holds nothing to compare with")
            case m.Moment():
                self._moment(value, where)
            case m.Elapsed(start, end):
                for side, at in ((start, "start"), (end, "end")):
                    self.value(side, scope, f"{where}.{at}")
                    if scope.type_of(side) not in (DATE, INSTANT, ANY):
                        self.say(
                            "type", f"{where}.{at}", "a time that has passed is from one day or instant to another"
                        )
            case m.Arithmetic(left, _, right):
                self._numbers((left, right), scope, where)
            case m.Ratio(numerator, denominator):
                self._numbers((numerator, denominator), scope, where)
            case m.ColumnOf(name):
                if name not in scope.columns:
                    self.say("name", where, f"no column is called {name!r}", scope.columns)
            case m.Aggregate():
                self._aggregate(value, scope, where)
            case m.HowMany(pattern, counted):
                inner = self.pattern(pattern, scope, f"{where}.pattern", 1)
                self._entity(counted, inner, f"{where}.counted")
            case m.Overall(select):
                if len(select.columns) != 1 or not aggregated(select.columns[0].value) or select.form != "rows":
                    self.say("shape", f"{where}.select.columns", "one figure is needed here")
                self.select(select, f"{where}.select")

    def _entity(self, of: str, scope: Scope, where: str) -> None:
        if of not in scope.kinds:
            self.say("name", where, f"no entity is called {of!r}", scope.kinds)

    def _attribute(self, value: m.Attribute, of: str, name: str, scope: Scope, where: str) -> None:
        if of in scope.hops:
            known = {
                a
                for r in scope.hops[of].relations
                for a in self.schema.relations[r].attributes
                if r in self.schema.relations
            }
        elif of in scope.kinds:
            known = {a for kind in scope.kinds[of] for a in self.schema.kinds[kind].attributes} | {"id"}
        else:
            self.say("name", where, f"no entity is called {of!r}", (*scope.kinds, *scope.hops))
            return
        if name not in known:
            wordings = {
                a.name: a.wording
                for kind in scope.kinds.get(of, ())
                for a in self.schema.kinds[kind].attributes.values()
            }
            self.say("attribute", where, f"{of!r} has no attribute {name!r}", suggest(name, sorted(known), wordings))
        elif value.period is not None and scope.type_of(m.Attribute(of, name)) not in (DATE, INSTANT):
            self.say("type", where, f"{name!r} is no date, so it is in no {value.period}")

    def _moment(self, value: m.Moment, where: str) -> None:
        if value.at in ("today", "now"):
            return
        try:
            if "T" in value.at:
                datetime.fromisoformat(value.at)
            else:
                date.fromisoformat(value.at)
        except ValueError:
            self.say("type", where, f"{value.at!r} is no day or instant", ("today", "now", "2025-03-31"))

    def _numbers(self, values: tuple[m.Value, ...], scope: Scope, where: str) -> None:
        for number, value in enumerate(values):
            self.value(value, scope, f"{where}.{number}")
            if scope.type_of(value) not in (NUMBER, ANY):
                self.say("type", f"{where}.{number}", "only numbers are reckoned with")

    def _aggregate(self, value: m.Aggregate, scope: Scope, where: str) -> None:
        if value.of is not None:
            self.value(value.of, scope, f"{where}.of")
            if any(isinstance(part, m.Aggregate) for part in inside(value.of)):
                self.say(
                    "shape",
                    f"{where}.of",
                    "a figure over a figure: give the inner one a column and a condition of its own",
                )
            held = scope.type_of(value.of)
            if value.function not in ("count", "collect", "minimum", "maximum") and held not in (NUMBER, ANY):
                self.say("type", f"{where}.of", f"{value.function} needs a number")
        elif value.function != "count":
            self.say("shape", where, f"{value.function} of what?")
        if value.where is not None:
            self.condition(value.where, scope, f"{where}.where", 1)
        if value.function == "percentile" and not (value.share is not None and 0 <= value.share <= 1):
            self.say("shape", f"{where}.share", "a percentile needs a share from 0 to 1")

    # --- conditions --------------------------------------------------------------------------------------------------

    def condition(self, condition: m.Condition, scope: Scope, where: str, depth: int) -> None:
        if depth > MOST_NESTED:
            self.say("shape", where, "conditions nest too deeply")
            return
        match condition:
            case m.Compare():
                self._compare(condition, scope, where)
            case m.Within(value, start, end):
                for bound in (value, start, end):
                    if bound is not None:
                        self.value(bound, scope, where)
                if start is None and end is None:
                    self.say("shape", where, "a window has a start or an end")
            case m.Missing(value):
                self.value(value, scope, f"{where}.value")
            case m.Exists(pattern):
                self.pattern(pattern, scope, f"{where}.pattern", depth + 1)
            case m.All(conditions) | m.Some(conditions):
                for number, part in enumerate(conditions):
                    self.condition(part, scope, f"{where}.conditions.{number}", depth + 1)
            case m.Negation(inner):
                self.condition(inner, scope, f"{where}.condition", depth + 1)

    def _compare(self, condition: m.Compare, scope: Scope, where: str) -> None:
        left, right, operator = condition.left, condition.right, condition.operator
        self.value(left, scope, f"{where}.left")
        self.value(right, scope, f"{where}.right")
        types = (scope.type_of(left), scope.type_of(right))
        if ANY in types:
            return
        if operator in ("in", "not in"):
            if types[1] != LIST:
                self.say("type", f"{where}.right", f"{operator!r} needs a list on the right")
        elif operator in _IN_TEXT:
            if types[0] not in (TEXT, LIST) or types[1] != TEXT or (types[0] == LIST and operator != "contains"):
                self.say("type", where, f"{operator!r} is for text")
        elif not _comparable(types[0], types[1], operator):
            self.say("type", where, f"{_worded(types[0])} is not compared with {_worded(types[1])} by {operator!r}")
        self._values_of_enum(condition, scope, where)

    def _values_of_enum(self, condition: m.Compare, scope: Scope, where: str) -> None:
        """A constant beside an attribute with a closed list of values is one of them."""
        left, right = condition.left, condition.right
        if not isinstance(left, m.Attribute) or not isinstance(right, m.Constant) or left.of in scope.hops:
            return
        if condition.operator in (*_IN_TEXT, *_ORDERED):
            return
        held = [self.schema.kinds[kind].attributes.get(left.name) for kind in scope.kinds.get(left.of, ())]
        enums = {attribute.enum for attribute in held if attribute is not None}
        if not enums or None in enums:
            return
        known = [value for enum in sorted(str(name) for name in enums) for value in self.schema.enums[enum].values]
        wordings = {v: w for enum in enums for v, w in self.schema.enums[str(enum)].wording.items()}
        for value in right.value if isinstance(right.value, list) else [right.value]:
            if value not in known:
                choices = suggest(str(value), known, wordings) or known
                self.say("type", f"{where}.right", f"{left.name!r} is never {value!r}", choices)


def _comparable(left: str, right: str, operator: str) -> bool:
    dates = {DATE, INSTANT, TEXT}
    if left == right:
        return operator not in _ORDERED or left not in (TRUTH, LIST, ELEMENT)
    return {left, right} <= dates


def _worded(name: str) -> str:
    return {TRUTH: "yes or no", LIST: "a list", ELEMENT: "an element", NUMBER: "a number", TEXT: "a text"}.get(
        name, f"a {name}" if name == DATE else f"an {name}"
    )

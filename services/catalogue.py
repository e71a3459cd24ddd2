"""Run the named queries of the catalogue; a parameter that names an element may be given as id, name or alias."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import NotFoundError, UsageError
from core.principal import LOCAL_OPERATOR, Principal
from graph.cypher import ast
from graph.queries.catalogue import CatalogueQuery, QueryParameter, load_catalogue
from graph.schema.model import Schema
from services.impact_through import ImpactThrough, crossing_for, time_left
from services.query import QueryResult, QueryService
from services.twin import Twin

SHOWN_CHOICES = 10


class CatalogueService:
    """The catalogue of one twin."""

    def __init__(self, twin: Twin, queries: QueryService | None = None) -> None:
        self._schema: Schema = twin.schema
        self._queries = queries or QueryService(twin)
        self._catalogue = load_catalogue()

    def queries(self) -> tuple[CatalogueQuery, ...]:
        """Every named query, in order of name."""
        return tuple(self._catalogue.values())

    def get(self, name: str) -> CatalogueQuery:
        """One named query. Raises NotFoundError."""
        found = self._catalogue.get(name)
        if found is None:
            raise NotFoundError(f"no catalogue query {name!r}", where="catalogue", hint="`jumeau catalogue list`")
        return found

    def run(
        self,
        name: str,
        parameters: Mapping[str, Any] | None = None,
        principal: Principal = LOCAL_OPERATOR,
        within_s: float | None = None,
    ) -> QueryResult:
        """Run a named query. Raises UsageError on wrong parameters, NotFoundError on an unknown element.

        Impact goes through what is hidden from whoever may have it so.
        """
        text, values = self.question(name, parameters, principal)
        crossing = crossing_for(name, principal)
        if crossing is not None:
            return ImpactThrough(self._queries, time_left(within_s)).answer(crossing, values, principal)
        return self._queries.cypher(text, values, principal, within_s)

    def question(
        self, name: str, parameters: Mapping[str, Any] | None = None, principal: Principal = LOCAL_OPERATOR
    ) -> tuple[str, dict[str, Any]]:
        """The text of a named query and the values of its parameters. Raises as `run` does."""
        query = self.get(name)
        given = dict(parameters or {})
        unknown = given.keys() - {parameter.name for parameter in query.parameters}
        if unknown:
            raise UsageError(
                f"{name} has no parameter {sorted(unknown)[0]!r}",
                where=f"catalogue query {name}",
                hint="it takes " + (", ".join(p.name for p in query.parameters) or "no parameter"),
            )
        values = {parameter.name: self._value(query, parameter, given, principal) for parameter in query.parameters}
        return query.text, values

    def _value(
        self, query: CatalogueQuery, parameter: QueryParameter, given: Mapping[str, Any], principal: Principal
    ) -> Any:
        if parameter.name not in given:
            if parameter.required:
                raise UsageError(
                    f"{query.name} needs the parameter {parameter.name!r} ({parameter.type})",
                    where=f"catalogue query {query.name}",
                    hint=f"--param {parameter.name}=...",
                )
            return parameter.default
        value = given[parameter.name]
        if parameter.type not in self._schema.kinds:
            return value
        return self.resolve(parameter.type, str(value), principal)

    def resolve(self, kind: str, named: str, principal: Principal = LOCAL_OPERATOR) -> str:
        """The id of the one element of `kind` with that id, name, number, code or alias, among those that are seen.

        Raises NotFoundError where there is none, UsageError where there are several.
        """
        found = self._matching(kind, "id", named, principal)
        for attribute in ("name", "code", "number", "hostname", "fqdn", "cve"):
            if found:
                break
            if any(attribute in self._schema.kinds[k].attributes for k in self._schema.descendants[kind]):
                found = self._matching(kind, attribute, named, principal)
        found = found or self._matching(kind, "aliases", named, principal)
        if not found:
            raise NotFoundError(f"no {kind} is called {named!r}", where="twin", hint="give its id, name or an alias")
        if len(found) > 1:
            choices = [f"{label} {identity}" for identity, label in found[:SHOWN_CHOICES]]
            raise UsageError(
                f"{named!r} names {len(found)} elements of kind {kind}",
                where="twin",
                hint="give the id of one of them: " + ", ".join(choices),
                details={"choices": [identity for identity, _ in found]},
            )
        return str(found[0][0])

    def _matching(self, kind: str, attribute: str, value: str, principal: Principal) -> list[tuple[str, str]]:
        """(id, kind) of the elements of `kind` whose attribute is, or for aliases holds, the value."""
        node = ast.Variable("n")
        wanted: ast.Expression = ast.Parameter("value")
        held: ast.Expression = ast.Property(node, attribute)
        operator = ast.BinaryOperator.EQ
        if attribute == "aliases":
            wanted, held, operator = held, wanted, ast.BinaryOperator.IN
            condition: ast.Expression = ast.Binary(operator, held, wanted)
        else:
            condition = ast.Comparison((held, wanted), (operator,))
        items = (
            ast.ProjectionItem(ast.Property(node, "id"), "id"),
            ast.ProjectionItem(ast.Index(ast.FunctionCall("labels", (node,)), ast.Literal(0)), "kind"),
        )
        order = (ast.SortItem(ast.Property(node, "id")),)
        pattern = ast.PathPattern(ast.NodePattern("n", ast.LabelName(kind)))
        query = ast.Query(
            (ast.SinglePart((ast.Match((pattern,), condition), ast.Return(ast.Projection(items, order=order)))),)
        )
        answer = self._queries.tree(query, {"value": value}, principal).answer
        return [(row[0], row[1]) for row in answer.rows]

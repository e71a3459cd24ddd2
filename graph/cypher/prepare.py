"""The one road of every query, whoever wrote it: size, parse, read-only, bind, passes, bounds."""

from __future__ import annotations

from graph.cypher.ast import Query
from graph.cypher.binder import bind
from graph.cypher.bound import BoundQuery
from graph.cypher.diagnostics import CypherError, NotReadOnlyError, QueryTooLargeError, report
from graph.cypher.guard import DEFAULT_LIMITS, QueryLimits, check_bounds, check_extent, check_read_only, check_size
from graph.cypher.parser import parse
from graph.cypher.passes import apply_passes
from graph.cypher.passes.context import PassContext, People
from graph.cypher.procedures import NO_PROCEDURES, Procedures
from graph.cypher.vocabulary import vocabulary_of
from graph.schema.model import Schema


def prepare(
    text: str,
    schema: Schema | None,
    limits: QueryLimits = DEFAULT_LIMITS,
    procedures: Procedures = NO_PROCEDURES,
    *,
    restricted: bool = False,
    kinds: frozenset[str] | None = None,
    people: People | None = None,
) -> BoundQuery:
    """A text as a bound query that may be compiled. Raises a subclass of `diagnostics.CypherError`.

    Without schema (open mode), labels, types and properties are not checked. `procedures` are those that may be called.
    `restricted` prepares it for an asker with a perimeter, `kinds` for one who may read these only: it must then be read with
    `ReadContext.sees`. `people` prepares it for one who may not know persons: small groups of them are left out.
    """
    check_size(text, limits)
    return _finish(parse(text), schema, limits, text, procedures, restricted=restricted, kinds=kinds, people=people)


def prepare_ast(
    query: Query,
    schema: Schema | None,
    limits: QueryLimits = DEFAULT_LIMITS,
    *,
    restricted: bool = False,
    kinds: frozenset[str] | None = None,
) -> BoundQuery:
    """A tree built by a caller, such as the GraphQL layer, on the same road; diagnostics have no position."""
    return _finish(query, schema, limits, "", restricted=restricted, kinds=kinds)


def _finish(
    query: Query,
    schema: Schema | None,
    limits: QueryLimits,
    text: str,
    procedures: Procedures = NO_PROCEDURES,
    *,
    restricted: bool = False,
    kinds: frozenset[str] | None = None,
    people: People | None = None,
) -> BoundQuery:
    context = PassContext(limits, None if schema is None else vocabulary_of(schema), restricted, people, kinds)
    check_extent(query, text, limits)
    try:
        bound = apply_passes(bind(query, schema, text, procedures), context)
    except NotReadOnlyError:
        raise
    except CypherError:
        check_read_only(query, text, procedures)  # that a query writes matters more than what else is wrong with it
        raise
    except RecursionError as error:  # a caller's tree has no parser's limits
        raise report(QueryTooLargeError, "the query nests too deeply", hint="split it with WITH") from error
    check_bounds(bound, limits)
    return bound

"""The parser: hand-written, recursive descent, one class per storey, each on top of the one below.

Stream (tokens, limits, errors) < LabelParser < ExpressionParser < CallParser < AtomParser < PatternParser < ClauseParser.
"""

from __future__ import annotations

from graph.cypher.ast import Query
from graph.cypher.diagnostics import QueryTooLargeError, report
from graph.cypher.parser.clauses import ClauseParser

__all__ = ["parse"]


def parse(text: str) -> Query:
    """The tree of a query. Raises CypherSyntaxError or QueryTooLargeError, with line, column and what was expected."""
    try:
        return ClauseParser(text).whole_query()
    except RecursionError as error:  # the caller's own stack was deep: the limit of nesting did not suffice
        raise report(QueryTooLargeError, "the query nests too deeply", hint="split it with WITH") from error

"""The binder: names resolved, kinds and relations expanded and narrowed, everything typed, against a schema or none.

One class per storey, each on top of the one below: Binding (names, scopes) < OperatorRules < ExpressionBinder <
CallBinder < PatternBinder < ProjectionBinder < ProcedureBinder < ClauseBinder.

What a bound tree promises: every node and relationship of a pattern has a variable; no name means two things; `*` is
replaced; `kinds` and `types` are what the schema leaves possible; `datetime()`, `date()` and `timestamp()` are
parameters of the clock; functions have their canonical spelling; `exists(n.x)` is `n.x IS NOT NULL`; `imports` of
CALL { } are explicit; ORDER BY uses the name of what is projected.
"""

from __future__ import annotations

from graph.cypher.ast import Query
from graph.cypher.binder.clauses import ClauseBinder
from graph.cypher.bound import BoundQuery
from graph.cypher.procedures import NO_PROCEDURES, Procedures
from graph.cypher.vocabulary import vocabulary_of
from graph.schema.model import Schema

__all__ = ["bind"]


def bind(query: Query, schema: Schema | None, text: str = "", procedures: Procedures = NO_PROCEDURES) -> BoundQuery:
    """Bind a tree. Without schema (open mode) any label, type and property may exist and types stay unknown.

    `text` is what the tree was parsed from, for the excerpts of diagnostics. Raises a subclass of CypherError.
    """
    return ClauseBinder(query, None if schema is None else vocabulary_of(schema), text, procedures).bind()

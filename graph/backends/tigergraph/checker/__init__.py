"""A checker of GSQL texts: grammar of the part that we write, and what a text can be held to without a server.

`check` answers the first problem of a query, or None. With a schema it also holds vertex types, edge types, directions
of edges and attributes against it. What passes is syntax-checked: whether a server accepts it, only a server can say.
"""

from __future__ import annotations

from graph.backends.tigergraph.checker.catalog import Catalog
from graph.backends.tigergraph.checker.definitions import check_definitions
from graph.backends.tigergraph.checker.statements import QueryChecker
from graph.backends.tigergraph.checker.tokens import GsqlTextError

__all__ = ["Catalog", "GsqlTextError", "check", "check_definitions", "verify"]


def check(text: str, catalog: Catalog | None = None) -> GsqlTextError | None:
    """The first problem of one CREATE QUERY statement; None where there is none."""
    try:
        verify(text, catalog)
    except GsqlTextError as error:
        return error
    return None


def verify(text: str, catalog: Catalog | None = None) -> None:
    """Check one CREATE QUERY statement. Raises GsqlTextError."""
    QueryChecker(text, catalog).query()

"""How much of the catalogue there is in GSQL, and passes the checker. Syntax-checked: no server runs any of it here."""

from __future__ import annotations

from bench.figures import Figure
from core.errors import UnsupportedConstructError
from graph.backends.tigergraph.checker import Catalog, check
from graph.backends.tigergraph.generate import PACK, compiled
from graph.queries.catalogue import load_catalogue
from graph.schema.load import load_schema


def gsql_figures() -> list[Figure]:
    """One figure: the percentage of the catalogue's queries that compile to GSQL and pass the checker."""
    schema = load_schema(PACK)
    catalog = Catalog.of(schema)
    queries = load_catalogue().values()
    passed = 0
    for query in queries:
        try:
            passed += check(compiled(query, schema).text, catalog) is None
        except UnsupportedConstructError:
            continue
    share = 100 * passed / len(queries)
    name = "catalogue queries in GSQL that pass the checker (syntax-checked)"
    return [Figure("B", name, share, f"% of {len(queries)}", target="100 %", met=passed == len(queries))]

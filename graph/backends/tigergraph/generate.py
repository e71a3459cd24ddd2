"""`python -m graph.backends.tigergraph.generate`: write the installed-query files of the catalogue, one per query.

Each file is compiled from the catalogue's Cypher and must pass the checker. A test fails when one has drifted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from graph.backends.tigergraph.compiler import GRAPH, GsqlCompiler
from graph.backends.tigergraph.ddl import schema_text
from graph.backends.tigergraph.parameters import Given
from graph.cypher import types
from graph.cypher.bound import BoundQuery, CypherType
from graph.cypher.prepare import prepare
from graph.queries.catalogue import CatalogueQuery, load_catalogue
from graph.schema.load import load_schema
from graph.schema.model import Schema

FOLDER: Final = Path(__file__).parents[2] / "queries" / "gsql"
PACK: Final = "it_estate"

_TYPES: Final[Mapping[str, CypherType]] = {
    "string": types.STRING,
    "integer": types.INTEGER,
    "float": types.FLOAT,
    "boolean": types.BOOLEAN,
    "date": types.DATE,
    "instant": types.INSTANT,
}


@dataclass(frozen=True, slots=True)
class InstalledQuery:
    """A query of the catalogue in GSQL, with what its answer prints."""

    name: str
    text: str


def compiled(query: CatalogueQuery, schema: Schema) -> InstalledQuery:
    """One query of the catalogue. Raises UnsupportedConstructError where GSQL cannot say it."""
    text = compiler_of(query, schema).text()
    head = [
        f"// {query.title_en}",
        "// Generated from the catalogue; syntax-checked, never run on a server.",
    ]
    return InstalledQuery(query.name, "\n".join([*head, text]))


def compiler_of(query: CatalogueQuery, schema: Schema) -> GsqlCompiler:
    """The compiler of a query of the catalogue, which knows the types and defaults of its parameters."""
    bound = with_types(prepare(query.text, schema), query)
    given = Given(
        {parameter.name: parameter.default for parameter in query.parameters if not parameter.required},
        frozenset(p.name for p in query.parameters if p.required or p.default is not None),
    )
    return GsqlCompiler(bound, schema, name=query.name, given=given)


def with_types(bound: BoundQuery, query: CatalogueQuery) -> BoundQuery:
    """The query with the types that the catalogue declares for its parameters."""
    declared = {p.name: _TYPES.get(p.type, types.STRING) for p in query.parameters}
    return replace(bound, parameters={name: declared.get(name, of) for name, of in bound.parameters.items()})


def files() -> Iterator[tuple[Path, str]]:
    """Every generated file with its content: the schema, then the queries."""
    schema = load_schema(PACK)
    yield FOLDER / f"{GRAPH}_schema.gsql", schema_text(schema)
    for query in load_catalogue().values():
        yield FOLDER / f"{query.name}.gsql", compiled(query, schema).text


def main() -> None:
    """Write every file, and remove those whose query is no more."""
    FOLDER.mkdir(exist_ok=True)
    made = dict(files())
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    for path in FOLDER.glob("*.gsql"):
        if path not in made:
            path.unlink()


if __name__ == "__main__":
    main()

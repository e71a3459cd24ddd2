"""`jumeau catalogue`: the named queries."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.answers import print_result
from cli.asking import asking
from cli.export import FormulasOption, ToOption, order_for, write
from cli.options import (
    AsOfOption,
    BackendOption,
    BranchOption,
    OutputOption,
    ParamOption,
    PerimeterOption,
    parse_parameters,
)
from cli.output import Output, print_json, print_rows
from core.settings import load_settings
from graph.queries.catalogue import CatalogueQuery, load_catalogue
from services.moments import Asked

app = typer.Typer(no_args_is_help=True, help="Named, documented queries.")


@app.command("list")
def list_queries(output: OutputOption = Output.TABLE) -> None:
    """List the named queries with their parameters."""
    queries = list(load_catalogue().values())
    if output is Output.JSON:
        print_json([_described(query) for query in queries])
        return
    rows = [(q.name, q.title_en, q.title_fr, " ".join(_signature(q))) for q in queries]
    print_rows(("name", "title", "titre", "parameters"), rows, output)


@app.command("run")
def run(
    name: Annotated[str, typer.Argument(help="Name of the query, see `jumeau catalogue list`.")],
    param: ParamOption = None,
    as_of: AsOfOption = None,
    branch: BranchOption = None,
    as_perimeter: PerimeterOption = None,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
    to: ToOption = None,
    keep_formulas: FormulasOption = False,
) -> None:
    """Run a named query. Example: jumeau catalogue run downstream_impact --param ci=srv-par-0001"""
    settings = load_settings(backend=backend)
    parameters = parse_parameters(param)
    if to is not None:
        asked = Asked(as_of, branch)
        write(settings, order_for(to, as_perimeter, asked, keep_formulas, catalogue=name, parameters=parameters), to)
        return
    with asking(settings, as_perimeter, Asked(as_of, branch)) as twin:
        print_result(twin.named(name, parameters), output, name)


def _signature(query: CatalogueQuery) -> list[str]:
    return [f"{p.name}:{p.type}" + ("" if p.required else f"={p.default}") for p in query.parameters]


def _described(query: CatalogueQuery) -> dict[str, object]:
    return {
        "name": query.name,
        "title": {"en": query.title_en, "fr": query.title_fr},
        "description": query.description,
        "parameters": [
            {"name": p.name, "type": p.type, "required": p.required, "default": p.default} for p in query.parameters
        ],
        "cypher": query.text,
    }

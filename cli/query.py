"""`jumeau query`: Cypher, on this machine's twin or through the server that has it open; without a text, a console."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from cli.answers import print_result
from cli.asking import asking
from cli.console import converse
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
from cli.output import Output
from core.errors import UsageError
from core.settings import load_settings
from graph.cypher.explain import explained
from graph.schema.load import load_schema
from services.moments import Asked


def query(
    text: Annotated[
        str | None,
        typer.Argument(help="Cypher text, or - to read it from standard input. Without it, the interactive console."),
    ] = None,
    param: ParamOption = None,
    params_file: Annotated[
        Path | None, typer.Option("--params-file", help="Parameters as a JSON or YAML mapping; --param wins.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show each stage of the query, its estimated cost, and what would run.")
    ] = False,
    as_of: AsOfOption = None,
    branch: BranchOption = None,
    as_perimeter: PerimeterOption = None,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
    to: ToOption = None,
    keep_formulas: FormulasOption = False,
) -> None:
    """Run Cypher (read-only) and print its rows; without a text, talk: queries end with a semicolon.

    Examples:

      jumeau query 'MATCH (s:Server) RETURN s.os_family AS os, count(*) AS servers ORDER BY servers DESC'

      jumeau query 'MATCH (a:BusinessApplication {code: $code})-[:OWNED_BY]->(t:Team) RETURN t.name' -p code=APP-0001

      jumeau query --explain 'MATCH (s:Server)-[:OWNED_BY]->(t:Team) RETURN t.name, count(*) AS servers'

      jumeau query --as-perimeter Paiements 'MATCH (s:Server) RETURN count(*) AS servers'

      jumeau query --as-of 2026-03-31 'MATCH (s:Server) RETURN count(*) AS servers'

      jumeau query --params-file wanted.yml - < question.cypher

      jumeau query                                  (the console; :help there)

      jumeau query 'MATCH (s:Server) RETURN s.name AS name, s.os_family AS os' --to servers.parquet

      jumeau query -o csv < questions.cypher        (every statement of a file)
    """
    settings = load_settings(backend=backend)
    parameters = {**(read_parameters(params_file) if params_file else {}), **parse_parameters(param)}
    if text is None:
        if explain or to is not None:
            option = "--explain" if explain else "--to"
            raise UsageError(
                f"{option} needs a query", where="jumeau query", hint=f"jumeau query {option} ... 'MATCH ...'"
            )
        with asking(settings, as_perimeter, Asked(as_of, branch)) as twin:
            code = converse(twin, load_schema(settings.pack), output, parameters)
        raise typer.Exit(code)
    if text == "-":
        text = sys.stdin.read()
    if to is not None:
        if explain:
            raise UsageError("--explain gives no rows to export", where="jumeau query", hint="leave one of both out")
        asked = Asked(as_of, branch)
        write(settings, order_for(to, as_perimeter, asked, keep_formulas, query=text, parameters=parameters), to)
        return
    if explain and explained(text) is None:
        text = f"EXPLAIN {text}"
    with asking(settings, as_perimeter, Asked(as_of, branch)) as twin:
        print_result(twin.cypher(text, parameters), output)


def read_parameters(path: Path) -> dict[str, Any]:
    """The mapping of a parameter file: JSON, or YAML, of which JSON is a part. Raises UsageError."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the parameters cannot be read: {error}", where=str(path), hint="give a JSON or YAML file"
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark is not None else str(path)
        raise UsageError(
            "the file is neither JSON nor YAML", where=where, hint="write NAME: VALUE, one a line"
        ) from error
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise UsageError(
            "the file holds no mapping of names to values", where=str(path), hint="write NAME: VALUE, one a line"
        )
    return {name: plain(value) for name, value in content.items()}


def plain(value: Any) -> Any:
    """A value as JSON has it: YAML's dates become ISO 8601."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value

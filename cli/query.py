"""`jumeau query`: one Cypher query, on this machine's twin or through the server that has it open."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from cli.options import BackendOption, OutputOption, ParamOption, parse_parameters
from cli.output import Output, print_json, print_rows, say
from core.settings import load_settings
from services.query import QueryService
from services.rendezvous import running_server
from services.twin import open_twin


def query(
    text: Annotated[str, typer.Argument(help="Cypher text, or - to read it from standard input.")],
    param: ParamOption = None,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Run a Cypher query (read-only) and print its rows.

    Examples:

      jumeau query 'MATCH (s:Server) RETURN s.os_family AS os, count(*) AS servers ORDER BY servers DESC'

      jumeau query 'MATCH (a:BusinessApplication {code: $code})-[:OWNED_BY]->(t:Team) RETURN t.name' -p code=APP-0001
    """
    settings = load_settings(backend=backend)
    parameters = parse_parameters(param)
    if text == "-":
        text = sys.stdin.read()
    server = running_server(settings.home) if settings.backend_url.startswith("embedded:") else None
    if server is not None:
        content = server.post("/api/query", {"query": text, "parameters": parameters})
    else:
        with open_twin(settings) as twin:
            content = QueryService(twin).cypher(text, parameters).to_dict()
    print_result(content, output)


def print_result(content: dict[str, Any], output: Output, title: str | None = None) -> None:
    """Print the envelope of an answer; what a person must know beside the rows goes to standard error."""
    if output is Output.JSON:
        print_json(content)
        return
    print_rows(content["columns"], content["rows"], output, title)
    rows = f"{len(content['rows'])} rows" + (", cut at the row cap" if content["truncated"] else "")
    engine = f"{content['backend']}, {content['engine']}, sequence {content['sequence']}"
    say(f"{rows} in {content['elapsed_ms']:.1f} ms ({engine})")
    for note in content["notes"]:
        say(f"note: {note}")
    if content["sequence"] < content["ledger_sequence"]:
        say(f"note: the ledger is at {content['ledger_sequence']}; the graph has not followed yet")

"""`jumeau graph`: rebuild a backend from the ledger, verify backends against it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.export import graph_export
from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, progress_bars, say
from core.settings import load_settings
from services.maintenance import rebuild, verification_to_dict, verify_backends
from services.rendezvous import running_server

app = typer.Typer(no_args_is_help=True, help="The graph backends as projections of the ledger.")
UNEQUAL = 1
app.command("export")(graph_export)


@app.command("rebuild")
def rebuild_command(
    backend: Annotated[str, typer.Option("--backend", help="URL of the backend to empty and rebuild.")],
) -> None:
    """Empty a backend and rebuild it from the ledger. Example: jumeau graph rebuild --backend neo4j://127.0.0.1:7687"""
    settings = load_settings(backend=backend)
    with progress_bars() as advance:
        sequence = rebuild(settings, settings.backend_url, lambda done, wanted: advance("project", done, wanted))
    say(f"rebuilt up to sequence {sequence}")


@app.command("verify")
def verify_command(
    backend: Annotated[
        list[str] | None, typer.Option("--backend", help="URL of a backend; repeatable. Default: the configured one.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Compare backends with the ledger: counts per kind, content checksum, first differences by name.

    Exit code 1 where they are unequal. Example: jumeau graph verify --backend embedded --backend neo4j://127.0.0.1:7687
    """
    settings = load_settings()
    urls = [load_settings(backend=url).backend_url for url in backend or [settings.backend_url]]
    server = running_server(settings.home)
    if server is not None and any(url.startswith("embedded:") for url in urls):
        content = server.post("/api/graph/verify")
        others = [url for url in urls if not url.startswith("embedded:")]
        if others:
            content = _merged(content, verification_to_dict(verify_backends(settings, others)))
    else:
        content = verification_to_dict(verify_backends(settings, urls))
    _print(content, output)
    if not content["equal"]:
        raise typer.Exit(UNEQUAL)


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {**one, "backends": one["backends"] + other["backends"], "equal": one["equal"] and other["equal"]}


def _print(content: dict[str, Any], output: Output) -> None:
    if output is Output.JSON:
        print_json(content)
        return
    ledger = content["ledger"]
    rows = [("ledger", ledger["sequence"], ledger["checksum"], sum(ledger["counts"].values()), "")]
    for backend in content["backends"]:
        equal = "equal" if backend["equal"] else "UNEQUAL"
        rows.append((backend["url"], backend["sequence"], backend["checksum"], sum(backend["counts"].values()), equal))
    print_rows(("store", "sequence", "checksum", "elements", ""), rows, output)
    for backend in content["backends"]:
        for d in backend["differences"]:
            what = f"{d['attribute']}: expected {d['expected']}, found {d['found']}" if d["attribute"] else ""
            say(f"{backend['url']}: {d['kind']} {d['element']} {d['problem']} {what}")

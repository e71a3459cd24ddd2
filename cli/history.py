"""`jumeau history`: what happened to one element."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows
from core.settings import load_settings
from services.history import HistoryService
from services.rendezvous import running_server
from services.twin import open_twin

COLUMNS = ("when", "who", "source", "run", "what", "kind", "attribute", "before", "after")


def history(
    of: Annotated[str, typer.Argument(help="Id, name, number, code or alias; what is gone by its id only.")],
    kind: Annotated[str, typer.Option(help="Kind among which the name is looked for.")] = "ConfigurationItem",
    relations: Annotated[bool, typer.Option("--relations", help="Tell the events of its relations too.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Who changed an element, what, when, from which source and run, oldest first.

    Examples: jumeau history srv-par-0001; jumeau history 'Payments' --kind BusinessService --relations
    """
    settings = load_settings()
    server = running_server(settings.home) if settings.backend_url.startswith("embedded:") else None
    if server is not None:
        content = server.post("/api/history", {"of": of, "kind": kind, "relations": relations})
    else:
        with open_twin(settings) as twin:
            content = HistoryService(twin).of(of, kind=kind, relations=relations)
    if output is Output.JSON:
        print_json(content)
    else:
        print_rows(COLUMNS, [row for entry in content["entries"] for row in _rows(entry)], output, content["element"])


def _rows(entry: dict[str, Any]) -> list[tuple[Any, ...]]:
    """A line per changed attribute; an event without any is one line."""
    what = entry["operation"]
    if entry["other"] is not None:
        what += f" with {entry['other_name'] or entry['other']}"
    head = (entry["at"], entry["actor"], entry["source"], entry["run"][:8], what, entry["kind"])
    changes = [(c["attribute"], c["before"], c["after"]) for c in entry["changes"]] or [("", "", "")]
    return [(*(head if number == 0 else ("",) * len(head)), *change) for number, change in enumerate(changes)]

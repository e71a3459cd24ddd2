"""`jumeau simulate`: the futures of the twin, and single models without a graph."""

from __future__ import annotations

import typer

from cli import simulate_run, single_model

app = typer.Typer(
    no_args_is_help=True,
    help="Simulate: failures and repairs on the twin's own topology, and single models of queues, lines and repairs.",
)
app.command("run")(simulate_run.run)
app.command("model")(single_model.model)

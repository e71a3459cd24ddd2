"""`jumeau simulate`: the futures of the twin."""

from __future__ import annotations

import typer

from cli import simulate_run

app = typer.Typer(no_args_is_help=True, help="Simulate: failures and repairs on the twin's own topology.")
app.command("run")(simulate_run.run)

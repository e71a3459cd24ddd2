"""`jumeau simulate`: the futures of the twin, and single models without a graph."""

from __future__ import annotations

import typer

from cli import calibration, simulate_run, single_model

app = typer.Typer(
    no_args_is_help=True,
    help="Simulate: failures and repairs on the twin's own topology, single models, and what a log teaches of both.",
)
app.command("run")(simulate_run.run)
app.command("model")(single_model.model)
app.command("calibrate")(calibration.calibrate)
app.command("calibrations")(calibration.calibrations)

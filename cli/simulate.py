"""`jumeau simulate`: the futures of the twin, and single models without a graph."""

from __future__ import annotations

import typer

from cli import (
    calibration,
    simulate_compare,
    simulate_insight,
    simulate_line,
    simulate_optimise,
    simulate_run,
    simulate_schema,
    simulation_live,
    simulation_runs,
    single_model,
)

app = typer.Typer(
    no_args_is_help=True,
    help="Simulate: failures and repairs on the twin's own topology, single models, and what a log teaches of both.",
)
app.command("run")(simulate_run.run)
app.command("compare")(simulate_compare.compare)
app.command("optimise")(simulate_optimise.optimise)
app.command("insight")(simulate_insight.insight)
app.command("line")(simulate_line.line)
app.command("runs")(simulation_runs.runs)
app.command("show")(simulation_runs.show)
app.command("drop")(simulation_runs.drop)
app.command("live")(simulation_live.live)
app.command("schema")(simulate_schema.schema)
app.command("model")(single_model.model)
app.command("calibrate")(calibration.calibrate)
app.command("calibrations")(calibration.calibrations)

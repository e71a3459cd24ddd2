"""`jumeau health`: the scorecard of what the twin holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from analytics.health.scorecard import METRICS, Dimension
from cli.options import BackendOption, OutputOption, PerimeterOption
from cli.output import Output, print_json, print_rows, say
from core.principal import LOCAL_OPERATOR
from core.settings import load_settings
from services.health import TREND_DAYS, HealthService
from services.rendezvous import running_server
from services.twin import open_twin

COLUMNS = ("name", "items", "overall", "trend", "completeness", "correctness", "compliance", *METRICS, "most missing")
SHOWN_MISSING = 3


def health(
    by: Annotated[Dimension, typer.Option("--by", help="A line per kind, source or team.")] = Dimension.KIND,
    record: Annotated[
        bool, typer.Option("--record", help="Keep today's scorecards, for the trend of later days.")
    ] = False,
    trend_days: Annotated[
        int, typer.Option("--trend-days", min=1, help="How far the trend looks back, in days.")
    ] = TREND_DAYS,
    policy: Annotated[
        Path | None, typer.Option("--policy", help="A health policy of your own, in place of the pack's.")
    ] = None,
    as_perimeter: PerimeterOption = None,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Score completeness, correctness and compliance of the configuration items, in percent.

    A line tells how many items failed each metric. Items that are planned or decommissioned are left out.

    Examples: jumeau health; jumeau health --by team --output json; jumeau health --record
    """
    settings = load_settings(backend=backend)
    server = running_server(settings.home) if settings.backend_url.startswith("embedded:") else None
    if server is not None and policy is None:
        asked = {"by": by.value, "trend_days": trend_days, "record": record}
        seen = {} if as_perimeter is None else {"perimeters": list(as_perimeter)}
        content = server.post("/api/health/scorecard", {**asked, **seen})
    else:
        with open_twin(settings) as twin:
            service, principal = HealthService(twin, policy), LOCAL_OPERATOR.narrowed(as_perimeter)
            if record:
                service.record(principal)
            content = service.scorecard(by, principal, trend_days=trend_days).to_dict()
    if output is Output.JSON:
        print_json(content)
        return
    print_rows(COLUMNS, [_row(score) for score in content["scores"]], output)
    if content["since"] is not None:
        say(f"trend: points since {content['since']}")
    for source, instant in content["sources"].items():
        say(f"source {source}: data of {instant}")
    if content["restricted"]:
        say("note: limited to your perimeter")


def _row(score: dict[str, Any]) -> tuple[Any, ...]:
    metrics = score["metrics"]
    missing = ", ".join(f"{name} {count}" for name, count in list(score["missing"].items())[:SHOWN_MISSING])
    return (
        score["name"],
        score["items"],
        score["overall"],
        score["trend"],
        score["completeness"],
        score["correctness"],
        score["compliance"],
        *(metrics[name]["failed"] for name in METRICS),
        missing,
    )

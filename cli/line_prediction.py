"""`jumeau line learn` and `predict`: figures of a line learned from simulated runs, with their error, and asked within what was learned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, progress_bars, say
from core.errors import UsageError

LEARNED = (
    "metric",
    "mean value",
    "error",
    "low",
    "high",
    "baseline error",
    "low",
    "high",
    "baseline",
    "within interval",
    "noise",
)
PREDICTED = ("metric", "mean", "low", "high", "closed form")


def learn(
    study: Annotated[Path, typer.Argument(help="The study: a line, ranges of its parameters, metrics; a YAML file.")],
    to: Annotated[Path | None, typer.Option("--to", help="Write what was learned into this file, for predict.")] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Learn figures of a line from simulated runs all over the ranges of its parameters, and tell the error on runs held out.

    The error is the mean absolute one, with its 95 % interval, beside that of the closed form (or of the mean, where there is no
    formula) on the same runs. `within interval` is the share of held-out runs that the intervals held.

    Example: jumeau line learn study.yml --to learned.json
    """
    from simulate.extra import needs_the_extra  # here: other commands need neither numba nor scikit-learn

    with needs_the_extra():
        from cli.simulating import stopping
        from simulate.line_prediction.learn import learn as learn_it
        from simulate.line_prediction.store import write_learned
        from simulate.line_prediction.study import read_study

        read, line = read_study(study)
        with progress_bars() as advance, stopping() as stopped:
            found = learn_it(read, line, lambda done, total: advance("points", done, total), lambda: stopped() > 0)
        if to is not None:
            write_learned(found, to)
    if output is Output.JSON:
        print_json({"name": found.name, "metrics": found.held_out, "written": None if to is None else str(to)})
        return
    print_rows(LEARNED, [_row(metric, told) for metric, told in found.held_out.items()], output, found.name)
    say(
        f"learned from {read.runs} points of {read.replications} replications, held against {read.held_out} others, seed {read.seed}"
    )
    if to is not None:
        say(f"written: {to}")


def predict(
    learned: Annotated[Path, typer.Argument(help="What `jumeau line learn --to` wrote.")],
    values: Annotated[list[str], typer.Argument(help="Every parameter: reference/machine_a_time=5.5 ...")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Predict figures of a line without playing it, each with its interval, at a point within the ranges that were learned from.

    Outside of them nothing is known, and it is refused (SIMULATION_EXTRAPOLATION). The interval is where the mean of as many
    replications as were learned from would lie.

    Example: jumeau line predict learned.json reference/machine_a_time=5.5 reference/arrival_rate=4
    """
    from simulate.extra import needs_the_extra

    given = _values(values)
    with needs_the_extra():
        from simulate.line_prediction.store import read_learned

        found = read_learned(learned).predict(given)
    rows = [
        (metric, _shown(one.mean), _shown(one.low), _shown(one.high), _shown(one.closed_form))
        for metric, one in found.items()
    ]
    if output is Output.JSON:
        print_json(
            {
                metric: {"mean": one.mean, "low": one.low, "high": one.high, "closed_form": one.closed_form}
                for metric, one in found.items()
            }
        )
    else:
        print_rows(PREDICTED, rows, output)


def _row(metric: str, told: Any) -> tuple[Any, ...]:
    error, baseline = told["error"], told["baseline_error"]
    return (
        metric,
        _shown(told["mean_value"]),
        *(_shown(error[name]) for name in ("mean", "low", "high")),
        *(_shown(baseline[name]) for name in ("mean", "low", "high")),
        told["baseline"],
        f"{told['within_interval']:.1%}",
        _shown(told["noise_of_runs"]),
    )


def _values(texts: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in texts:
        name, _, value = text.rpartition("=")
        try:
            found[name] = float(value)
        except ValueError:
            name = ""
        if not name:
            raise UsageError(f"{text!r} is no value of a parameter", where="values", hint="stages/bake/machines=8")
    return found


def _shown(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")

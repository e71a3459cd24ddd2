"""`make bench`: measure every figure that an issue names, print them, write bench/results.json; `ONLY="loading"` for some."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

from bench import (
    ask,
    catalogue,
    first_light,
    front_end,
    history,
    line,
    loading,
    optimiser,
    perimeter,
    service,
    shapes,
    shapes_executor,
    simulation,
    simulation_models,
)
from bench.figures import Figure, write
from cli.output import Output, print_rows

ROOMS: Mapping[str, Callable[[], list[Figure]]] = {
    "first_light": first_light.measure,
    "catalogue": catalogue.measure,
    "ask": ask.measure,
    "front_end": front_end.measure,
    "perimeter": perimeter.measure,
    "history": history.measure,
    "loading": loading.measure,
    "service": service.measure,
    "shapes_executor": shapes_executor.measure,
    "shapes": shapes.measure,
    "optimiser": optimiser.measure,
    "line": line.measure,
    "simulation": simulation.measure,
    "simulation_models": simulation_models.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*", help=f"what to measure, of {', '.join(ROOMS)}; everything by default")
    wanted = parser.parse_args().rooms or list(ROOMS)
    unknown = [room for room in wanted if room not in ROOMS]
    if unknown:
        parser.error(f"there is no {unknown[0]}; there are {', '.join(ROOMS)}")
    figures = [figure for room in wanted for figure in ROOMS[room]()]
    write(figures)
    rows = [(f.issue, f.name, f.value, f.unit, f.target, f.baseline, f.ratio, f.met) for f in figures]
    print_rows(("issue", "figure", "value", "unit", "target", "baseline", "ratio", "met"), rows, Output.TABLE)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`make bench`: measure every figure that an issue names, print them, write bench/results.json."""

from __future__ import annotations

import sys

from bench import catalogue, first_light, front_end, history, loading, perimeter, shapes, shapes_executor
from bench.figures import Figure, write
from cli.output import Output, print_rows


def main() -> int:
    figures: list[Figure] = [
        *first_light.measure(),
        *catalogue.measure(),
        *front_end.measure(),
        *perimeter.measure(),
        *history.measure(),
        *loading.measure(),
        *shapes_executor.measure(),
        *shapes.measure(),
    ]
    write(figures)
    rows = [(f.issue, f.name, f.value, f.unit, f.target, f.baseline, f.ratio, f.met) for f in figures]
    print_rows(("issue", "figure", "value", "unit", "target", "baseline", "ratio", "met"), rows, Output.TABLE)
    return 0


if __name__ == "__main__":
    sys.exit(main())

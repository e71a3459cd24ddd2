"""Eight hours of use in fifteen minutes, and what a server holds afterwards. `make bench-soak`; a quarter of an hour.

Visitors of every kind (questions, pages, exports, exports that are left, listeners, listeners that vanish, errors) come all the
time, and an estate of 2,000 servers is loaded every twenty seconds. The server is a process of its own, on loopback.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure, write
from cli.output import Output, print_rows
from tests.soak.soaking import EIGHT_HOURS, FLAT, soak

SERVERS = 2_000


def measure() -> list[Figure]:
    """How much memory grows, and what else is left."""
    with TemporaryDirectory() as folder:
        seen = soak(Path(folder), EIGHT_HOURS, SERVERS)
    of = f"soak, eight hours of use in fifteen minutes, {SERVERS:,} servers"
    rise, level = seen.rise(EIGHT_HOURS.lasts), seen.before.memory
    target, ratio = f"<= {FLAT:.0%} of what is held when warm", round(rise / level, 4)
    left, failed = int(seen.left), len(seen.visitors.failed)
    return [
        Figure(
            "F", f"{of}: memory gained", round(rise, 1), "MiB", target, round(level, 1), ratio, rise <= FLAT * level
        ),
        Figure("F", f"{of}: threads after beside before", seen.after.threads, "", None, seen.before.threads),
        Figure("F", f"{of}: open files after beside before", seen.after.files, "", None, seen.before.files),
        Figure("F", f"{of}: requests, listeners and connections that are left", left, "", "0", met=left == 0),
        Figure("F", f"{of}: acts of visitors that failed", failed, "", "0", met=failed == 0),
        Figure("F", f"{of}: acts of visitors", sum(seen.visitors.done.values()), ""),
    ]


if __name__ == "__main__":
    figures = measure()
    write(figures)
    print_rows(("figure", "value", "unit", "met"), [(f.name, f.value, f.unit, f.met) for f in figures], Output.TABLE)
    sys.exit(0)

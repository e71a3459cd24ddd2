"""A process that writes to a trail: `python -m tests.services.audit.writer URL NAME ENTRIES` prints the numbers that it got."""

from __future__ import annotations

import json
import sys

from services.audit.trail import Trail
from tests.services.audit.conftest import entry


def main(url: str, name: str, entries: int) -> None:
    trail = Trail(url)
    numbers = [number for at in range(entries) for number in trail.append([entry(at, who=name), entry(at, who=name)])]
    trail.close()
    print(json.dumps(numbers))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

"""`python -m scripts.advisories [DATABASE]`: hold the lock against a database of advisories.

The database is OSV's archive of PyPI (`PyPI/all.zip`), as a file, a folder of its entries or an https address, given here or as
JUMEAU_ADVISORIES. Exit code 0 where nothing is found, 1 where something is, 2 where no audit was made.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from scripts.advisories.audit import accepted, audit, locked
from scripts.advisories.database import NotAuditedError, read_database

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str], now: datetime) -> int:
    """The exit code; what is found goes to standard output, why no audit was made to standard error."""
    place = next(iter(arguments), "") or os.environ.get("JUMEAU_ADVISORIES", "")
    try:
        if not place:
            raise NotAuditedError("no database of advisories is named; name one as JUMEAU_ADVISORIES")
        packages = locked(ROOT / "requirements.lock")
        advisories = read_database(place, now)
        found = audit(packages, advisories, accepted(Path(__file__).with_name("accepted.toml")), now.date())
    except NotAuditedError as error:
        print(f"NOT AUDITED for known vulnerabilities: {error}", file=sys.stderr)
        return 2
    for finding in found:
        print(finding)
    print(f"{len(packages)} packages held against {len(advisories):,} advisories: {len(found)} found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], datetime.now(UTC)))

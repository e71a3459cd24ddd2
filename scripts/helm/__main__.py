"""`python -m scripts.helm`: build the pinned helm and print where it is."""

from __future__ import annotations

import sys

from scripts.helm.build import HelmUnavailableError, build


def main() -> int:
    """Exit code 0 when there is a helm, 1 when none can be had."""
    try:
        print(build(lambda text: print(text, file=sys.stderr)))
    except HelmUnavailableError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

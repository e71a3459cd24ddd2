"""`python -m scripts.compose`: build the pinned program of the Compose specification and print where it is."""

from __future__ import annotations

import sys

from scripts.compose import COMPOSE

if __name__ == "__main__":
    sys.exit(COMPOSE.main())

"""`python -m scripts.helm`: build the pinned helm and print where it is."""

from __future__ import annotations

import sys

from scripts.helm.build import HELM

if __name__ == "__main__":
    sys.exit(HELM.main())

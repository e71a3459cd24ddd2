"""The pinned `helm`: built from its source, or a helm 3 that is there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from scripts.go_program import GoProgram, ProgramUnavailableError

HELM: Final = GoProgram("helm", "helm.sh/helm/v3/cmd/helm", "v3.18.6")


def find() -> Path:
    """The helm that was built, else one of major version 3 in PATH. Raises ProgramUnavailableError."""
    if (built := HELM.built()) is not None:
        return built
    found = shutil.which("helm")
    if found is None:
        raise ProgramUnavailableError("no `helm` in PATH and none built: `python -m scripts.helm` builds it with Go")
    said = subprocess.run(
        [found, "version", "--short"], capture_output=True, text=True, timeout=60, check=False
    ).stdout.strip()
    if said.startswith("v3."):
        return Path(found)
    raise ProgramUnavailableError(f"{found} is {said or 'silent about its version'}; helm 3 is needed")

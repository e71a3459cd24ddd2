"""What lies beside the project: the hand-out's checker and examples, where they are present."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

SHARED = Path(__file__).parents[5] / "shared"
EXAMPLES = SHARED / "reference" / "gsql_examples.gsql"
CHECKER = SHARED / "tools" / "gsqlcheck.py"


def examples() -> list[str]:
    """The example queries of the hand-out; none where it is absent."""
    if not EXAMPLES.exists():
        return []
    return ["CREATE" + part for part in EXAMPLES.read_text(encoding="utf-8").split("CREATE")[1:]]


def other_checker() -> Callable[[str], str | None] | None:
    """The hand-out's syntax checker: text to problem, or None where it is absent."""
    if not CHECKER.exists():
        return None
    spec = importlib.util.spec_from_file_location("gsqlcheck", CHECKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    check: Callable[[str], str | None] = module.check
    return check

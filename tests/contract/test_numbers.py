"""The contract's page and its tests speak of the same behaviours."""

from __future__ import annotations

import re

from tests.conftest import ROOT


def test_every_numbered_behaviour_has_a_test_and_every_test_a_number() -> None:
    page = (ROOT / "docs" / "reference" / "repository.md").read_text(encoding="utf-8")
    stated = set(re.findall(r"\*\*(\d+\.\d+)\*\*", page))
    cited: set[str] = set()
    for path in (ROOT / "tests" / "contract").glob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        cited |= {".".join(numbers) for numbers in re.findall(r"def test_(\d+)_(\d+)_", text)}
        cited |= set(re.findall(r'^\s+(?:\(\s*)?"(\d+\.\d+)[ "]', text, re.MULTILINE))
    assert cited == stated

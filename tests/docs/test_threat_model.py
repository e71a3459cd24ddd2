"""The threat model names tests that exist, and looks at every door from all sides."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "explanation" / "threat-model.md").read_text(encoding="utf-8")
CITED = sorted(set(re.findall(r"`(tests/[^`]+)`", TEXT)))
DOORS = {door.splitlines()[0]: door for door in re.split(r"^## (?=\d)", TEXT, flags=re.MULTILINE)[1:]}


@pytest.mark.parametrize("cited", CITED)
def test_a_test_that_the_threat_model_names_exists(cited: str) -> None:
    name, _, function = cited.partition("::")
    path = ROOT / name
    assert path.is_file(), f"{name} does not exist"
    if function:
        assert re.search(rf"^def {re.escape(function)}\(", path.read_text(encoding="utf-8"), re.MULTILINE), cited


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_door_is_looked_at_from_all_sides_and_every_threat_is_countered_shown_or_owned_up_to(door: str) -> None:
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in door.splitlines() if re.match(r"\| [A-Z] \|", line)
    ]
    assert [row[0] for row in rows] == list("STRIDE")
    for _, threat, countered, shown in rows:
        assert threat
        assert "`tests/" in shown or "**open**" in countered or "**accepted**" in countered, threat


def test_there_are_doors_and_tests_to_look_at() -> None:
    assert len(DOORS) == 13
    assert len(CITED) > 30

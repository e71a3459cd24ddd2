"""The list of scenarios that we fail, each with its reason: `known_failures.yml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import yaml

from tests.tck.scenario import Outcome

PATH: Final = Path(__file__).with_name("known_failures.yml")


def known_failures() -> Mapping[str, str]:
    """Reason by key of scenario. A key may stop before `#`: it then means every example. Raises ValueError."""
    listed = yaml.safe_load(PATH.read_text(encoding="utf-8")) or {}
    found: dict[str, str] = {}
    for entry in listed.get("failures", ()):
        for key in entry["scenarios"]:
            if key in found:
                raise ValueError(f"{PATH.name} lists {key!r} twice")
            found[key] = entry["reason"]
    return found


def surprises(outcomes: Iterable[Outcome], known: Mapping[str, str]) -> list[str]:
    """What the list does not say: failures that it lacks, and what it lists that passes, or that the kit has not."""
    said = []
    unseen = set(known)
    for outcome in outcomes:
        key = outcome.scenario.key
        listed = key if key in known else key.partition(" #")[0]
        unseen.discard(listed)
        if outcome.passed and listed in known:
            said.append(f"{key} passes now: take it off {PATH.name}")
        elif not outcome.passed and listed not in known:
            said.append(f"{key} fails ({outcome.category.value}): {outcome.seen}")
    return said + [f"{key} is no scenario of the kit" for key in sorted(unseen)]

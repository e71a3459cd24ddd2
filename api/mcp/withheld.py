"""What no tool hands to a model: secrets and means of payment that some source holds in a text, whoever asks for it.

What answers a tool is read by a model that the twin has not chosen and no policy speaks of, so that what may go nowhere by default is
masked here. Data of persons and addresses of the house go with the rights of who asks, as at every other door.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from core.sensitive import NEVER_TOLD, find, masked

_SHORTEST: Final = 6  # no secret that is known by its form is shorter


def withheld(content: dict[str, Any]) -> dict[str, Any]:
    """The content as a tool may tell it; under `withheld`, how many values of which class were masked, where any was."""
    found: Counter[str] = Counter()
    known: dict[str, str] = {}
    shown: dict[str, Any] = _shown(content, known, found)
    return {**shown, "withheld": dict(sorted(found.items()))} if found else shown


def _shown(part: Any, known: dict[str, str], found: Counter[str]) -> Any:
    if isinstance(part, str):
        if len(part) < _SHORTEST:
            return part
        if part not in known:
            findings = [one for one in find(part) if one.data_class in NEVER_TOLD]
            found.update(one.data_class.value for one in findings)
            known[part] = masked(part, NEVER_TOLD) if findings else part
        return known[part]
    if isinstance(part, dict):
        return {name: _shown(value, known, found) for name, value in part.items()}
    return [_shown(one, known, found) for one in part] if isinstance(part, list) else part

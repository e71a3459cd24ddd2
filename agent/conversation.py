"""A conversation as doors take it: the questions before, and what the last of them was understood as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.producer import Turn
from agent.query.codec import read_question


def turns(earlier: Sequence[str], understood: Mapping[str, Any] | None = None) -> tuple[Turn, ...]:
    """The turns of a conversation, the latest last. `understood`: what an answer said under that name, of the latest.

    It is read as strictly as what a model writes, and nothing is run from it. Raises IntermediateQueryError.
    """
    if not earlier:
        return ()
    last = None if understood is None else read_question(understood)
    return (*(Turn(text) for text in earlier[:-1]), Turn(earlier[-1], last))

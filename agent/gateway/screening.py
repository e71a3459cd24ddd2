"""What of a conversation may go to a provider: allowed as it is, masked, or kept here, and the reason for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agent.gateway.policy import Handling, Policy
from core.sensitive import DataClass, find, masked

Speaker = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Message:
    """One part of a conversation. `data` are classes that its sender declares it to hold, beside those that are found in it."""

    speaker: Speaker
    text: str
    data: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Screened:
    """A conversation as it may be sent, and what was decided; `classes` counts findings. Blocked ones have no messages."""

    decision: Handling
    messages: tuple[Message, ...]
    classes: Mapping[str, int]
    reason: str


def screen(messages: Sequence[Message], provider: str, policy: Policy) -> Screened:
    """Apply the policy to a conversation on its way to a provider."""
    found: Counter[str] = Counter()
    for message in messages:
        found.update(finding.data_class.value for finding in find(message.text))
        found.update(message.data)
    handling = {name: policy.handling(name, provider) for name in found}
    kept = sorted(name for name, how in handling.items() if how is Handling.BLOCK)
    hidden = frozenset(name for name, how in handling.items() if how is Handling.MASK)
    if kept:
        return Screened(Handling.BLOCK, (), dict(found), f"{', '.join(kept)} may not go to {provider}")
    if hidden:
        shown = tuple(_masked(message, hidden) for message in messages)
        return Screened(Handling.MASK, shown, dict(found), f"{', '.join(sorted(hidden))} masked for {provider}")
    reason = f"{', '.join(sorted(found))} may go to {provider}" if found else "nothing found"
    return Screened(Handling.ALLOW, tuple(messages), dict(found), reason)


def _masked(message: Message, hidden: frozenset[str]) -> Message:
    """A message without what is hidden; declared data has no place in the text, so all of the text goes."""
    if declared := sorted(message.data & hidden):
        return replace(message, text=f"[{', '.join(declared).upper()} WITHHELD]")
    classes = frozenset(one for one in DataClass if one.value in hidden)
    return replace(message, text=masked(message.text, classes))

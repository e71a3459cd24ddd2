"""Rates: which part of what was said is asked for, and of which whole.

What a verb says of the elements is the part; what stands before it tells the whole. Without a verb it is what stands between
"rate of" and the elements, what stands before "among", else what was said last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent.language.frame import Frame, Node
from agent.language.items import Item
from agent.language.reading.words import words
from agent.query.model import Attribute, Compare, Condition, Itself

_VERBS: Final = words("finite verbs")
_RELATIVE: Final = words("relative pronouns and where")
_OF: Final = words("of")


def prepare_rate(frame: Frame, items: Sequence[Item]) -> None:
    """Take what the part is asked for out of the pattern, which is the whole's."""
    if frame.mode != "ratio" or frame.target is None:
        return
    if not frame.rate:
        frame.rate, frame.apart = _part(frame, items)
    for node, condition in frame.rate:
        if condition in node.where:
            node.where.remove(condition)


def _part(frame: Frame, items: Sequence[Item]) -> tuple[list[tuple[Node, Condition]], list[Node]]:
    target = frame.target
    assert target is not None
    said = [one for one in frame.said if one[2] in one[1].where]
    groups = {value.of for value in frame.groups if isinstance(value, Itself)}
    nodes = [n for n in frame.nodes if n is not target and n.name not in groups and n.at < len(items)]
    ratio = next((at for at, item in enumerate(items) if "ratio" in item.turns), -1)
    named = [n for n in nodes if n.named and ratio < n.at and not any(ratio < one[0] < n.at for one in said)]
    if named and not any(ratio < n.at < named[0].at for n in frame.nodes if n not in named):
        return [], _tops(named)[:1]  # the share of RHEL 7 in the servers
    among = next((at for at, item in enumerate(items) if "among" in item.turns and at > target.at), None)
    if among is not None:
        return _from(said, nodes, target.at, among)
    if (verb := _verb(items, target.at)) is not None:
        behind = _from(said, nodes, verb, len(items))
        if behind[0] or behind[1]:
            return behind
    before = [(node, condition) for at, node, condition, _ in said if _named_by_rate(items, ratio, at, target.at)]
    if before:
        return before, []
    timeless = [one for one in said if not one[3]] or said
    timeless = [
        one for one in timeless if not _where(one[2])
    ] or timeless  # Linux servers in production: the part is Linux
    last_said = max((at for at, *_ in timeless), default=-1)
    untold = [node for node in nodes if not (node.named and timeless)]  # in the SLA of team A: the part is in the SLA
    last_node = max((node.at for node in untold), default=-1)
    if last_node > last_said:
        return [], _tops([n for n in untold if n.at == last_node])
    return [(node, condition) for at, node, condition, _ in timeless if at == last_said][-1:], []


def _from(
    said: Sequence[tuple[int, Node, Condition, bool]], nodes: Sequence[Node], start: int, end: int
) -> tuple[list[tuple[Node, Condition]], list[Node]]:
    """What was said between two items: conditions, those of periods only where there is nothing else, and elements."""
    within = [one for one in nodes if start < one.at < end]
    tops = _tops(within)
    kept = [one for one in said if start < one[0] < end and one[1] not in within]
    timeless = [one for one in kept if not one[3]]
    if not timeless and tops:
        return [], tops
    return [(node, condition) for _, node, condition, _ in timeless or kept], tops


def _tops(nodes: list[Node]) -> list[Node]:
    return [node for node in nodes if node.parent not in nodes]


def _verb(items: Sequence[Item], target: int) -> int | None:
    """Where what is said of the subject begins: its verb, else the pronoun that leads to one, else a participle."""
    waiting, first_pronoun, participle = 0, None, None
    for at in range(target + 1, len(items)):
        words = set(items[at].folded.split())
        finite = bool(words & _VERBS)
        relation = bool(items[at].means("relation")) and not items[at].means("kind")
        if not (finite or relation):
            if words & _RELATIVE:
                waiting += 1
                first_pronoun = at if first_pronoun is None else first_pronoun
            continue
        behind_pronoun = bool(set(items[at - 1].folded.split()) & _RELATIVE)
        if waiting and (finite or behind_pronoun):
            waiting -= 1
        elif finite and not waiting:
            return at
        elif participle is None and first_pronoun is None:
            participle = at
    return first_pronoun if first_pronoun is not None else participle


def _where(condition: Condition) -> bool:
    left = condition.left if isinstance(condition, Compare) else None
    return isinstance(left, Attribute) and left.name == "environment"


def _named_by_rate(items: Sequence[Item], ratio: int, at: int, target: int) -> bool:
    """Whether what is asked for is said in the name of the rate: rate of failure of changes, first level resolution rate."""
    if at >= target:
        return False
    return at < ratio or any(
        item.folded.split()[-1:] and item.folded.split()[-1] in _OF for item in items[at + 1 : target]
    )

"""Which kinds and relation types can match: labels, properties and the schema's triples applied until nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.cypher.ast import Direction, Hops, NodePattern, RelationshipPattern
from graph.cypher.vocabulary import Vocabulary

_OPPOSITE = {Direction.OUT: Direction.IN, Direction.IN: Direction.OUT, Direction.BOTH: Direction.BOTH}


@dataclass(slots=True)
class Arc:
    """A relationship between two named nodes of a MATCH, with the relation types still possible."""

    left: str
    right: str
    pattern: RelationshipPattern
    right_pattern: NodePattern
    relations: tuple[str, ...]


def narrow(arcs: Sequence[Arc], masks: dict[str, int], vocabulary: Vocabulary) -> Arc | None:
    """Narrow the kinds of every node and the types of every arc in place; the first arc that cannot match, if any."""
    sweep, changed = list(arcs), True
    while changed:
        changed = False
        for arc in sweep:
            before = masks[arc.left], masks[arc.right], arc.relations
            _narrow_arc(arc, masks, vocabulary)
            if not masks[arc.left] or not masks[arc.right] or not arc.relations:
                masks[arc.left], masks[arc.right], arc.relations = before
                return arc
            if before != (masks[arc.left], masks[arc.right], arc.relations):
                changed = True
        sweep.reverse()  # what an end of a long path says reaches the other end in one sweep
    return None


def _narrow_arc(arc: Arc, masks: dict[str, int], vocabulary: Vocabulary) -> None:
    direction = arc.pattern.direction
    left, right = masks[arc.left], masks[arc.right]
    hops = arc.pattern.hops
    if hops is None:
        arc.relations = vocabulary.between(arc.relations, direction, left, right)
    minimum, maximum = _bounds(hops)
    right &= vocabulary.walk(arc.relations, direction, minimum, maximum, left)
    left &= vocabulary.walk(arc.relations, _OPPOSITE[direction], minimum, maximum, right)
    if arc.left == arc.right:
        left = right = left & right
    masks[arc.left], masks[arc.right] = left, right


def _bounds(hops: Hops | None) -> tuple[int, int | None]:
    if hops is None:
        return 1, 1
    return 1 if hops.minimum is None else hops.minimum, hops.maximum


def reversed_fits(arc: Arc, masks: dict[str, int], vocabulary: Vocabulary) -> bool:
    """Whether the arc would match with its arrow turned round."""
    direction = arc.pattern.direction
    if direction is Direction.BOTH:
        return False
    minimum, maximum = _bounds(arc.pattern.hops)
    found = vocabulary.walk(arc.relations, _OPPOSITE[direction], minimum, maximum, masks[arc.left])
    return bool(found & masks[arc.right])


def fitting_relations(arc: Arc, masks: dict[str, int], vocabulary: Vocabulary) -> list[str]:
    """The relation types that do go between the two ends, in the arc's direction."""
    return list(vocabulary.between(vocabulary.every_relation, arc.pattern.direction, masks[arc.left], masks[arc.right]))

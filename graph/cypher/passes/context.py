"""What a pass may know beside the query."""

from __future__ import annotations

from dataclasses import dataclass

from graph.cypher.guard import QueryLimits
from graph.cypher.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class People:
    """The kinds whose elements stand for people, the personal data of any kind as (kind, attribute), and the smallest group told."""

    kinds: frozenset[str]
    personal: frozenset[tuple[str, str]]
    least: int


@dataclass(frozen=True, slots=True)
class PassContext:
    """The limits of the query and the schema's vocabulary; None in open mode.

    `restricted` where the query is asked by someone who sees some perimeters only, `kinds` are those that it may read where it
    may not read all. `people` where it is asked by someone who may not know persons.
    """

    limits: QueryLimits
    vocabulary: Vocabulary | None
    restricted: bool = False
    people: People | None = None
    kinds: frozenset[str] | None = None

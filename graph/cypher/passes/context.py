"""What a pass may know beside the query."""

from __future__ import annotations

from dataclasses import dataclass

from graph.cypher.guard import QueryLimits
from graph.cypher.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class PassContext:
    """The limits of the query and the schema's vocabulary; None in open mode.

    `restricted` where the query is asked by someone from whom parts of the graph are hidden.
    """

    limits: QueryLimits
    vocabulary: Vocabulary | None
    restricted: bool = False

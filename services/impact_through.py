"""Impact through what is hidden, for whoever may: what is reached is looked for in the whole estate, and told where it is seen.

Two questions instead of one. The first walks the whole graph and gives nothing but ids, which stay here; the second is asked like any
other, within the perimeters of who asks, of those ids that they see. Of the others it is told how many there are, and where they lie
on a path a number stands for each, which means nothing outside of its answer. So "no impact" is never false, no backend has to know of
it, and what holds for answers within perimeters holds for these (docs/adr/0049).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Final

from core.principal import Principal
from graph.cypher.ast import Query
from graph.cypher.cost import TooCostlyError
from graph.queries.catalogue import load_catalogue
from graph.queries.through import REACHED, Crossing, load_crossings, used_by
from services.access.rights import Action, allowed
from services.cost import costs_too_much
from services.query import QueryResult, QueryService

WALKER: Final = Principal("impact", perimeters=None)
"""Who walks the whole estate, of the kinds that whoever asks may read; it has no role, and what it is told is told to nobody."""
PLACEHOLDER: Final = "hidden-{}"
"""What stands for an element of a path that is hidden: a number that is its own within one answer only."""
NOT_SEEN: Final = "and {} that you may not see"
"""The note of an answer that reached what is hidden; the agent says it in the language of the question."""

_LEAST_S: Final = 0.001
_SEEN: Final = "MATCH (n) WHERE n.id IN $ids RETURN collect(n.id) AS ids"

Heard = Callable[[QueryResult], object]
"""Is told of every query that is run."""
Left = Callable[[], float | None]
"""The seconds that are left to all queries together; None for the time of a query each."""


def crosses(principal: Principal) -> bool:
    """Whether impact goes through what is outside the perimeters of this principal. Nothing goes through kinds that they may not read."""
    return principal.perimeters is not None and Action.IMPACT_THROUGH in allowed(principal)


def crossing_for(name: str, principal: Principal) -> Crossing | None:
    """How a query of the catalogue is asked for this principal where impact goes through; None where it is asked as it is."""
    return load_crossings().get(name) if crosses(principal) else None


@dataclass(frozen=True, slots=True)
class Reached:
    """The ids that were reached and are seen, in the order in which they were, and how many are hidden."""

    seen: tuple[str, ...]
    hidden: int


class ImpactThrough:
    """Questions of impact to one graph, of the present or of another moment. Raises what queries raise."""

    def __init__(self, queries: QueryService, left: Left = lambda: None, heard: Heard = lambda _: None) -> None:
        self._queries = queries
        self._left = left
        self._heard = heard

    def answer(self, crossing: Crossing, values: Mapping[str, Any], principal: Principal) -> QueryResult:
        """A query of the catalogue in two. Where an element that `values` name is not seen, nothing is reached from it."""
        started = perf_counter()
        if crossing.has_places:
            told = self._placed(crossing, values, principal)
        else:
            text, given, hidden = self.telling(crossing, values, principal)
            told = noted(self._queries.cypher(text, given, principal, self._left()), hidden)
        return replace(told, elapsed_ms=(perf_counter() - started) * 1000)

    def telling(
        self, crossing: Crossing, values: Mapping[str, Any], principal: Principal
    ) -> tuple[str, dict[str, Any], int]:
        """The question that tells what was reached, with its parameters, and how much of it is hidden. Not where there are places."""
        found = self._whole(crossing.reach, used_by(crossing.reach, values), principal)
        reached = self._parted(found.answer.rows[0][0], _starts(crossing, values), principal)
        return crossing.tell, used_by(crossing.tell, {**values, REACHED: list(reached.seen)}), reached.hidden

    def reached(self, start: str, walk: tuple[Query, Mapping[str, Any]], principal: Principal) -> Reached:
        """What a walk from `start` reaches: a tree whose one row is a list of ids. Of an element that is not seen, nothing."""
        return self._parted(self._whole(*walk, principal).answer.rows[0][0], (start,), principal)

    def path(
        self, ends: Sequence[str], walk: tuple[Query, Mapping[str, Any]], principal: Principal
    ) -> tuple[Sequence[Sequence[Any]], frozenset[str]]:
        """The rows of a walk between two elements, and the ids that are seen of the nodes in their first columns.

        No rows where an end is not seen. Whoever calls this tells nothing of the other nodes.
        """
        rows = self._whole(*walk, principal).answer.rows
        seen = self._seen({node.id for row in rows for node in row[0]}, principal)
        return (rows, seen) if seen.issuperset(ends) else ((), frozenset())

    def _placed(self, crossing: Crossing, values: Mapping[str, Any], principal: Principal) -> QueryResult:
        """A row for each place: of what is seen as it is told, of what is hidden a number alone."""
        places = self._whole(crossing.reach, used_by(crossing.reach, values), principal).answer.rows
        seen = self._seen((id_ for id_, _ in places), principal)
        if not seen.issuperset(_starts(crossing, values)):
            places = ()
        given = used_by(crossing.tell, {**values, REACHED: sorted(seen)})
        told = self._queries.cypher(crossing.tell, given, principal, self._left())
        rank = {row[0]: at for at, row in enumerate(told.answer.rows)}
        rows: list[tuple[Any, ...]] = []
        hidden: dict[str, str] = {}
        width = len(told.answer.columns) - 1
        for id_, place in sorted(places, key=lambda one: (one[1], rank.get(one[0], len(rank)))):
            if id_ in rank:
                rows.append((place, *told.answer.rows[rank[id_]][1:]))
            else:
                name = hidden.setdefault(id_, PLACEHOLDER.format(len(hidden) + 1))
                rows.append((place, *[None] * (width - 1), name))
        columns = ("distance", *told.answer.columns[1:])
        return noted(replace(told, answer=told.answer._replace(columns=columns, rows=rows)), len(hidden))

    def _parted(self, ids: Sequence[str], starts: Sequence[str], principal: Principal) -> Reached:
        """What is seen of these and how many are not; nothing at all where it was begun at what is not seen."""
        seen = self._seen((*starts, *ids), principal)
        if not seen.issuperset(starts):
            return Reached((), 0)
        return Reached(tuple(id_ for id_ in ids if id_ in seen), len(set(ids) - seen))

    def _seen(self, ids: Iterable[str], principal: Principal) -> frozenset[str]:
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return frozenset()
        found = self._queries.cypher(_SEEN, {"ids": wanted}, principal, self._left())
        self._heard(found)
        return frozenset(found.answer.rows[0][0])

    def _whole(self, question: str | Query, values: Mapping[str, Any], principal: Principal) -> QueryResult:
        """A question to the whole graph, but for kinds that may not be read. Its cost is nobody's to know."""
        queries, walker = self._queries, replace(WALKER, reads=principal.reads)
        try:
            if isinstance(question, str):
                found = queries.cypher(question, values, walker, self._left())
            else:
                found = queries.run(queries.prepare_tree(question, walker), values, walker, self._left())
        except TooCostlyError:
            raise costs_too_much() from None
        self._heard(found)
        return found


def _starts(crossing: Crossing, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of the elements that a question names: whoever asks in words may have them from anywhere."""
    parameters = load_catalogue()[crossing.name].parameters
    return tuple(values[parameter.name] for parameter in parameters if parameter.names_an_element)


def noted(result: QueryResult, hidden: int) -> QueryResult:
    """An answer that says how much it does not tell."""
    notes = (*result.answer.notes, *notes_of(hidden))
    return replace(result, answer=result.answer._replace(notes=notes), hidden=hidden)


def notes_of(hidden: int) -> tuple[str, ...]:
    """What is said of so many elements that are hidden: nothing of none."""
    return (NOT_SEEN.format(hidden),) if hidden else ()


def time_left(seconds: float | None) -> Left:
    """So many seconds from now on, for all queries together."""
    if seconds is None:
        return lambda: None
    until = perf_counter() + seconds
    return lambda: max(_LEAST_S, until - perf_counter())

"""What the rows mean that resemble elements which another source told: decided together, when all nodes of an export were read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from graph.model import Scalar
from ingest.assertion import EdgeAssertion, NodeAssertion, Place, Rejection, Told
from ingest.identity import KnownElements, reference_key
from ingest.matching import AMBIGUOUS, MATCHED, Matcher
from ingest.refusals import undecided

KeyedRow = tuple[NodeAssertion, dict[str, Scalar], list[str]]
"""A node that a row tells, its typed values, and its identity keys; its source key comes last."""


class Settlement:
    """Decides rows of one source; what it finds is noted in `known`."""

    def __init__(self, matcher: Matcher, known: KnownElements, source: str) -> None:
        self._matcher = matcher
        self._known = known
        self._source = source

    def decide(self, held: Sequence[list[KeyedRow]], relations: Callable[[], Iterable[Told]]) -> dict[Place, Rejection]:
        """Rejections of the rows that cannot be decided. `relations` tells on which hosts dependents are."""
        undecidable = self._decide(held, {})
        open_ = [rows for rows in held if rows[0][0].place not in undecidable]
        hosts = self._hosts(open_, relations)
        if hosts:
            undecidable.update(self._decide(open_, hosts))
        return undecidable

    def _decide(self, held: Sequence[list[KeyedRow]], hosts: Mapping[str, frozenset[str]]) -> dict[Place, Rejection]:
        """Give rows the keys of the elements that they mean; the ones that cannot be decided are returned."""
        matcher, known = self._matcher, self._known
        items = [
            (assertion, typed, keys)
            for rows in held
            for assertion, typed, keys in rows
            if keys
            and not any(key in known.keys for key in keys)
            and bool(matcher.hosted(assertion.kind)) == bool(hosts)
        ]
        items = list({keys[-1]: item for item in reversed(items) for keys in (item[2],)}.values())
        verdicts = matcher.verdicts(
            [(assertion.kind, typed, hosts.get(keys[-1], frozenset())) for assertion, typed, keys in items]
        )
        undecidable: dict[Place, Rejection] = {}
        for (assertion, _, keys), verdict in zip(items, verdicts, strict=True):
            if verdict.outcome == AMBIGUOUS:
                undecidable[assertion.place] = undecided(assertion, keys[-1], verdict)
            elif verdict.outcome == MATCHED:
                (element,) = verdict.candidates
                known.matched[keys[-1]] = element
                known.kinds[element] = matcher.kinds[element]
                known.stored.add(element)
        return undecidable

    def _hosts(
        self, held: Sequence[list[KeyedRow]], relations: Callable[[], Iterable[Told]]
    ) -> Mapping[str, frozenset[str]]:
        """For the rows whose rules ask for a host: the elements that the export says they run on, by source key."""
        matcher, known, source = self._matcher, self._known, self._source
        types: dict[str, str] = {}
        for rows in held:
            for assertion, _, keys in rows:
                relation = matcher.hosted(assertion.kind)
                if relation and assertion.key is not None:
                    types[keys[-1]] = relation
        if not types:
            return {}
        ends = [
            (reference_key(source, edge.start), reference_key(source, edge.end))
            for edge in relations()
            if isinstance(edge, EdgeAssertion) and types.get(reference_key(source, edge.start)) == edge.type
        ]
        known.look_up(end for _, end in ends)
        found: dict[str, set[str]] = {key: set() for key in types}
        for start, end in ends:
            host = known.matched.get(end) or known.keys.get(end)
            if host is not None:
                found[start].add(host)
        return {key: frozenset(hosts) for key, hosts in found.items()}

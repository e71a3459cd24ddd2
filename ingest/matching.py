"""Which element of the twin a row of another source means, where its own key is new: by the rules of the pack, never by a guess.

The most telling rule that finds something decides. Two elements found, two rows that mean the same one, or a more telling value that
differs: then it is ambiguous, and a person decides. Elements that the source knows by keys of its own are never meant by a new one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final

from sqlalchemy import select

from graph.history import tables
from graph.history.branch_view import BranchView
from graph.history.reader import LedgerReader
from graph.history.selection import nodes_of_kinds
from graph.model import Properties
from graph.schema.model import MatchRule, Schema
from graph.schema.vocabulary import ADDRESSES
from ingest.identity import SEPARATOR

Values = tuple[str, ...]
NEW, MATCHED, AMBIGUOUS = "new", "matched", "ambiguous"
_CROWD: Final = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a row means: a new element, one of the twin's, or what a person has to decide between; and why."""

    outcome: str
    candidates: tuple[str, ...] = ()
    rule: MatchRule | None = None
    reason: str = ""


@dataclass(slots=True)
class _Family:
    """The elements of the kinds of one family, by the values of each of its rules."""

    by_rule: dict[MatchRule, dict[Values, list[str]]] = field(default_factory=dict)
    values: dict[str, dict[MatchRule, Values]] = field(default_factory=dict)  # element -> values by rule


class Matcher:
    """Finds elements for the rows of one source. What the twin holds is read when it is first needed, by family.

    With `onto`, the elements of that branch.
    """

    def __init__(self, schema: Schema, ledger: LedgerReader, source: str, onto: BranchView | None = None) -> None:
        self._schema = schema
        self._ledger = ledger
        self._onto = onto
        self._source = source
        self._families: dict[str, _Family] = {}
        self._own: set[str] | None = None
        self._hosts: dict[str, dict[str, set[str]]] = {}
        self.kinds: dict[str, str] = {}  # of the elements that were read

    def may_match(self, kind: str, values: Properties) -> bool:
        """Whether any rule finds any element for these values, hosts left aside."""
        return any(self._found(rule, values) for rule in self._schema.kinds[kind].matching)

    def hosted(self, kind: str) -> str:
        """The relation to a host that the kind's rules ask for; empty where they ask for none."""
        return next((rule.on for rule in self._schema.kinds[kind].matching if rule.on), "")

    def verdicts(self, rows: Sequence[tuple[str, Properties, frozenset[str]]]) -> list[Verdict]:
        """What rows mean that came together: (kind, values, hosts) of each; in their order."""
        found = [self._verdict(*row) for row in rows]
        strongest: dict[str, int] = {}
        ranks = [self._rank(row[0], verdict.rule) for row, verdict in zip(rows, found, strict=True)]
        for verdict, rank in zip(found, ranks, strict=True):
            for element in verdict.candidates:
                strongest[element] = min(rank, strongest.get(element, rank))
        wanted = Counter(
            element
            for verdict, rank in zip(found, ranks, strict=True)
            for element in verdict.candidates
            if rank == strongest[element]
        )
        settled = []
        for (kind, values, _), verdict, rank in zip(rows, found, ranks, strict=True):
            kept = tuple(element for element in verdict.candidates if rank == strongest[element])
            if not kept:
                verdict = Verdict(NEW)
            elif len(kept) > 1:
                verdict = Verdict(AMBIGUOUS, kept, verdict.rule, f"{len(kept)} elements have its {_text(verdict.rule)}")
            elif against := self._against(kind, verdict.rule, values, kept):
                verdict = Verdict(AMBIGUOUS, kept, verdict.rule, against)
            elif wanted[kept[0]] > 1:
                reason = f"{wanted[kept[0]]} rows have the {_text(verdict.rule)} of one element"
                verdict = Verdict(AMBIGUOUS, kept, verdict.rule, reason)
            else:
                verdict = Verdict(MATCHED, kept, verdict.rule)
            settled.append(verdict)
        return settled

    def alike(self) -> Iterator[tuple[MatchRule, Values, str, str]]:
        """Pairs of elements of the twin that a rule would take for one, hosts left aside, with what they share.

        The most telling rule of a pair counts; a pair with a more telling value that differs is none. Of more than so many
        elements that share a value nothing is said: it tells nothing.
        """
        told: set[tuple[str, str]] = set()
        rules = {rule: None for kind in self._schema.concrete_kinds() for rule in kind.matching if not rule.on}
        for rule in rules:
            for values, elements in self._family(rule.family).by_rule.get(rule, {}).items():
                if not 1 < len(elements) <= _CROWD:
                    continue
                for one, other in combinations(sorted(elements), 2):
                    if (one, other) not in told and not self._differ(rule, one, other):
                        told.add((one, other))
                        yield rule, values, one, other

    def _differ(self, decisive: MatchRule, one: str, other: str) -> bool:
        """Whether two elements have different values of a rule that is more telling."""
        for rule in self._schema.kinds[self.kinds[one]].matching:
            if rule == decisive:
                return False
            mine, theirs = (self._family(rule.family).values.get(element, {}).get(rule) for element in (one, other))
            if mine is not None and theirs is not None and mine != theirs:
                return True
        return False

    def _verdict(self, kind: str, values: Properties, hosts: frozenset[str]) -> Verdict:
        for rule in self._schema.kinds[kind].matching:
            elements = self._found(rule, values)
            if rule.on:
                elements = [e for e in elements if hosts and not hosts.isdisjoint(self._hosts_of(rule.on, e))]
            if elements:
                return Verdict(MATCHED, tuple(sorted(set(elements))), rule)
        return Verdict(NEW)

    def _against(self, kind: str, decisive: MatchRule | None, values: Properties, elements: Iterable[str]) -> str:
        """A more telling value that differs, in words; empty where none does."""
        for rule in self._schema.kinds[kind].matching:
            if rule == decisive:
                return ""
            mine = None if rule.on else self._values(rule, values)
            if mine is None:
                continue
            family = self._family(rule.family)
            for element in elements:
                theirs = family.values.get(element, {}).get(rule)
                if theirs is not None and theirs != mine:
                    return f"same {_text(decisive)}, but {_text(rule)} {' '.join(mine)} against {' '.join(theirs)}"
        return ""

    def _rank(self, kind: str, rule: MatchRule | None) -> int:
        return 0 if rule is None else self._schema.kinds[kind].matching.index(rule)

    def _found(self, rule: MatchRule, values: Properties) -> list[str]:
        mine = self._values(rule, values)
        if mine is None:
            return []
        found = self._family(rule.family).by_rule.get(rule, {}).get(mine)
        return [] if found is None else [element for element in found if element not in self._known()]

    def _values(self, rule: MatchRule, values: Mapping[str, Any]) -> Values | None:
        """What a rule compares: texts without case, addresses without their length; None where one says nothing."""
        found = []
        for name in rule.by:
            value = values.get(name)
            if value is None:
                return None
            text = " ".join(str(value).casefold().split())
            if name in ADDRESSES:
                text = text.partition("/")[0]
            if not text or text in self._schema.meaningless:
                return None
            found.append(text)
        return tuple(found)

    def _family(self, name: str) -> _Family:
        family = self._families.get(name)
        if family is None:
            family = self._families[name] = _Family()
            for element, kind, values in self._nodes(self._schema.descendants[name]):
                self.kinds[element] = kind
                for rule in self._schema.kinds[kind].matching:
                    mine = self._values(rule, values) if rule.family == name else None
                    if mine is not None:
                        family.by_rule.setdefault(rule, {}).setdefault(mine, []).append(element)
                        family.values.setdefault(element, {})[rule] = mine
        return family

    def _nodes(self, kinds: Iterable[str]) -> Iterable[tuple[str, str, Mapping[str, Any]]]:
        return nodes_of_kinds(self._ledger, kinds) if self._onto is None else self._onto.nodes(kinds)

    def _known(self) -> set[str]:
        """The elements that the source has keys of its own for."""
        if self._own is None:
            table, first = tables.identity, f"{self._source}{SEPARATOR}"
            query = select(table.c.element)
            with self._ledger.reading() as connection:
                if connection.dialect.name == "sqlite":  # its LIKE uses no index; others order text by language
                    query = query.where(table.c.key >= first, table.c.key < f"{self._source}{_AFTER}")
                else:
                    query = query.where(table.c.key.startswith(first, autoescape=True))
                self._own = set(connection.execute(query).scalars())
            if self._onto is not None:
                own = self._onto.own_identities()
                self._own |= {element for key, (element, _) in own.items() if key.startswith(first)}
        return self._own

    def _hosts_of(self, relation: str, element: str) -> set[str]:
        hosts = self._hosts.get(relation)
        if hosts is None:
            hosts = self._hosts[relation] = {}
            for start, end in (self._onto or self._ledger).ends(relation):
                hosts.setdefault(start, set()).add(end)
        return hosts.get(element, set())


def _text(rule: MatchRule | None) -> str:
    if rule is None:
        return "key"
    return " and ".join(rule.by) + (" on one host" if rule.on else "")


_AFTER: Final = chr(ord(SEPARATOR) + 1)

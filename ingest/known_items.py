"""Rows that refer to what the twin has by the names that people use: which element is meant, or why the row is refused.

A backup report, a plan or a survey knows servers and applications by name and has no keys for them. Such a row never makes a new
element: a name that nothing bears, or several do, refuses it. Names are compared without case; a qualified host name that nothing
bears is tried as the machine's own name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from graph.history.selection import NAMES
from graph.schema.fields import did_you_mean
from graph.schema.model import Schema
from ingest.assertion import EdgeAssertion, NodeAssertion, Place, Reference, Rejection, Told
from ingest.identity import ELEMENT
from ingest.seen_rows import SeenRows
from ingest.sources.contract import Extract
from ingest.sources.mapped import MappedExtract
from ingest.sources.wrapped import WrappedExtract

UNKNOWN: Final = "UNKNOWN_ITEM"
AMBIGUOUS: Final = "AMBIGUOUS_ITEM"
Nodes = Callable[[Iterable[str]], Iterable[tuple[str, str, Mapping[str, Any]]]]
"""(element, kind, properties) of every node of some kinds."""
_ALIASES: Final = "aliases"
_FQDN: Final = "fqdn"
_SHOWN: Final = 5


class KnownItems:
    """The elements of a twin by name. Kinds are read when they are first asked for."""

    def __init__(self, nodes: Nodes, schema: Schema) -> None:
        self._nodes = nodes
        self._schema = schema
        self._by_kind: dict[str, dict[str, list[str]]] = {}  # kind or generic -> name -> elements
        self._qualified: dict[str, str] = {}  # element -> its qualified name
        self.kinds: dict[str, str] = {}

    def find(self, kinds: str, name: str) -> list[str]:
        """The elements that bear a name, of the first of the kinds (with | between) that has one."""
        wanted = _plain(name)
        short = wanted.partition(".")[0]
        for kind in kinds.split("|"):
            known = self._names(kind)
            found = known.get(wanted)
            if found is None and short and short != wanted:
                found = [e for e in known.get(short, ()) if self._qualified.get(e, wanted) == wanted]
            if found:
                return found
        return []

    def hint(self, kinds: str, name: str) -> str:
        """What to try where nothing bears a name."""
        names = [known for kind in kinds.split("|") for known in self._names(kind)]
        near = did_you_mean(_plain(name), names) if names else ""
        near = f"{near} " if near.startswith("did you mean") else ""
        return f"{near}correct it, add it to an element's aliases, or load its source first, then `quarantine replay`"

    def _names(self, kind: str) -> dict[str, list[str]]:
        known = self._by_kind.get(kind)
        if known is None:
            known = self._by_kind[kind] = {}
            former: dict[str, list[str]] = {}
            for element, concrete, values in self._nodes(self._schema.descendants[kind]):
                self.kinds[element] = concrete
                if _FQDN in values:
                    self._qualified[element] = _plain(str(values[_FQDN]))
                for name in {_plain(str(values[n])) for n in NAMES if values.get(n)}:
                    known.setdefault(name, []).append(element)
                for name in {_plain(str(alias)) for alias in values.get(_ALIASES) or ()}:
                    former.setdefault(name, []).append(element)
            for name, elements in former.items():
                known.setdefault(name, elements)  # a name that is borne today comes before one that was given up
            known.pop("", None)
        return known


def with_known_items(extract: Extract, nodes: Nodes, schema: Schema) -> Extract:
    """The same export, its names of elements replaced by the elements that the twin has under them."""
    if isinstance(extract, MappedExtract) and extract.looks_up:
        return _Resolved(extract, KnownItems(nodes, schema))
    return extract


class _Resolved(WrappedExtract):
    """An extract behind which names are looked up; rows that use none pass through as they are."""

    def __init__(self, extract: Extract, items: KnownItems) -> None:
        super().__init__(extract)
        self._items = items

    def told(self, phase: str, seen: SeenRows | None = None) -> Iterator[Told]:
        for item in self._extract.told(phase, seen):
            if isinstance(item, NodeAssertion) and (item.known is not None or item.needed):
                yield self._node(item)
            elif isinstance(item, EdgeAssertion) and (item.start.called or item.end.called):
                yield self._edge(item)
            else:
                yield item

    def _node(self, node: NodeAssertion) -> Told:
        for needed in node.needed:
            found = self._element(needed, node.place, node.row)
            if isinstance(found, Rejection):
                return found
        if node.known is None:
            return node
        found = self._element(node.known, node.place, node.row)
        if isinstance(found, Rejection):
            return found
        return node._replace(kind=self._items.kinds[found.key], space=ELEMENT, key=found.key)

    def _edge(self, edge: EdgeAssertion) -> Told:
        start = self._element(edge.start, edge.place, edge.row)
        if isinstance(start, Rejection):
            return start
        end = self._element(edge.end, edge.place, edge.row)
        return end if isinstance(end, Rejection) else edge._replace(start=start, end=end)

    def _element(self, reference: Reference, place: Place, row: Any) -> Reference | Rejection:
        if not reference.called:
            return reference
        kinds, name = reference.space, reference.key
        found = self._items.find(kinds, name)
        if len(found) == 1:
            return Reference(ELEMENT, found[0])
        what = kinds.replace("|", " or ")
        if not found:
            reason = f"the twin has no {what} called {name[:80]!r}"
            return Rejection(place, UNKNOWN, reason, self._items.hint(kinds, name), row)
        shown = ", ".join(f"{self._items.kinds[e]} {e}" for e in found[:_SHOWN])
        reason = f"{name[:80]!r} names {len(found)} elements: {shown}"
        hint = "write a name that only one bears, or merge the two where they are one (`jumeau merge`)"
        return Rejection(place, AMBIGUOUS, reason, hint, row)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())

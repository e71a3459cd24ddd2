"""Which source is believed about which attribute: a total order, as data (mappings/<pack>/precedence.yml)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

from graph.schema.fields import Fields, did_you_mean
from graph.schema.findings import Report
from graph.schema.model import Schema
from graph.schema.source import Table, read_tree
from ingest.errors import MappingError

_WINDOWS = "stale_after_days"
_SHELF = Path(__file__).parent / "mappings"
KIND = "(kind)"
"""In provenance: who says what kind an element is."""
CONFIDENCE, OBSERVED_BY = "confidence", "observed_by"
"""The attributes of relations that say so in the graph, where the pack has them."""
OBSERVED, DECLARED = "observed", "declared"
"""How sure a relation is: a machine has seen it, or somebody wrote it down."""
OVERRIDE = "override"
"""The source of what a person has decided against the sources."""


@dataclass(frozen=True, slots=True)
class Precedence:
    """Sources from the most to the least believed; sources that are not listed come after, by name."""

    default: tuple[str, ...] = ()
    attributes: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)  # (kind, attribute) -> sources
    digest: bytes = b""
    windows: Mapping[str, int] = field(default_factory=dict)  # source -> days without a load after which it is stale
    stale: frozenset[str] = frozenset()
    observing: frozenset[str] = frozenset()  # sources that have seen what they tell; the others were told it

    def with_stale(self, sources: frozenset[str]) -> Precedence:
        """The same, where these sources have not been loaded for longer than their window: they come after all others."""
        if not sources:
            return self
        mark = blake2b(self.digest, digest_size=16)
        mark.update("\n".join(sorted(sources)).encode())
        return replace(self, stale=sources, digest=mark.digest())

    def confidence(self, sources: Iterable[str]) -> str:
        """How sure what these sources tell is: `observed` where one of them has seen it, else `declared`."""
        return OBSERVED if any(source in self.observing for source in sources) else DECLARED

    def rank(self, source: str, kind: str, attribute: str) -> tuple[int, int, str]:
        """Orders sources from the most to the least believed about an attribute; who decides by hand comes first."""
        if source == OVERRIDE:
            return (0, 0, source)
        order = self.attributes.get((kind, attribute), self.default)
        return (2 if source in self.stale else 1, *_rank(source, order))


def _rank(source: str, order: tuple[str, ...]) -> tuple[int, str]:
    return (order.index(source) if source in order else len(order), source)


def load_precedence(schema: Schema, folder: Path | None = None) -> Precedence:
    """The pack's precedence, checked against the schema; none is an empty one. Raises MappingError."""
    file = (folder or _SHELF / schema.name) / "precedence.yml"
    if not file.is_file():
        return Precedence()
    report = Report()
    tree = read_tree(file, f"{file.parent.name}/{file.name}", report)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    default: tuple[str, ...] = ()
    windows: dict[str, int] = {}
    observing: frozenset[str] = frozenset()
    if isinstance(tree, Table):
        fields = Fields("precedence", tree, tree.span, report)
        fields.allow(("default", "attributes", "observing", _WINDOWS))
        default = fields.text_or_texts("default")
        for kind in fields.tables("attributes"):
            if kind.name not in schema.concrete:
                kind.error(None, "UNKNOWN_KIND", f"no kind `{kind.name}`", did_you_mean(kind.name, schema.concrete))
                continue
            known = schema.kinds[kind.name].attributes
            for name in kind.table.entries:
                if name not in known:
                    kind.error(name, "UNKNOWN_ATTRIBUTE", f"`{kind.name}` has no `{name}`", did_you_mean(name, known))
                found[(kind.name, name)] = kind.text_or_texts(name)
        windows = _windows(fields, report)
        observing = frozenset(fields.text_or_texts("observing"))
    if report.errors:
        first = report.errors[0]
        raise MappingError(f"{first.code}: {first.seen}", where=first.where, hint=first.hint)
    return Precedence(default, found, blake2b(file.read_bytes(), digest_size=16).digest(), windows, observing=observing)


def _windows(fields: Fields, report: Report) -> dict[str, int]:
    """Days by source; a source without a line is never stale."""
    tree = fields.table.entries.get(_WINDOWS)
    if tree is None:
        return {}
    if not isinstance(tree, Table):
        fields.error(_WINDOWS, "WRONG_SHAPE", f"`{_WINDOWS}` is not a mapping", "write `source: days` lines below it")
        return {}
    inner = Fields(_WINDOWS, tree, fields.table.spans[_WINDOWS], report)
    found = {name: days for name in tree.entries if (days := inner.whole_number(name)) is not None}
    for name, days in found.items():
        if days < 1:
            inner.error(name, "BAD_BOUNDS", f"`{name}` is stale after {days} days", "write a number of days from 1")
    return found

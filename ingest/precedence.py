"""Which source is believed about which attribute: a total order, as data (mappings/<pack>/precedence.yml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from graph.schema.fields import Fields, did_you_mean
from graph.schema.findings import Report
from graph.schema.model import Schema
from graph.schema.source import Table, read_tree
from ingest.errors import MappingError

_SHELF = Path(__file__).parent / "mappings"
KIND = "(kind)"
"""In provenance: who says what kind an element is."""


@dataclass(frozen=True, slots=True)
class Precedence:
    """Sources from the most to the least believed; sources that are not listed come after, by name."""

    default: tuple[str, ...] = ()
    attributes: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)  # (kind, attribute) -> sources
    digest: bytes = b""

    def outranks(self, source: str, holder: str, kind: str, attribute: str) -> bool:
        """Whether a value of `source` replaces one that `holder` set."""
        if source == holder:
            return True
        order = self.attributes.get((kind, attribute), self.default)
        return _rank(source, order) < _rank(holder, order)


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
    if isinstance(tree, Table):
        fields = Fields("precedence", tree, tree.span, report)
        fields.allow(("default", "attributes"))
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
    if report.errors:
        first = report.errors[0]
        raise MappingError(f"{first.code}: {first.seen}", where=first.where, hint=first.hint)
    return Precedence(default, found, blake2b(file.read_bytes(), digest_size=16).digest())

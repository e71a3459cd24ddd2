"""What a source is: files that were looked through, and what they tell, phase by phase, as often as asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from graph.schema.model import Schema
from ingest.assertion import Place, Told
from ingest.files import Content
from ingest.seen_rows import SeenRows

PHASES = ("nodes", "references", "relations")
"""Nodes before relations; `references` are nodes that many rows tell of, so that their own row comes first."""


class Record(NamedTuple):
    """One record of an export, with the system's habits undone: what a mapping applies to."""

    type: str
    place: Place
    fields: Mapping[str, Any]


class Extract(Protocol):
    """One export, opened. `told` gives the same rows in the same order every time: a resumed load counts on it."""

    @property
    def contents(self) -> tuple[Content, ...]: ...

    @property
    def rules(self) -> bytes:
        """A digest of whatever decides what the files mean, besides the schema: the mapping."""

    @property
    def complete(self) -> bool:
        """Whether the export is the whole of what its source holds: what a complete one does not tell is no longer there.

        False for changes since a moment, and for a fetch that knows that it lacks something.
        """

    def told(self, phase: str, seen: SeenRows | None = None) -> Iterator[Told]:
        """Assertions and rejections of one phase, those of a row next to each other.

        Rows that `seen` knows come as `PassedRows` instead, except in `references`, which many rows tell.
        """

    def spaces(self, kinds: frozenset[str]) -> frozenset[str]:
        """The name spaces of keys under which it may tell nodes of these kinds."""

    def rows(self, phase: str) -> int:
        """About how many rows the phase has, for progress; 0 for unknown."""

    def unmapped(self) -> Mapping[str, int]:
        """Records that become nothing in the twin, counted by type, after the phases have been read."""

    def records(self) -> int:
        """Records that were read and are mapped, after the phases have been read."""


class Source(Protocol):
    """Opens exports of one system. Raises an IngestError for an export that cannot be read."""

    def __call__(self, path: Path, schema: Schema) -> Extract: ...


def rules_of(source: str, extract: Extract, schema: Schema, precedence: bytes) -> str:
    """A digest of what decides what a row means, besides the row and the twin."""
    digest = blake2b(digest_size=16)
    for part in (source.encode(), extract.rules, precedence, schema_digest(schema)):
        digest.update(blake2b(part, digest_size=16).digest())
    return digest.hexdigest()


def fingerprint(rules: str, extract: Extract) -> str:
    """A digest of everything that decides what a load does: equal ones do the same."""
    digest = blake2b(rules.encode(), digest_size=16)
    for content in extract.contents:
        digest.update(blake2b(content.file.name.encode(), digest_size=16).digest())
        digest.update(content.digest)
    return digest.hexdigest()


def schema_digest(schema: Schema) -> bytes:
    """A digest of what the schema accepts."""
    parts = [schema.name, str(schema.version)]
    parts.append(repr(sorted(schema.meaningless)))
    parts += [repr((enum.name, enum.values)) for enum in schema.enums.values()]
    for kind in schema.kinds.values():
        parts.append(repr((kind.name, kind.ancestors, kind.identity, kind.matching, kind.abstract)))
        parts += [
            repr((a.name, a.type.value, a.enum, a.required, a.minimum, a.maximum, a.personal.value))
            for a in kind.attributes.values()
        ]
    for relation in schema.relations.values():
        bounds = (relation.name, relation.triples, relation.acyclic, relation.max_out, relation.max_in)
        parts.append(repr((bounds, [(a.name, a.type.value, a.enum) for a in relation.attributes.values()])))
    return blake2b("\n".join(parts).encode(), digest_size=16).digest()

"""Where the files about past states lie, and how a file of another ledger, schema or line of events is told from ours.

A ledger that was restored from a backup gives the same sequence numbers to other events: names carry what batch the
event was in, and a file whose batch the ledger does not know is never used.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

import orjson

from graph.history.ledger import Ledger
from graph.history.ownership import rules_of
from graph.schema.model import Schema


def home_of(folder: Path, ledger: Ledger, schema: Schema) -> Path:
    """The folder for this ledger and schema within `folder`."""
    attributes = {"nodes": schema.node_attributes, "edges": schema.relation_attributes}
    kinds = {kind.name: (kind.category, kind.public, sorted(kind.attributes)) for kind in schema.concrete_kinds()}
    relations = {r.name: (sorted(r.attributes), sorted(schema.pairs[r.name])) for r in schema.relations.values()}
    content = orjson.dumps((attributes, kinds, relations, rules_of(schema).text), option=orjson.OPT_SORT_KEYS)
    return folder / f"{ledger.identity()[:8]}-{blake2b(content, digest_size=4).hexdigest()}"


def mark_of(ledger: Ledger, sequence: int) -> str:
    """What tells an event from another with its number: the batch that it was in. Eight hexadecimal digits."""
    batch = ledger.batch_of(sequence)
    content = "" if batch is None else f"{batch.number} {batch.run} {batch.recorded_at.isoformat()}"
    return blake2b(content.encode(), digest_size=4).hexdigest()

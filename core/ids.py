"""Identities: deterministic UUIDs (RFC 9562 version 8) derived from what a source calls the thing.

A deterministic identity makes a load repeatable: the same export gives the same identities on every machine, before
and after a crash. It is independent of kind, so that a change of kind keeps it.
"""

from __future__ import annotations

from hashlib import blake2b

_SEPARATOR = "\x1f"


def uuid_of(*parts: str) -> str:
    """A UUIDv8 from a 128-bit BLAKE2b of the parts; 36 lower-case characters."""
    digest = blake2b(_SEPARATOR.join(parts).encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"


def relation_id(relation: str, start: str, end: str, discriminator: str = "") -> str:
    """The identity of a relation: its type, its two ends, and what tells parallel relations apart."""
    return uuid_of("relation", relation, start, end, discriminator)

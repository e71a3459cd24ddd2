"""What the embedded store is."""

from __future__ import annotations

from typing import Final

from graph.repository import Capabilities

CAPABILITIES: Final = Capabilities(
    "embedded", durable=True, single_writer_process=True, native_language="ladybug Cypher"
)

"""Families of types that are lowered alike."""

from __future__ import annotations

from typing import Final

from graph.cypher.bound import TypeName

NUMBERS: Final = frozenset({TypeName.INTEGER, TypeName.FLOAT, TypeName.NUMBER})
UNKNOWN: Final = frozenset({TypeName.ANY, TypeName.NULL})
ELEMENTS: Final = frozenset({TypeName.NODE, TypeName.RELATIONSHIP})

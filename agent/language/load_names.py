"""The index of names of one asker, read from the twin with the asker's rights."""

from __future__ import annotations

from typing import Final

from agent.language.idioms import Idioms
from agent.language.names import NamedElement, NameIndex, Rows, read_names
from graph.schema.model import Schema

_OTHERS: Final = ("code", "aliases", "number", "cve", "pseudonym")
"""Attributes that people call an element by, beside its name."""
_CATEGORIES: Final = frozenset({"configuration_items", "organisation", "reference", "operations", "simulation"})


def load_index(schema: Schema, idioms: Idioms, rows: Rows) -> NameIndex:
    """Read the names of everything that a question may name. `rows` runs a query with the asker's rights, uncapped."""
    index = NameIndex(
        dropped={kind: frozenset(said["drop"]) for kind, said in idioms.nameable.items()},
        nameable=frozenset(idioms.nameable),
    )
    kinds = [kind for kind in schema.concrete_kinds() if kind.category in _CATEGORIES and not kind.bookkeeping]
    attributes = {kind.name: [a for a in _OTHERS if a in kind.attributes] for kind in kinds}
    unnamed = {"BackupRun", "ComplianceCheck", "MaintenanceAction", "Feedback"}
    unnamed |= {"SimulatedSummary", "SimulatedIncident", "Scenario"}
    for element, others in read_names(rows, (k.name for k in kinds if k.name not in unnamed), attributes):
        index.add(element, others)
    for kind_name, texts in idioms.value_attributes.items():
        for attribute in texts:
            for (text,) in rows(
                f"MATCH (n:{kind_name}) WHERE n.{attribute} IS NOT NULL RETURN DISTINCT n.{attribute} AS text", {}
            ):
                index.add(NamedElement(str(text), f"{kind_name}.{attribute}", str(text)))
    return index

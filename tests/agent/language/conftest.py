"""A parser of the complete pack and a small estate's names, as a person of the estate would have them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from agent.language.names import NamedElement, NameIndex
from agent.language.outcome import Parse
from agent.language.parser import Parser
from graph.schema.model import Schema

NOW = datetime(2025, 1, 1, tzinfo=UTC)
NAMES = (
    ("BusinessApplication", "Paie", "RHU0001"), ("BusinessApplication", "Banque en ligne", "CAN0001"),
    ("BusinessApplication", "Crédit immobilier", "CRE0001"), ("BusinessApplication", "Crédit consommation", "CRE0002"),
    ("VirtualMachine", "lil1papp0012", ""), ("Team", "Équipe Linux", "LNX"), ("Team", "Équipe Oracle", "ORA"),
    ("DataCenter", "Centre de données Lyon 1", ""), ("SoftwareVersion", "Red Hat Enterprise Linux 7", ""),
    ("SoftwareProduct", "Red Hat Enterprise Linux", ""), ("SoftwareProduct", "PostgreSQL", ""),
    ("Incident", "INC0000838", "INC0000838"),
    ("BusinessApplication", "Virements SEPA", "PAI0014"),
)  # fmt: skip


@pytest.fixture(scope="session")
def parser(schema: Schema) -> Parser:
    return Parser(schema)


@pytest.fixture(scope="session")
def names(parser: Parser) -> NameIndex:
    index = NameIndex(
        dropped={kind: frozenset(said["drop"]) for kind, said in parser.idioms.nameable.items()},
        nameable=frozenset(parser.idioms.nameable),
    )
    for kind, name, other in NAMES:
        index.add(NamedElement(f"id of {name}", kind, name), [other] if other else [])
    return index


@pytest.fixture(scope="session")
def read(parser: Parser, names: NameIndex) -> Callable[..., Parse]:
    def reading(question: str, *after: str) -> Parse:
        return parser.parse(question, names, NOW, after)

    return reading

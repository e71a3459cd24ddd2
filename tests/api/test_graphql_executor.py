"""The short ways of the executor lead where the long ones do."""

from __future__ import annotations

from typing import Any

import pytest
from graphql.execution import Executor

from api.graphql import schema as schema_module
from tests.api.conftest import Asking

DOCUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "values of every type": (
        """{ servers(first: 20, orderBy: [{name: ASC}]) { count nodes { __typename id name aliases commissionedOn yearlyCost
           status internetExposed critical: criticality ownedBy { nodes { name } } } } }""",
        {},
    ),
    "edges, cursors and pages": (
        """{ teams(first: 3, orderBy: [{name: ASC}]) { pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
           edges { cursor node { name owns(first: 2) { pageInfo { endCursor } edges { id cursor node { id } } } } } } }""",
        {},
    ),
    "aliases of one list under other arguments": (
        """query ($most: Int!, $name: String) { teams(first: 10, orderBy: [{name: ASC}]) { nodes {
           few: owns(first: 1) { nodes { name } } some: owns(first: $most) { nodes { name } }
           those: owns(filter: {name: {contains: $name}}) { count nodes { ...Named } } } } }
           fragment Named on ConfigurationItem { name ... on PhysicalServer { serialNumber } __typename }""",
        {"most": 3, "name": "app"},
    ),
    "what is left out and what is there twice": (
        """query ($no: Boolean!) { servers(first: 5, orderBy: [{name: ASC}]) { nodes { id @skip(if: $no) name name
           runs { nodes { name } } runs { nodes { id } } } } }""",
        {"no": True},
    ),
    "a field beside one that fails": (
        '{ teams(first: 2) { nodes { name } } node(id: "nobody") { id } cypher(query: "RETURN") }',
        {},
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_answer_is_that_of_the_library_s_own_executor(
    name: str, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, variables = DOCUMENTS[name]
    found = ask.schema.execute_sync(text, variables)
    monkeypatch.setattr(schema_module, "TwinExecutor", Executor)
    expected = ask.schema.execute_sync(text, variables)
    assert found.data == expected.data
    assert found.data is not None
    assert [str(error) for error in found.errors or ()] == [str(error) for error in expected.errors or ()]
    assert bool(found.errors) == (name == "a field beside one that fails")

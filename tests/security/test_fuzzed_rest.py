"""The REST interface, fuzzed from its own description: no failure of the inside, and only answers that the description has.

Requests are made by schemathesis from what the application says of itself, valid and invalid ones, as an administrator and as
nobody. New routes are fuzzed without a word here. Few examples each time, many at night; the same ones for the same code.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import describe_rest
from core.principal import LOCAL_OPERATOR
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from tests.api.apps import create_app
from tests.api.estate import opened, small_estate
from tests.conftest import NIGHTLY
from tests.security.doors.asking import Client
from tests.services.access.conftest import CHEAP, MovedClock

EXAMPLES = 150 if NIGHTLY else 2
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
DESCRIBED = schemathesis.openapi.from_dict(describe_rest())
_FOUND = [found.ok() for found in DESCRIBED.get_all_operations() if isinstance(found, Ok)]
OPERATIONS = {f"{operation.method.upper()} {operation.path}": operation for operation in _FOUND}
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def apps(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Client]]:
    """One application as its operator has it, and the same as somebody has it who does not say who they are."""
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    with opened("networkx", schema, folder, small_estate(), {"refused_per_minute": 10**6}) as twin:
        keeper = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP)
        made = {
            "administrator": create_app(twin, follow=False, principal=LOCAL_OPERATOR),
            "nobody": create_app(twin, follow=False, doorkeeper=keeper),
        }
        clients = {name: Client(app) for name, app in made.items()}
        yield clients
        for name, client in clients.items():
            client.close()
            made[name].state.services.moments.close()


@pytest.mark.parametrize("asker", ["administrator", "nobody"])
@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_what_is_answered_is_what_is_described(operation: str, asker: str, apps: dict[str, Client]) -> None:
    client, described = apps[asker], OPERATIONS[operation]
    cases = described.as_strategy(generation_mode=GenerationMode.POSITIVE)
    if asker == "administrator":
        cases = st.one_of(cases, described.as_strategy(generation_mode=GenerationMode.NEGATIVE))

    @BOUNDED
    @given(case=cases)
    def fuzz(case: Any) -> None:
        sent = case.as_transport_kwargs(base_url="http://127.0.0.1")
        options = {key: sent[key] for key in ("params", "headers", "json", "data") if sent.get(key) is not None}
        if sent.get("cookies"):
            held = "; ".join(f"{name}={value}" for name, value in sent["cookies"].items())
            options["headers"] = {**options.get("headers", {}), "Cookie": held}
        if isinstance(options.get("data"), str | bytes):
            options["content"] = options.pop("data")
        answer = client.request(sent["method"], sent["url"], **options)
        case.validate_response(answer, checks=CHECKS)

    fuzz()
    assert described.path.startswith("/")


def test_every_route_is_fuzzed() -> None:
    described = describe_rest()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    assert routes == set(OPERATIONS)

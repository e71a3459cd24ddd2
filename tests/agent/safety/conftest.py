"""The bank that is attacked, and the watch over what leaves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.settings import load_settings
from services.twin import open_twin
from tests.agent.safety.attacks import Attack, read_attacks
from tests.agent.safety.bank import Bank, bank_of, load_bank
from tests.agent.safety.quiet import Outbox
from tests.conftest import NOW


@pytest.fixture(scope="session")
def attacks() -> list[Attack]:
    return read_attacks()


@pytest.fixture(scope="session")
def bank(attacks: list[Attack], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    home = tmp_path_factory.mktemp("bank")
    load_bank(home, [attack for attack in attacks if attack.kind == "data"])
    with open_twin(load_settings(home=home, backend="networkx", now=NOW.isoformat())) as twin:
        yield bank_of(twin)


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> Outbox:
    box = Outbox()
    box.close(monkeypatch)
    return box

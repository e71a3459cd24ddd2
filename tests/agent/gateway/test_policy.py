"""The policy as a file: what is wrong with it is said where it is, and a key never stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.gateway.policy import Handling, Price, read_policy
from core.errors import ConfigurationError
from tests.agent.gateway.house import POLICY, policy


def test_without_a_file_there_is_no_model_and_secrets_are_blocked_everywhere() -> None:
    found = read_policy(None)
    assert found.providers_for("house", None) == []
    assert found.classes["secret"].everywhere is Handling.BLOCK


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param("version: 1", "version: 2", "version", id="a version that is not known"),
        pytest.param("kind: openai", "kind: carrier_pigeon", "providers.house.kind", id="an adapter that there is not"),
        pytest.param("http://127.0.0.1:1/v1", "127.0.0.1", "providers.house.endpoint", id="no address"),
        pytest.param(
            "http://127.0.0.1:1/v1", "http://u:pw@127.0.0.1/", "providers.house.endpoint", id="a password in it"
        ),
        pytest.param("level: recommended", "level: recommended\n    key: x", "providers.house.key", id="a key"),
        pytest.param("level: recommended", "level: recommended\n    key_env: sk-abc", "key_env", id="a key for a name"),
        pytest.param(
            "south: {on", "south: {providers: [moon], on", "no provider 'moon'", id="a provider that there is not"
        ),
        pytest.param("  payment: {everywhere: block}\n", "", "class 'payment'", id="a class that is forgotten"),
        pytest.param("elsewhere: mask", "elsewhere: shred", "classes.personal", id="no handling"),
        pytest.param("providers:", "providers: [", "no YAML", id="no YAML"),
    ],
)
def test_a_policy_that_is_wrong_is_refused_with_the_place(before: str, after: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yml"
    path.write_text(POLICY.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        read_policy(path)
    assert told in str(refused.value)
    assert "pw" not in str(refused.value)
    assert "sk-abc" not in str(refused.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_policy(tmp_path / "none.yml")


def test_a_provider_named_in_a_class_wins_over_where_it_is() -> None:
    rules = policy().model_dump(mode="json")["classes"]
    rules["personal"]["providers"] = {"house": "block"}
    found = policy(classes=rules)
    assert found.handling("personal", "house") is Handling.BLOCK
    assert found.handling("personal", "cloud") is Handling.MASK


def test_prices_are_rounded_up_to_the_millionth() -> None:
    assert Price(input=0.1, output=0.3).micro(1, 1) == 1
    assert Price(input=2, output=6).micro(10, 5) == 50
    assert Price(input=0, output=0).micro(10, 5) == 0

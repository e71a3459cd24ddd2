"""A real OpenID provider for the tests, on loopback; else skipped, with the reason.

Where `JUMEAU_REQUIRE_OIDC=1` (CI sets it) a missing provider fails the tests instead of skipping them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from scripts.oidc.distribution import OidcProviderUnavailableError
from scripts.oidc.launch import OidcProviderProcess, start
from tests.patience import PATIENCE_S

CLIENT, SECRET = "twin", "secret-of-the-twin-%:+-0123456789"
AUDIENCE = "https://twin.example"
REDIRECT_URI = "http://127.0.0.1:8000/api/oidc/callback"
ROBOT, ROBOT_SECRET = "robot", "secret-of-the-robot-0123456789abc"
CLIENTS: list[dict[str, Any]] = [
    {"client_id": CLIENT, "client_secret": SECRET, "redirect_uris": [REDIRECT_URI]},
    {
        "client_id": ROBOT,
        "client_secret": ROBOT_SECRET,
        "grant_types": ["client_credentials"],
        "response_types": [],
        "redirect_uris": [],
    },
]
ACCOUNTS: dict[str, dict[str, Any]] = {
    "ana": {"groups": ["estate-admins", "everything"]},
    "bob": {"groups": ["readers", "team-network"]},
    "eve": {"groups": ["canteen"]},
}
ROBOT_CLAIMS = {ROBOT: {"groups": ["readers", "team-network"]}}


def new_key() -> RSAKey:
    """A key pair for signatures, named by its thumbprint."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, private=True, auto_kid=True)


class TestedProvider:
    """The provider, as people and programs meet it, and its keys, with which a test may sign what the provider never would."""

    __test__ = False

    def __init__(self, process: OidcProviderProcess, key: RSAKey) -> None:
        self._process = process
        self._first = key
        self._keys: tuple[RSAKey | ECKey, ...] = (key,)

    @property
    def issuer(self) -> str:
        return self._process.issuer

    @property
    def key(self) -> RSAKey:
        """The key that it signs with now."""
        return next(key for key in self._keys if isinstance(key, RSAKey))

    @property
    def key_set_requests(self) -> int:
        """How often its keys were fetched so far."""
        self._process.tell()
        return self._process.key_set_requests

    def publish(self, *keys: RSAKey | ECKey, **registered: Any) -> None:
        """Sign with these keys from now on, the first of those that fit, and publish no others. `registered`: how the twin is."""
        self._keys = keys
        self._process.tell(keys=[key.as_dict(private=True) for key in keys], clients=_clients(registered))

    def change(self, **accounts: Mapping[str, Any]) -> None:
        """Change what it says of these people; the others are as they were first."""
        self._process.tell(accounts=ACCOUNTS | accounts)

    def authenticate(self, way: str) -> None:
        """Let clients say who they are in this way only, the twin among them."""
        self._process.tell(clients=_clients({"token_endpoint_auth_method": way}), authentication=[way])

    def reset(self) -> None:
        """As it was first."""
        keys = [self._first.as_dict(private=True)]
        self._keys = (self._first,)
        self._process.tell(
            accounts=ACCOUNTS, clients=CLIENTS, clientClaims=ROBOT_CLAIMS, keys=keys, authentication=None
        )

    def stop(self) -> None:
        """End it, as an outage does."""
        self._process.stop()

    def log_in(self, address: str, login: str) -> str:
        """What a person does in a browser that was sent here: the forms, up to the address that leads back to the twin."""
        with httpx.Client(trust_env=False, timeout=PATIENCE_S) as browser:
            answer = browser.get(address)
            for _ in range(12):
                if answer.is_redirect:
                    onward = urljoin(str(answer.url), answer.headers["location"])
                    if onward.startswith(REDIRECT_URI):
                        return onward
                    answer = browser.get(onward)
                    continue
                assert answer.status_code == 200, answer.text
                action = re.search(r'action="([^"]+)" method="post"', answer.text)
                prompt = re.search(r'name="prompt" value="([^"]+)"', answer.text)
                assert action, answer.text
                assert prompt, answer.text
                form = {"prompt": prompt.group(1), "login": login, "password": "any"}
                answer = browser.post(urljoin(str(answer.url), action.group(1)), data=form)
        raise AssertionError("the provider never led back")

    def robot_token(self, audience: str = AUDIENCE) -> str:
        """An access token (JWT) of a program that the provider knows."""
        form = {"grant_type": "client_credentials", "resource": audience, "scope": "twin"}
        answer = httpx.post(f"{self.issuer}/token", data=form, auth=(ROBOT, ROBOT_SECRET), trust_env=False)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


def _clients(registered: dict[str, Any]) -> list[dict[str, Any]]:
    return [CLIENTS[0] | registered, *CLIENTS[1:]]


def start_provider(key: RSAKey | None = None, port: int = 0) -> TestedProvider:
    """A provider of one's own. Skips or fails where there can be none."""
    signing = key or new_key()
    try:
        process = start(
            keys=[signing.as_dict(private=True)],
            clients=CLIENTS,
            accounts=ACCOUNTS,
            client_claims=ROBOT_CLAIMS,
            port=port,
        )
    except OidcProviderUnavailableError as error:
        if os.environ.get("JUMEAU_REQUIRE_OIDC") == "1":
            pytest.fail(f"JUMEAU_REQUIRE_OIDC=1 and no OpenID provider: {error}")
        pytest.skip(f"no OpenID provider: {error}")
    return TestedProvider(process, signing)


@pytest.fixture(scope="session")
def _oidc_provider() -> Iterator[TestedProvider]:
    provider = start_provider()
    yield provider
    provider.stop()


@pytest.fixture
def oidc_provider(_oidc_provider: TestedProvider) -> TestedProvider:
    """The provider that tests share, as it was first."""
    _oidc_provider.reset()
    return _oidc_provider


@pytest.fixture
def own_oidc_provider() -> Iterator[TestedProvider]:
    """A provider that a test may stop."""
    provider = start_provider()
    yield provider
    provider.stop()

"""Requests to a provider: bounded in size and time, never redirected, in the clear only within this machine."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import orjson

from core.addresses import is_loopback
from core.oidc_settings import OidcSettings
from services.access.oidc.errors import ProviderAnswerError, ProviderUnavailableError

MOST_BYTES: Final = 512 * 1024
"""Largest answer of a provider that is read."""
MOST_AT_ONCE: Final = 8
"""Forms that wait for a provider at one time: strangers can begin a sign-in, and must not fill every thread of ours."""
_WAIT_S: Final = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of an answer, below 500, and its JSON object."""

    status: int
    body: dict[str, Any]


class ProviderExchange:
    """What is asked of one provider. `elapsed` tells seconds, for the longest time of an answer."""

    def __init__(self, settings: OidcSettings, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._elapsed = elapsed
        self._posting = BoundedSemaphore(MOST_AT_ONCE)
        self._local = is_loopback(urlsplit(settings.issuer).hostname or "")
        ca_file = settings.ca_file
        self._trusted = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))

    def document(self, address: str) -> dict[str, Any]:
        """The JSON object at an address. Raises ProviderUnavailableError, ProviderAnswerError."""
        answer = self._ask("GET", address)
        if answer.status != 200:
            raise ProviderAnswerError(
                f"the provider answers {answer.status}", where=address, hint="check the issuer in the settings"
            )
        return answer.body

    def post(self, address: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """What a provider answers to a form. Raises ProviderUnavailableError, ProviderAnswerError."""
        if not self._posting.acquire(blocking=False):
            hint = f"wait {_WAIT_S} s and begin again"
            raise ProviderUnavailableError(
                f"{MOST_AT_ONCE} sign-ins wait for the provider",
                where=address,
                hint=hint,
                details={"retry_after_s": _WAIT_S},
            )
        try:
            return self._ask("POST", address, data=dict(form), headers=dict(headers))
        finally:
            self._posting.release()

    def checked(self, address: object, name: str) -> str:
        """An address out of the provider's own documents. Raises ProviderAnswerError for one that it must not lead us to."""
        text = address if isinstance(address, str) else ""
        try:
            parts = urlsplit(text)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            host = ""
        if not host or parts.scheme not in ("http", "https") or parts.username is not None or parts.fragment:
            raise ProviderAnswerError(f"{name} is no web address", where=self._settings.issuer)
        if is_loopback(host) is not self._local or (parts.scheme == "http" and not self._local):
            seen = f"{name} is in the clear, or leads to this machine from elsewhere, or elsewhere from it"
            raise ProviderAnswerError(seen, where=self._settings.issuer, hint="https is asked for")
        return text

    def _ask(self, method: str, address: str, **options: Any) -> Answer:
        started, body = self._elapsed(), bytearray()
        try:
            with (
                httpx.Client(
                    timeout=self._settings.answer_s,
                    verify=self._trusted,
                    trust_env=not self._local,
                    follow_redirects=False,
                    headers={"Accept": "application/json", "User-Agent": "jumeau", "Accept-Encoding": "identity"},
                ) as client,
                client.stream(method, address, **options) as answer,
            ):
                status = answer.status_code
                if status >= 500 or status == 429:
                    raise ProviderUnavailableError(f"the provider answers {status}", where=address)
                if 300 <= status < 400:
                    seen = f"the provider answers {status}, and redirections are not followed"
                    raise ProviderAnswerError(seen, where=address, hint="name the issuer as the provider writes it")
                for chunk in answer.iter_raw():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise ProviderAnswerError(f"the answer is larger than {MOST_BYTES:,} bytes", where=address)
                    if self._elapsed() - started > self._settings.answer_s:
                        raise ProviderUnavailableError("the provider did not answer in time", where=address)
        except httpx.TimeoutException as error:
            raise ProviderUnavailableError("the provider did not answer in time", where=address) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            hint = "try again later; who has signed in goes on"
            raise ProviderUnavailableError(
                f"the provider cannot be reached: {error}", where=address, hint=hint
            ) from error
        try:
            content = orjson.loads(bytes(body))
        except orjson.JSONDecodeError as error:
            raise ProviderAnswerError(f"the answer ({status}) is not JSON", where=address) from error
        if not isinstance(content, dict):
            raise ProviderAnswerError(f"the answer ({status}) is no JSON object", where=address)
        return Answer(status, content)

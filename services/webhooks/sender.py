"""One attempt to deliver one message: signed, bounded in time, to a judged address, without following anything."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

import httpx

from core.clock import Clock
from core.errors import JumeauError, UsageError
from core.guarded_http import GuardedTransport
from core.outbound import AddressGuard
from ingest.connectors.retry import PASSING_STATUSES, retry_after
from services.webhooks.hook import shown
from services.webhooks.signing import signature

GONE: Final = 410
ANSWER_BYTES: Final = 64 * 1024
"""Most of an answer that is read; nothing of it is kept."""
_LONGEST_URL: Final = 2_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. `passing`: the same message may be taken later. `wait_s`: what the receiver asks for."""

    status: int | None
    error: str = ""
    passing: bool = True
    wait_s: float | None = None

    @property
    def is_delivered(self) -> bool:
        return not self.error


def checked_url(url: str) -> str:
    """A web address that a webhook may lead to, as it is. Raises UsageError."""
    hint = "give https://HOST/PATH, without a user, a password or a fragment"
    try:
        parsed = httpx.URL(url)
        parts = urlsplit(url)
        fits = parsed.scheme in ("http", "https") and bool(parsed.host) and not (parts.username or parts.password)
        _ = parts.port
    except (httpx.InvalidURL, ValueError):
        fits = False
    if not fits or len(url) > _LONGEST_URL or "#" in url or not url.isprintable() or " " in url:
        raise UsageError("this is no web address that a webhook can lead to", where="url", hint=hint)
    return url


def check_address(guard: AddressGuard, url: str) -> None:
    """Refuse an address that nothing would be sent to. Raises UsageError, AddressRefusedError.

    A name that there is not yet is none of it: it may come.
    """
    parsed = httpx.URL(checked_url(url))
    try:
        _guards(guard)[parsed.scheme].checked(parsed.raw_host.decode("ascii"), parsed.port or 0)
    except OSError:
        return


def _guards(guard: AddressGuard) -> dict[str, AddressGuard]:
    """What may be connected to, by scheme."""
    return {"https": guard, "http": replace(guard, public=False)}


class Sender:
    """Sends messages. Safe for several threads. http leads to listed networks only."""

    def __init__(self, guard: AddressGuard, clock: Clock, timeout_s: float, verify: ssl.SSLContext) -> None:
        self._clock = clock
        self._timeout = httpx.Timeout(timeout_s)
        once = httpx.Limits(max_keepalive_connections=0)  # a connection is as long as a delivery, and bounded as one
        self._transports = {
            scheme: GuardedTransport(one, verify=verify, limits=once, whole_s=timeout_s)
            for scheme, one in _guards(guard).items()
        }

    def send(self, url: str, keys: Sequence[bytes], message: str, body: bytes) -> Outcome:
        """Try once. Nothing of the address beyond its host, and nothing of the answer beyond its status, is told."""
        timestamp = int(self._clock.now().timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "jumeau",
            "accept-encoding": "identity",
            "webhook-id": message,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(keys, message, timestamp, body),
        }
        transport = self._transports[httpx.URL(url).scheme]
        request = httpx.Request(
            "POST", url, headers=headers, content=body, extensions={"timeout": self._timeout.as_dict()}
        )
        try:
            answer = transport.handle_request(request)
            try:
                answered = self._judge(answer)
                if answered.is_delivered:
                    _read(answer)
            finally:
                answer.close()
        except JumeauError as error:  # the guard's: an address may be another one tomorrow
            return Outcome(None, f"{error.code}: {error.seen}")
        except httpx.TimeoutException:
            return Outcome(None, "the receiver did not answer in time")
        except httpx.ConnectError as error:
            return Outcome(None, f"no connection to {shown(url)}: {error}"[:300])
        except httpx.HTTPError as error:
            return Outcome(None, f"the connection broke off ({type(error).__name__})")
        return answered

    def abort(self) -> None:
        """End attempts that are under way."""
        for transport in self._transports.values():
            transport.abort()

    def close(self) -> None:
        for transport in self._transports.values():
            transport.close()

    def _judge(self, answer: httpx.Response) -> Outcome:
        status = answer.status_code
        if 200 <= status < 300:
            return Outcome(status)
        if 300 <= status < 400:
            return Outcome(status, f"the receiver answers {status}, and redirections are not followed", passing=False)
        if status == GONE:
            return Outcome(status, "the receiver answers 410: it is gone for good", passing=False)
        wait = retry_after(answer.headers.get("retry-after"), self._clock.now())
        passing = status in PASSING_STATUSES or status >= 500
        return Outcome(status, f"the receiver answers {status}", passing=passing, wait_s=wait)


def _read(answer: httpx.Response) -> None:
    """Take in a little of what is answered, so that the receiver is not cut off while it writes a line."""
    size = 0
    for chunk in answer.iter_raw():
        size += len(chunk)
        if size > ANSWER_BYTES:
            return

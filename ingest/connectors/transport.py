"""Requests to one system: bounded in size and time, made again where that may help, and refused in plain words where it cannot.

Certificates are always verified. Secrets are sent to the system's own origin only and never appear in messages.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import httpx
import orjson

from core.addresses import is_loopback
from core.clock import Clock, SystemClock
from core.guarded_http import GuardedTransport, no_proxy, proxy_of_environment
from core.outbound import AddressGuard
from ingest.connectors.credentials import Credentials
from ingest.connectors.errors import (
    AnswerTooLargeError,
    BrokenAnswerError,
    InsecureUrlError,
    SourceBusyError,
    SourceRefusedError,
    SourceUnauthorisedError,
    SourceUnreachableError,
)
from ingest.connectors.retry import PASSING_STATUSES, RetryPolicy, Sleep, http_date, retry_after

ANSWER_BYTES = 64 * 2**20
"""Largest answer that is parsed in memory."""
DOWNLOAD_BYTES = 4 * 2**30
"""Largest file that is downloaded."""
NOT_MODIFIED = 304
_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one answer. `silence_s` is the longest pause within it, `answer_s` its longest time in all."""

    silence_s: float = 30.0
    answer_s: float = 300.0
    answer_bytes: int = ANSWER_BYTES
    download_bytes: int = DOWNLOAD_BYTES


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request gave: the parsed body (None for `unchanged`), and the headers, by lower-case name."""

    body: Any
    headers: Mapping[str, str]
    unchanged: bool = False

    @property
    def etag(self) -> str | None:
        """What to send to hear only of changes."""
        return self.headers.get("etag")


class _Passing(Exception):
    """A failure that may pass. `wait_s` is what the server asked for."""

    def __init__(self, error: Exception, wait_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_s = wait_s


class Transport:
    """Requests below one base URL. `sleep`, `clock` and `elapsed` are injected: tests wait for nothing.

    `guard` says where it may lead, redirections and addresses within answers too; by default nowhere but to public addresses.

    Raises InsecureUrlError for an address in the clear beyond this machine, or with a secret in it.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials | None = None,
        *,
        policy: RetryPolicy | None = None,
        limits: Limits | None = None,
        ca_file: Path | None = None,
        environment: Mapping[str, str] | None = None,
        guard: AddressGuard | None = None,
        clock: Clock | None = None,
        sleep: Sleep = time.sleep,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = checked_url(base_url)
        self._credentials = credentials or Credentials()
        self._policy = policy or RetryPolicy()
        self._limits = limits or Limits()
        self._environment = environment
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._elapsed = elapsed
        self._accepted = False
        self.server_time: datetime | None = None
        """What the server's own clock said in its first answer: deltas are asked for in its time, not in ours."""
        self.requests = self.retries = 0
        local = is_loopback(urlsplit(self.base_url).hostname or "")
        self._client = httpx.Client(
            timeout=httpx.Timeout(self._limits.silence_s),
            transport=GuardedTransport(
                guard or AddressGuard(),
                verify=ssl.create_default_context(cafile=None if ca_file is None else str(ca_file)),
                proxy_for=no_proxy if local else proxy_of_environment,
            ),
            trust_env=False,
            headers={"User-Agent": "jumeau", "Accept-Encoding": "gzip"},
        )

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get_json(self, path: str, params: Mapping[str, str] | None = None, *, etag: str | None = None) -> Answer:
        """The JSON that a path below the base URL gives. With `etag`, an unchanged document is said to be so and not read."""
        url = self.base_url + path if path.startswith("/") or not path else path
        return self._attempts(url, lambda: self._json(url, dict(params or {}), etag))

    def download(self, url: str, into: BinaryIO, *, etag: str | None = None) -> Answer:
        """Write a file's bytes, as they are, into `into`, from its start at each attempt."""
        return self._attempts(url, lambda: self._file(checked_url(url), into, etag))

    # --- one attempt -----------------------------------------------------------------------------------------------

    def _json(self, url: str, params: dict[str, str], etag: str | None) -> Answer:
        with self._stream(url, params, {"Accept": "application/json"}, etag) as answer:
            headers = _headers(answer)
            if answer.status_code == NOT_MODIFIED:
                return Answer(None, headers, unchanged=True)
            body = bytearray()
            for chunk in self._chunks(answer, url, self._limits.answer_bytes):
                body += chunk
        if "html" in headers.get("content-type", ""):
            raise BrokenAnswerError(
                "the answer is a web page and no JSON",
                where=_shown(url),
                hint="check the base URL: a page for people, or a log-in page, stands at this address",
            )
        try:
            return Answer(orjson.loads(bytes(body)), headers)
        except orjson.JSONDecodeError as error:
            seen = (
                f"the answer of {len(body)} bytes is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
            )
            hint = "the answer was cut off or is no API's; run the command again, it takes up where it stopped"
            raise _Passing(BrokenAnswerError(seen, where=_shown(url), hint=hint)) from error

    def _file(self, url: str, into: BinaryIO, etag: str | None) -> Answer:
        into.seek(0)
        into.truncate()
        with self._stream(url, {}, {"Accept-Encoding": "identity"}, etag) as answer:
            headers = _headers(answer)
            if answer.status_code == NOT_MODIFIED:
                return Answer(None, headers, unchanged=True)
            for chunk in self._chunks(answer, url, self._limits.download_bytes):
                into.write(chunk)
        return Answer(None, headers)

    @contextmanager
    def _stream(
        self, url: str, params: dict[str, str], headers: dict[str, str], etag: str | None
    ) -> Iterator[httpx.Response]:
        """The answer of a system, after redirections, if it is one to read from; what breaks while it is read is told apart."""
        if etag:
            headers["If-None-Match"] = etag
        secret = self._credentials.header(self._environment)
        self.requests += 1
        target, query = url, params or None
        try:
            for _ in range(_REDIRECTS):
                if secret and _origin(target) == _origin(self.base_url):
                    headers["Authorization"] = secret
                else:
                    headers.pop("Authorization", None)
                with self._client.stream("GET", target, params=query, headers=headers) as answer:
                    if answer.is_redirect and answer.next_request is not None:
                        target, query = checked_url(str(answer.next_request.url), whole=True), None
                        continue
                    self._check(answer, url)
                    yield answer
                    return
        except httpx.TransportError as error:
            raise _Passing(_unreachable(error, url)) from error
        except httpx.HTTPError as error:
            raise BrokenAnswerError(f"the answer cannot be read: {error}", where=_shown(url)) from error
        raise SourceRefusedError(f"more than {_REDIRECTS} redirections", where=_shown(url), hint="check the base URL")

    def _chunks(self, answer: httpx.Response, url: str, limit: int) -> Iterator[bytes]:
        started, size = self._elapsed(), 0
        for chunk in answer.iter_bytes():
            size += len(chunk)
            if size > limit:
                raise AnswerTooLargeError(
                    f"the answer is larger than {limit:,} bytes", where=_shown(url), hint="ask for smaller pages"
                )
            if self._elapsed() - started > self._limits.answer_s:
                seen = f"the answer was not whole after {self._limits.answer_s:g} s"
                hint = "ask for smaller pages, or raise the time-out"
                raise _Passing(SourceUnreachableError(seen, where=_shown(url), hint=hint))
            yield chunk

    def _check(self, answer: httpx.Response, url: str) -> None:
        """Refuse what is no answer to read from."""
        status = answer.status_code
        now = http_date(answer.headers.get("date"))
        if self.server_time is None and now is not None:
            self.server_time = now
        if 200 <= status < 300 or status == NOT_MODIFIED:
            self._accepted = True
            return
        where = _shown(url)
        if status in (401, 403):
            raise self._unauthorised(status, where)
        if status in PASSING_STATUSES:
            wait = retry_after(answer.headers.get("retry-after"), self._clock.now())
            told = f"; it asks to wait {wait:.0f} s" if wait is not None else ""
            busy = SourceBusyError if status in (429, 503) else SourceUnreachableError
            hint = "run the command again later: it takes up where it stopped"
            raise _Passing(busy(f"the system answers {status}{told}", where=where, hint=hint), wait)
        hint = "check the base URL" if status == 404 else "the system's log may say why"
        raise SourceRefusedError(f"the system answers {status} {answer.reason_phrase}", where=where, hint=hint)

    def _unauthorised(self, status: int, where: str) -> SourceUnauthorisedError:
        names = self._credentials.names
        if status == 403:
            seen = "the account may not read this, or its token is not known (403)"
            hint = f"check {names}, and the rights of its account"
        elif self._accepted:
            seen = (
                "the credentials were accepted before and are refused now (401): the token has expired or was revoked"
            )
            hint = f"renew it in {names} and run the command again: it takes up where it stopped"
        else:
            seen, hint = "the credentials are not accepted (401)", f"check {names}"
        return SourceUnauthorisedError(seen, where=where, hint=hint)

    # --- attempts --------------------------------------------------------------------------------------------------

    def _attempts(self, url: str, attempt: Callable[[], Answer]) -> Answer:
        policy = self._policy
        for failed in range(1, policy.attempts + 1):
            try:
                return attempt()
            except _Passing as passing:
                wait = policy.wait(failed) if passing.wait_s is None else passing.wait_s
                if failed == policy.attempts or wait > policy.patience_s:
                    raise passing.error from passing
                self.retries += 1
                self._sleep(wait)
        raise AssertionError("a policy has at least one attempt")


def checked_url(url: str, *, whole: bool = False) -> str:
    """A URL without a slash at its end. Raises InsecureUrlError for http beyond this machine, and for a secret within it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InsecureUrlError(f"{_shown(url)} is no web address", hint="give https://HOST/...")
    if parts.username or parts.password:
        raise InsecureUrlError(
            "the address holds a user or a password",
            where=parts.hostname,
            hint="put the secret into an environment variable and name that one",
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise InsecureUrlError("http sends everything in the clear", where=_shown(url), hint="use https")
    return url if whole else url.rstrip("/")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _shown(url: str) -> str:
    """The address without its query: that may hold what somebody typed."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _headers(answer: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}


def _unreachable(error: httpx.TransportError, url: str) -> SourceUnreachableError:
    if isinstance(error, httpx.TimeoutException):
        seen, hint = "the system did not answer in time", "run the command again, or raise the time-out"
    elif isinstance(error, httpx.ConnectError):
        seen, hint = (
            f"no connection: {error}",
            "check the address, the network, and the certificate authority (`ca_file`)",
        )
    else:
        seen, hint = f"the connection broke off: {error}", "run the command again: it takes up where it stopped"
    return SourceUnreachableError(seen, where=_shown(url), hint=hint)

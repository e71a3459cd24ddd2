"""A provider that misbehaves: what it answers is bounded, never followed elsewhere, and told apart from one that is down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest

from core.clock import FrozenClock
from core.oidc_settings import OidcSettings
from services.access.oidc.errors import ProviderAnswerError, ProviderUnavailableError
from services.access.oidc.exchange import MOST_AT_ONCE, MOST_BYTES, ProviderExchange
from services.access.oidc.metadata import WELL_KNOWN, discover
from services.access.oidc.provider import IdentityProvider
from tests.patience import PATIENCE_S, until
from tests.services.access.oidc.tokens import NOW, settings

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(slots=True)
class Misbehaving:
    """A server on loopback that answers as a test says, and notes what it is asked."""

    port: int
    answer: Answer = field(default=lambda _: None)
    asked: list[str] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self, **changes: Any) -> OidcSettings:
        return settings(issuer=self.issuer, **{"answer_s": 60, **changes})

    def document(self, **changes: Any) -> dict[str, Any]:
        """Its metadata, changed; None takes something away."""
        given = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }
        return {name: value for name, value in (given | changes).items() if value is not None}


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            misbehaving.asked.append(self.path)
            misbehaving.answer(self)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    misbehaving = Misbehaving(http.server_address[1])
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield misbehaving
    http.shutdown()
    http.server_close()
    thread.join(PATIENCE_S)


def says(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def drips(handler: BaseHTTPRequestHandler) -> None:
    """One byte at a time: each comes soon, and the whole never does."""
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(2_000):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        pass  # nobody listens any more


def hangs(handler: BaseHTTPRequestHandler) -> None:
    """Says nothing until nobody listens any more."""
    handler.rfile.read(1)


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        pytest.param(says(b"{}", 302, Location="http://127.0.0.1:1/other"), "redirections", id="led elsewhere"),
        pytest.param(says(b"{}", 404), "answers 404", id="no such document"),
        pytest.param(says(b"<html>"), "not JSON", id="a page"),
        pytest.param(says(b"[]"), "no JSON object", id="a list"),
        pytest.param(says(b"[" * 100_000), "not JSON", id="nested without end"),
        pytest.param(says(b" " * (MOST_BYTES + 1)), "larger than", id="too large"),
        pytest.param(says(b"\x1f\x8b\x08", Content_Encoding="gzip"), "not JSON", id="compressed unasked"),
    ],
)
def test_an_answer_that_is_not_allowed_is_told(server: Misbehaving, answer: Answer, seen: str) -> None:
    server.answer = answer
    with pytest.raises(ProviderAnswerError, match=seen):
        discover(ProviderExchange(server.settings()), server.issuer)
    assert server.asked == [WELL_KNOWN]


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        pytest.param(says(b"{}", 500), "answers 500", id="fails"),
        pytest.param(says(b"{}", 429), "answers 429", id="is busy"),
        pytest.param(drips, "in time", id="never ends"),
        pytest.param(hangs, "in time", id="never begins"),
    ],
)
def test_a_provider_that_fails_may_come_back(server: Misbehaving, answer: Answer, seen: str) -> None:
    server.answer = answer
    with pytest.raises(ProviderUnavailableError, match=seen):
        discover(ProviderExchange(server.settings(answer_s=0.5 if seen == "in time" else 60)), server.issuer)


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        pytest.param({"issuer": "https://other.example"}, "of the issuer", id="another issuer"),
        pytest.param({"issuer": None}, "of the issuer", id="no issuer"),
        pytest.param({"jwks_uri": None}, "jwks_uri is no web address", id="no keys"),
        pytest.param({"jwks_uri": 7}, "jwks_uri is no web address", id="keys at a number"),
        pytest.param({"token_endpoint": "file:///etc/passwd"}, "no web address", id="a file"),
        pytest.param({"token_endpoint": "http://[::1/"}, "no web address", id="a broken address"),
        pytest.param({"token_endpoint": "http://u:p@127.0.0.1/"}, "no web address", id="with a password"),
        pytest.param({"token_endpoint": "http://10.0.0.1/token"}, "in the clear", id="elsewhere"),
        pytest.param({"code_challenge_methods_supported": ["plain"]}, "no PKCE", id="no challenge"),
    ],
)
def test_metadata_that_lead_astray_are_refused(server: Misbehaving, changes: dict[str, Any], seen: str) -> None:
    server.answer = says(orjson.dumps(server.document(**changes)))
    with pytest.raises(ProviderAnswerError, match=seen):
        discover(ProviderExchange(server.settings()), server.issuer)


@pytest.mark.parametrize(
    "address", ["http://login.example/token", "https://127.0.0.1/token", "https://localhost/token", "https://[::1]/"]
)
def test_a_provider_elsewhere_does_not_send_us_to_this_machine_nor_into_the_clear(address: str) -> None:
    exchange = ProviderExchange(settings())
    assert exchange.checked("https://tokens.example/token", "token_endpoint")
    with pytest.raises(ProviderAnswerError, match="https is asked for"):
        exchange.checked(address, "token_endpoint")


def test_metadata_are_asked_for_once_and_a_failure_is_not_repeated_at_once(server: Misbehaving) -> None:
    provider = IdentityProvider(server.settings(), FrozenClock(NOW), {})
    server.answer = says(b"{}", 500)
    for _ in range(5):
        with pytest.raises(ProviderUnavailableError):
            provider.depart()
    assert server.asked == [WELL_KNOWN]
    provider = IdentityProvider(server.settings(), FrozenClock(NOW), {})
    server.answer = says(orjson.dumps(server.document(authorization_endpoint=f"{server.issuer}/auth?tenant=1")))
    server.asked.clear()
    assert provider.depart().address.startswith(f"{server.issuer}/auth?tenant=1&response_type=code&")
    assert provider.depart().address != provider.depart().address
    assert server.asked == [WELL_KNOWN]


def test_sign_ins_that_wait_for_the_provider_do_not_fill_every_thread(server: Misbehaving) -> None:
    exchange = ProviderExchange(settings(issuer=server.issuer, answer_s=60))
    go = threading.Event()

    def waits(handler: BaseHTTPRequestHandler) -> None:
        assert go.wait(PATIENCE_S)
        says(b"{}")(handler)

    server.answer = waits
    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        waiting = [pool.submit(exchange.post, f"{server.issuer}/token", {}, {}) for _ in range(MOST_AT_ONCE)]
        until(lambda: len(server.asked) == MOST_AT_ONCE)
        with pytest.raises(ProviderUnavailableError, match="8 sign-ins wait") as refused:
            exchange.post(f"{server.issuer}/token", {}, {})
        assert refused.value.details["retry_after_s"] > 0
        go.set()
        assert {one.result(PATIENCE_S).status for one in waiting} == {200}
    assert exchange.post(f"{server.issuer}/token", {}, {}).body == {}

"""Requests through the guard: to the address that was judged, with TLS for the name, within a time."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.guarded_http import GuardedTransport, proxy_of_environment
from core.outbound import AddressGuard, AddressRefusedError, Resolver, networks
from tests.patience import PATIENCE_S
from tests.patience import until as until_it_is

Answer = Callable[[BaseHTTPRequestHandler], None]


def plain(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "2")
    handler.end_headers()
    handler.wfile.write(b"ok")


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """A byte of the status line now and then: no pause is long, the whole is without end."""
    handler.close_connection = True
    try:
        for _ in range(200):
            handler.wfile.write(b"H")
            time.sleep(0.05)
    except OSError:
        pass


def until(event: threading.Event) -> Answer:
    """No answer before that."""

    def wait(_handler: BaseHTTPRequestHandler) -> None:
        event.wait(PATIENCE_S)

    return wait


@contextmanager
def serving(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[str]]]:
    """A server on loopback: its port, and the Host headers that it has seen."""
    hosts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hosts.append(self.headers["Host"])
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that breaks off is what is tried here."""

    server = Quiet(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], hosts
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def client(
    resolve: Resolver, *, verify: ssl.SSLContext | None = None, whole_s: float | None = None, allowed: bool = True
) -> Iterator[httpx.Client]:
    guard = AddressGuard(networks(["127.0.0.0/8"]) if allowed else (), resolve=resolve)
    transport = GuardedTransport(guard, verify=verify or ssl.create_default_context(), whole_s=whole_s)
    with httpx.Client(transport=transport, trust_env=False, timeout=PATIENCE_S) as found:
        yield found


def test_a_name_is_looked_up_once_and_the_judged_address_is_connected_to() -> None:
    asked: list[str] = []

    def here(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with serving(plain) as (port, hosts), client(here) as asking:
        assert asking.get(f"http://receiver.example:{port}/").text == "ok"
    assert (asked, hosts) == (["receiver.example"], [f"receiver.example:{port}"])


def test_a_name_that_changes_its_mind_leads_nowhere_else() -> None:
    answers = [["93.184.216.34"], ["127.0.0.1"]]  # public when it is judged, this machine when it would be used
    guard = AddressGuard(resolve=lambda _host, _port: answers.pop(0))
    with serving(plain) as (port, hosts):
        assert [str(one) for one in guard.checked("rebinding.example", port)] == ["93.184.216.34"]
        with (
            httpx.Client(transport=GuardedTransport(guard, verify=ssl.create_default_context())) as asking,
            pytest.raises(AddressRefusedError),
        ):
            asking.get(f"http://rebinding.example:{port}/")
    assert hosts == []
    assert answers == []


def test_a_second_address_is_tried_where_the_first_does_not_answer() -> None:
    with serving(plain) as (port, _), client(lambda _host, _port: ["127.0.0.9", "127.0.0.1"]) as asking:
        assert asking.get(f"http://receiver.example:{port}/").text == "ok"


def test_a_name_that_there_is_not_is_a_failed_connection() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with client(nowhere) as asking, pytest.raises(httpx.ConnectError, match="no such name"):
        asking.get("http://nowhere.example/")


@pytest.mark.parametrize("url", ["http://127.0.0.1:{}/", "http://[::ffff:127.0.0.1]:{}/", "http://2130706433:{}/"])
def test_an_address_that_is_not_allowed_is_not_connected_to(url: str) -> None:
    with serving(plain) as (port, hosts), client(lambda _host, _port: ["127.0.0.1"], allowed=False) as asking:
        with pytest.raises(AddressRefusedError):
            asking.get(url.format(port))
        assert hosts == []


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server with a certificate for a name, and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))


def test_tls_is_verified_for_the_name_though_the_address_is_connected_to(tmp_path: Path) -> None:
    server, trusting = certificate(tmp_path, "receiver.example")
    with (
        serving(plain, server) as (port, _),
        client(lambda _host, _port: ["127.0.0.1"], verify=trusting) as asking,
    ):
        assert asking.get(f"https://receiver.example:{port}/").text == "ok"
        for other in ("other.example", "127.0.0.1"):  # the same address, and a connection to it is open
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                asking.get(f"https://{other}:{port}/")


def test_a_receiver_that_feeds_byte_by_byte_does_not_outlast_the_time_of_a_connection() -> None:
    with (
        serving(dripping) as (port, _),
        client(lambda _host, _port: ["127.0.0.1"], whole_s=0.3) as asking,
        pytest.raises(httpx.ReadTimeout),  # the last byte would be another error
    ):
        asking.get(f"http://receiver.example:{port}/")


def test_who_waits_is_woken_when_connections_are_ended() -> None:
    transport = GuardedTransport(
        AddressGuard(networks(["127.0.0.0/8"])), verify=ssl.create_default_context(), whole_s=30
    )
    silent = threading.Event()
    with (
        serving(until(silent)) as (port, hosts),
        httpx.Client(transport=transport) as asking,
    ):
        ended: list[BaseException] = []

        def ask() -> None:
            try:
                asking.get(f"http://127.0.0.1:{port}/")
            except httpx.HTTPError as error:
                ended.append(error)

        waiting = threading.Thread(target=ask)
        waiting.start()
        until_it_is(lambda: hosts)
        transport.abort()
        waiting.join(PATIENCE_S)
        silent.set()
        assert isinstance(ended[0], httpx.TransportError)


def test_a_proxy_of_the_environment_is_asked_for_names_and_never_for_private_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("all_proxy", "ALL_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "inside.example")
    with serving(plain) as (port, hosts):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        transport = GuardedTransport(
            AddressGuard(), verify=ssl.create_default_context(), proxy_for=proxy_of_environment
        )
        with httpx.Client(transport=transport, trust_env=False) as asking:
            assert asking.get("http://feed.example/").text == "ok"
            with pytest.raises(AddressRefusedError):
                asking.get("http://10.0.0.1/")
        assert hosts == ["feed.example"]
    assert proxy_of_environment(httpx.URL("http://inside.example/")) is None
    assert proxy_of_environment(httpx.URL("https://feed.example/")) is None

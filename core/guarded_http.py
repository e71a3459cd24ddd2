"""Connections of httpx that are made to addresses which a guard has judged, and to no others.

A name is resolved, judged and connected to in one place; TLS is verified for the name, as always. Requests are kept apart by
name, so that no connection is used for another host of the same address.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Lock
from time import monotonic
from typing import Any, Final
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from core.outbound import AddressGuard

_TRIED: Final = 4
"""Addresses of one name that are tried, one after the other."""
_SLICE: Final = 16 * 1024
"""Bytes that are written between two looks at the time."""

ProxyFor = Callable[[httpx.URL], str | None]
"""The proxy that an address is asked through, None for none."""


def no_proxy(_url: httpx.URL) -> str | None:
    """Every address is connected to directly."""
    return None


def proxy_of_environment(url: httpx.URL) -> str | None:
    """The proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name for an address."""
    known = getproxies()
    proxy = known.get(url.scheme) or known.get("all")
    if not proxy or proxy_bypass(url.host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


class GuardedTransport(httpx.BaseTransport):
    """A transport for `httpx.Client`. `whole_s` bounds a connection from its beginning to its end, whatever it is fed.

    Where a proxy is asked, it is the proxy that resolves names: addresses written as such are judged here, names are its own
    matter. Raises AddressRefusedError beside what httpx raises.
    """

    def __init__(
        self,
        guard: AddressGuard,
        *,
        verify: ssl.SSLContext,
        proxy_for: ProxyFor = no_proxy,
        limits: httpx.Limits | None = None,
        whole_s: float | None = None,
    ) -> None:
        self._guard = guard
        self._verify = verify
        self._proxy_for = proxy_for
        self._limits = limits or httpx.Limits(max_connections=100, max_keepalive_connections=20)
        self._backend = _JudgedConnections(guard, whole_s)
        self._direct = httpx.HTTPTransport(verify=verify, trust_env=False)
        self._direct._pool.close()
        self._direct._pool = httpcore.ConnectionPool(
            ssl_context=verify,
            max_connections=self._limits.max_connections,
            max_keepalive_connections=self._limits.max_keepalive_connections,
            keepalive_expiry=self._limits.keepalive_expiry,
            network_backend=self._backend,
        )
        self._proxied: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        proxy = self._proxy_for(request.url)
        if proxy is None:
            return self._direct.handle_request(request)
        names = AddressGuard(self._guard.allowed, resolve=_a_matter_of_the_proxy)
        with suppress(_LeftToProxyError):
            names.checked(request.url.raw_host.decode("ascii"), request.url.port or 0)
        if proxy not in self._proxied:
            self._proxied[proxy] = httpx.HTTPTransport(verify=self._verify, proxy=proxy, trust_env=False)
        return self._proxied[proxy].handle_request(request)

    def close(self) -> None:
        self._direct.close()
        for transport in self._proxied.values():
            transport.close()

    def abort(self) -> None:
        """End every connection, from whatever thread, and make no more: who waits for an answer is told that it broke off."""
        self._backend.abort()


class _LeftToProxyError(OSError):
    """A name, which is not resolved here."""


def _a_matter_of_the_proxy(_host: str, _port: int) -> list[str]:
    raise _LeftToProxyError


class _JudgedConnections(httpcore.NetworkBackend):
    """Connects to addresses that were judged. `whole_s` is the longest time of a connection."""

    def __init__(self, guard: AddressGuard, whole_s: float | None) -> None:
        self._guard = guard
        self._whole_s = whole_s
        self._system = httpcore.SyncBackend()
        self._open: set[socket.socket] = set()
        self._ended = False
        self._lock = Lock()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        end = None if self._whole_s is None else monotonic() + self._whole_s
        if self._ended:
            raise httpcore.ConnectError("no connections are made any more")
        try:
            addresses = self._guard.checked(host, port)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        failed: Exception | None = None
        for address in addresses[:_TRIED]:
            try:
                wait = _within(timeout, end)
                stream = self._system.connect_tcp(str(address), port, wait, local_address, socket_options)
                return _Stream(stream, end, self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        assert failed is not None
        raise failed

    def connect_unix_socket(self, *_arguments: Any, **_options: Any) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("sockets of the file system are not connected to")

    def abort(self) -> None:
        with self._lock:
            self._ended = True
            found = tuple(self._open)
        for one in found:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def opened(self, one: socket.socket) -> None:
        with self._lock:
            self._open.add(one)
            if self._ended:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def closed(self, one: socket.socket) -> None:
        with self._lock:
            self._open.discard(one)


class _Stream(httpcore.NetworkStream):
    """A stream that ends with its time, however slowly it is fed."""

    def __init__(self, stream: httpcore.NetworkStream, end: float | None, connections: _JudgedConnections) -> None:
        self._stream = stream
        self._end = end
        self._connections = connections
        self._socket: socket.socket = stream.get_extra_info("socket")
        connections.opened(self._socket)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _within(timeout, self._end))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _SLICE):
            self._stream.write(buffer[start : start + _SLICE], _within(timeout, self._end))

    def close(self) -> None:
        self._connections.closed(self._socket)
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self._connections.closed(self._socket)
        secured = self._stream.start_tls(ssl_context, server_hostname, _within(timeout, self._end))
        return _Stream(secured, self._end, self._connections)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _within(timeout: float | None, end: float | None) -> float | None:
    """The time that is left to one step. Raises httpcore.ReadTimeout where none is."""
    if end is None:
        return timeout
    left = end - monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time of the connection is over")
    return left if timeout is None else min(timeout, left)

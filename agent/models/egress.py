"""The one connection of a call: to the endpoint that the policy names, to an address that was judged, within its time and its bytes.

Every adapter sends through it, whatever HTTP library its provider's package brings: none of them connects by itself. Redirects are not
followed, proxies and credentials of the environment are not used.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import httpx

from agent.gateway.errors import ModelError, ModelTimeoutError
from agent.gateway.policy import ProviderPolicy
from core.errors import JumeauError
from core.guarded_http import GuardedTransport
from core.outbound import AddressGuard, Network

LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_NOT_SENT_ON: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})


class Egress(httpx.BaseTransport):
    """A transport for one call. `failure` is why it ended, `status` what the provider answered with; for whoever tells of it.

    `networks` are those that the installation allows beside public ones and this machine. Plain http goes to listed networks only.
    """

    def __init__(
        self, policy: ProviderPolicy, networks: tuple[Network, ...], *, within_s: float, most_bytes: int
    ) -> None:
        self.status: int | None = None
        self.failure: JumeauError | None = None
        self._where = policy.endpoint
        self._host = urlsplit(policy.endpoint)
        self._most = most_bytes
        guard = AddressGuard((*LOOPBACK, *networks), public=self._host.scheme == "https")
        self._guarded = GuardedTransport(
            guard, verify=ssl.create_default_context(cafile=policy.ca_file), whole_s=within_s
        )
        self._timeout = httpx.Timeout(within_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.close()

    def client(self) -> httpx.Client:
        """A client that sends through this and nowhere else."""
        return httpx.Client(transport=self, trust_env=False, follow_redirects=False, timeout=self._timeout)

    def exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> httpx.Response:
        """One request, for libraries that bring no httpx. Raises httpx.HTTPError, ModelError."""
        sent = {name: value for name, value in headers.items() if name.lower() not in _NOT_SENT_ON}
        with self.client() as client:
            return client.request(method, url, headers=sent, content=body)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if (request.url.scheme, request.url.host) != (
            self._host.scheme,
            self._host.hostname,
        ) or request.url.port != self._host.port:
            raise self._failed(ModelError(f"its adapter would have asked {request.url.host}", where=self._where))
        request.headers["accept-encoding"] = "identity"  # a compressed answer could be far longer than its bytes
        try:
            response = self._guarded.handle_request(request)
        except JumeauError as error:
            raise self._failed(error) from error
        except httpx.TimeoutException as error:
            self._failed(ModelTimeoutError("the model did not answer in time", where=self._where))
            raise error
        except httpx.HTTPError as error:
            self._failed(ModelError(f"the model cannot be reached: {type(error).__name__}", where=self._where))
            raise error
        self.status = response.status_code
        response.stream = _Bounded(response.stream, self)
        return response

    def close(self) -> None:
        self._guarded.close()

    def read(self, stream: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks of an answer, as long as they are within time and bytes."""
        count = 0
        try:
            for chunk in stream:
                count += len(chunk)
                if count > self._most:
                    raise self._failed(ModelError(f"the answer is longer than {self._most} bytes", where=self._where))
                yield chunk
        except httpx.TimeoutException:
            self._failed(ModelTimeoutError("the answer did not end in time", where=self._where))
            raise
        except httpx.HTTPError as error:
            self._failed(ModelError(f"the answer broke off: {type(error).__name__}", where=self._where))
            raise

    def _failed(self, error: JumeauError) -> JumeauError:
        self.failure = self.failure or error
        return error


class _Bounded(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream, egress: Egress) -> None:
        assert isinstance(stream, httpx.SyncByteStream)
        self._stream = stream
        self._egress = egress

    def __iter__(self) -> Iterator[bytes]:
        return self._egress.read(iter(self._stream))

    def close(self) -> None:
        self._stream.close()

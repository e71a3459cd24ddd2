"""The egress as other HTTP libraries see it: for botocore a session, for requests an adapter."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSResponse
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from agent.models.egress import Egress


class ForBotocore:
    """What a client of AWS sends with."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    def send(self, request: Any) -> AWSResponse:
        body = request.body
        content = body.encode() if isinstance(body, str) else body
        headers = {name: _text(value) for name, value in request.headers.items()}
        answer = self._egress.exchange(request.method, request.url, headers, content)
        return AWSResponse(request.url, answer.status_code, dict(answer.headers), _Raw(answer.content))

    def close(self) -> None:
        """Nothing stays open."""


class ForRequests(BaseAdapter):
    """What a session of requests sends with."""

    def __init__(self, egress: Egress) -> None:
        super().__init__()
        self._egress = egress

    def send(self, request: PreparedRequest, *_arguments: Any, **_options: Any) -> Response:
        body = request.body
        content = body.encode() if isinstance(body, str) else body
        headers = {name: _text(value) for name, value in request.headers.items()}
        answer = self._egress.exchange(request.method or "POST", request.url or "", headers, content)  # type: ignore[arg-type]
        made = Response()
        made.status_code = answer.status_code
        made.headers.update(answer.headers)
        made.raw = BytesIO(answer.content)
        made.url, made.request, made.encoding = str(request.url), request, "utf-8"
        return made

    def close(self) -> None:
        """Nothing stays open."""


class _Raw(BytesIO):
    def stream(self, **_options: Any) -> Iterator[bytes]:
        yield self.getvalue()


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)

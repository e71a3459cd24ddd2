"""Public feeds: one document, or one file, each with a tag that says whether it changed."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from tests.ingest.connectors.doubles.server import Double, Request, Response


class FeedDouble(Double):
    """Serves `documents()` by path; If-None-Match of the present content is answered with 304."""

    def documents(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def answer(self, request: Request) -> Response:
        documents = self.documents()
        if request.path not in documents:
            return Response(b"not found", 404, {"Content-Type": "text/plain"})
        response = Response(documents[request.path])
        tag = f'"{blake2b(response.encoded(), digest_size=8).hexdigest()}"'
        if request.headers.get("if-none-match") == tag:
            return Response(b"", 304, {"ETag": tag})
        return Response(response.body, 200, {"ETag": tag})


class EndOfLifeDouble(FeedDouble):
    """endoflife.date, version 1 of its API."""

    def __init__(self) -> None:
        super().__init__()
        self.products: list[dict[str, Any]] = []

    def documents(self) -> Mapping[str, Any]:
        found = {"schema_version": "1.2.0", "total": len({p["name"] for p in self.products}), "result": self.products}
        return {"/api/v1/products/full": found}


class KevDouble(FeedDouble):
    """CISA's feed."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[dict[str, Any]] = []

    def documents(self) -> Mapping[str, Any]:
        path = "/sites/default/files/feeds/known_exploited_vulnerabilities.json"
        return {path: {"title": "KEV", "count": len(self.entries), "vulnerabilities": self.entries}}


class FileDouble(FeedDouble):
    """Any files by path."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}

    def documents(self) -> Mapping[str, Any]:
        return self.files

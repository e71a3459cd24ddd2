"""Documents known by their SHA-256: those that clients told once (automatic persisted queries), and those of a list.

With `only`, who may not ask freely is answered documents of the list and nothing else.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, Final

import orjson

from core.errors import ConfigurationError, NotFoundError, QueryError, UsageError
from core.settings import Settings

VERSION: Final = 1
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class PersistedQueryNotFoundError(NotFoundError):
    """A GraphQL document is asked for by a hash that is not known (any more): send it once with its text."""

    code = "PERSISTED_QUERY_NOT_FOUND"


class PersistedQueryHashError(UsageError):
    """The hash of a persisted GraphQL document is malformed, or that of another text."""

    code = "PERSISTED_QUERY_HASH"


class DocumentNotRegisteredError(QueryError):
    """Only registered GraphQL documents are answered to whoever has no right to free questions."""

    code = "DOCUMENT_NOT_REGISTERED"
    status = 403


@dataclass(slots=True)
class PersistedDocuments:
    """The texts of documents by hash. `most_bytes` bounds what clients told; the least recently used go. Safe for threads."""

    registered: Mapping[str, str] = field(default_factory=dict)
    most_bytes: int = 10_000_000
    only: bool = False
    _told: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, settings: Settings) -> PersistedDocuments:
        """As the settings say. Raises ConfigurationError."""
        path = settings.graphql_documents
        if path is None and settings.graphql_registered_only:
            raise ConfigurationError(
                "only registered documents are to be answered, and there is no list of them",
                where="JUMEAU_GRAPHQL_REGISTERED_ONLY",
                hint="name the file with JUMEAU_GRAPHQL_DOCUMENTS",
            )
        registered = {} if path is None else read_documents(path)
        return cls(registered, settings.graphql_persisted_bytes, settings.graphql_registered_only)

    @property
    def bytes(self) -> int:
        """The bytes of what clients told and is kept."""
        return self._bytes

    def text(self, query: str | None, extensions: Mapping[str, Any] | None, *, is_free: bool) -> str | None:
        """The document that is meant: told, or known by its hash; None where a request names none.

        Raises PersistedQueryNotFoundError, PersistedQueryHashError, DocumentNotRegisteredError.
        """
        wanted = _hash_in(extensions)
        if query is None or query == "":
            if wanted is None:
                return None
            found = self._known(wanted)
            if found is None:
                raise PersistedQueryNotFoundError(
                    "PersistedQueryNotFound", where=wanted, hint="send the request again with the document and its hash"
                )
            query = found
        elif wanted is not None and wanted != digest(query):
            raise PersistedQueryHashError(
                "provided sha does not match query", where=wanted, hint="hash the text as it is sent"
            )
        if self.only and not is_free and digest(query) not in self.registered:
            raise DocumentNotRegisteredError(
                "this document is not registered",
                where=digest(query),
                hint="ask for one of the registered documents, or for the right to query freely",
            )
        return query

    def keep(self, query: str, extensions: Mapping[str, Any] | None) -> None:
        """Keep a document that was told with its hash and is fit to run."""
        wanted = _hash_in(extensions)
        if wanted is None or wanted in self.registered:
            return
        size = len(query.encode("utf-8", "surrogatepass"))
        with self._lock:
            if wanted in self._told or size > self.most_bytes:
                return
            self._told[wanted] = query
            self._bytes += size
            while self._bytes > self.most_bytes:
                _, oldest = self._told.popitem(last=False)
                self._bytes -= len(oldest.encode("utf-8", "surrogatepass"))

    def _known(self, wanted: str) -> str | None:
        registered = self.registered.get(wanted)
        if registered is not None:
            return registered
        with self._lock:
            found = self._told.get(wanted)
            if found is not None:
                self._told.move_to_end(wanted)
            return found


def digest(text: str) -> str:
    """The hash that a document is known by."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_documents(path: Path) -> dict[str, str]:
    """The documents of a list: a JSON object, hash to text, as client generators write it. Raises ConfigurationError."""
    where = str(path)
    try:
        content = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ConfigurationError(f"the list of documents cannot be read: {error}", where=where) from error
    if not isinstance(content, dict):
        raise ConfigurationError(
            "the list of documents is no JSON object", where=where, hint="write {SHA-256: document}"
        )
    for name, text in content.items():
        if not isinstance(text, str) or digest(text) != name.removeprefix("sha256:"):
            raise ConfigurationError(
                f"{name[:80]!r} is not the SHA-256 of its document",
                where=where,
                hint="hash the text as clients send it",
            )
    return {name.removeprefix("sha256:"): text for name, text in content.items()}


def _hash_in(extensions: Mapping[str, Any] | None) -> str | None:
    persisted = (extensions or {}).get("persistedQuery")
    if persisted is None:
        return None
    wanted = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not isinstance(wanted, str) or not _HASH.fullmatch(wanted) or persisted.get("version") != VERSION:
        raise PersistedQueryHashError(
            "this is no hash of a document",
            where="extensions.persistedQuery",
            hint=f'send {{"version": {VERSION}, "sha256Hash": 64 hexadecimal digits in lower case}}',
        )
    return wanted

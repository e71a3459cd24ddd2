"""Keep backends true to the ledger: rebuild one from nothing, verify several against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from core.settings import Settings
from graph.history.projection import Progress, Projector
from graph.history.verify import Verification, verify
from graph.registry import open_backend
from graph.repository import GraphRepository
from graph.schema.load import load_schema
from services.twin import Twin, backend_options, open_ledger


def rebuild(settings: Settings, url: str, progress: Progress | None = None) -> int:
    """Empty the backend at `url` and project the whole ledger on it; returns the sequence reached.

    A file that is damaged, or of an outdated layout, is kept beside under another name.
    """
    schema, ledger = open_ledger(settings)
    try:
        repository = open_backend(url, schema, replace(backend_options(settings), set_aside=True))
        try:
            repository.reset()
            return Projector(ledger, repository).catch_up(progress)
        finally:
            repository.close()
    finally:
        ledger.close()


def empty(settings: Settings, url: str) -> None:
    """Take everything out of the backend at `url`; the next projection begins with the first event."""
    repository = open_backend(url, load_schema(settings.pack), replace(backend_options(settings), set_aside=True))
    try:
        repository.reset()
    finally:
        repository.close()


def verify_backends(settings: Settings, urls: Sequence[str]) -> Verification:
    """Compare backends with the ledger; `networkx`, which lives in memory only, is projected first."""
    schema, ledger = open_ledger(settings)
    try:
        with _opened(settings, urls, schema) as repositories:
            for repository in repositories:
                if not repository.capabilities.durable:
                    Projector(ledger, repository).catch_up()
            return verify(ledger, schema, repositories)
    finally:
        ledger.close()


def verify_twin(twin: Twin) -> Verification:
    """Compare the backend of an open twin with its ledger."""
    with twin.write_lock:
        return verify(twin.ledger, twin.schema, [twin.repository])


def verification_to_dict(result: Verification) -> dict[str, Any]:
    """The report as JSON: backends with sequence, checksum and counts; `equal`; the first differences by name."""
    return {
        "ledger": {"sequence": result.sequence, "checksum": result.checksum, "counts": dict(result.counts)},
        "backends": [
            {
                "url": backend.url,
                "sequence": backend.sequence,
                "checksum": backend.checksum,
                "counts": dict(backend.counts),
                "equal": backend.equal,
                "differences": [
                    {
                        "kind": d.kind,
                        "element": d.element,
                        "problem": d.problem,
                        "attribute": d.attribute,
                        "expected": None if d.expected is None else str(d.expected),
                        "found": None if d.found is None else str(d.found),
                    }
                    for d in backend.differences
                ],
            }
            for backend in result.backends
        ],
        "equal": result.equal,
    }


@contextmanager
def _opened(settings: Settings, urls: Sequence[str], schema: Any) -> Iterator[list[GraphRepository]]:
    with ExitStack() as stack:
        repositories: list[GraphRepository] = []
        for url in urls:
            repository = open_backend(url, schema, backend_options(settings))
            stack.callback(repository.close)
            repositories.append(repository)
        yield repositories

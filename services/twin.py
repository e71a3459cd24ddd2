"""The twin of one installation: its schema, its ledger and the backend that mirrors it. Opened once per process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from threading import Lock

from core.clock import Clock, clock_for
from core.errors import SequenceGapError
from core.settings import Settings
from graph.history.ledger import Ledger
from graph.history.projection import Progress, Projector
from graph.registry import BackendOptions, open_backend
from graph.repository import GraphRepository
from graph.schema.load import load_schema
from graph.schema.model import Schema
from services.former_names import names_before
from services.lost_backend import LOST, LostBackend


@dataclass(slots=True)
class Twin:
    """Everything that a use case needs. `write_lock` serialises projections within this process."""

    settings: Settings
    clock: Clock
    schema: Schema
    ledger: Ledger
    repository: GraphRepository
    write_lock: Lock

    def catch_up(self, progress: Progress | None = None) -> int:
        """Bring the backend up to the ledger; returns the sequence reached.

        Where another server of the same backend has applied a part of it meanwhile, what is left is worked out again.
        """
        with self.write_lock:
            while True:
                before = self.repository.watermark()
                try:
                    return Projector(self.ledger, self.repository).catch_up(progress)
                except SequenceGapError:
                    if self.repository.watermark() <= before:
                        raise

    def close(self) -> None:
        """Release the backend, then the ledger."""
        self.repository.close()
        self.ledger.close()


def backend_options(settings: Settings) -> BackendOptions:
    """What the settings say about backends."""
    return BackendOptions(
        user=settings.neo4j_user, password=settings.neo4j_password, buffer_pool_mb=settings.buffer_pool_mb
    )


def open_ledger(settings: Settings) -> tuple[Schema, Ledger]:
    """The schema and the ledger without any backend, for loads that a running server projects."""
    schema = load_schema(settings.pack)
    ledger = Ledger(settings.ledger_url, schema, clock_for(settings.now))
    ledger.former = names_before(settings, schema, ledger)
    return schema, ledger


@contextmanager
def open_twin(settings: Settings, *, catch_up: bool = True, to_ask: bool = False) -> Iterator[Twin]:
    """Open ledger and backend; unless told otherwise, apply at once what a crash may have left unapplied.

    `to_ask`: a backend that cannot be reached is no error yet, since questions are answered from the ledger meanwhile.
    """
    schema, ledger = open_ledger(settings)
    try:
        repository = _open(settings, schema, to_ask=to_ask)
        twin = Twin(settings, clock_for(settings.now), schema, ledger, repository, Lock())
        try:
            if catch_up:
                with suppress(*LOST) if to_ask else nullcontext():
                    twin.catch_up()
            yield twin
        finally:
            repository.close()
    finally:
        ledger.close()


def _open(settings: Settings, schema: Schema, *, to_ask: bool) -> GraphRepository:
    url = settings.backend_url

    def opener() -> GraphRepository:
        return open_backend(url, schema, backend_options(settings))

    try:
        return opener()
    except LOST as error:
        if not to_ask:
            raise
        return LostBackend(url, schema, opener, error)

"""Migrate a twin to the pack as it is now: list, plan, apply, revert."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import StoreLockedError
from core.settings import Settings
from migrations.apply import Applied, Migrations
from migrations.chain import folder_of, load_chain
from migrations.render import BACKENDS, render
from services.maintenance import rebuild
from services.projecting import project
from services.rendezvous import running_server
from services.twin import open_ledger


@contextmanager
def _opened(settings: Settings, folder: Path | None) -> Iterator[tuple[Migrations, Any]]:
    schema, ledger = open_ledger(settings)
    try:
        chain = load_chain(folder or folder_of(settings.pack))
        yield Migrations(schema, ledger, chain, actor=settings.actor), schema
    finally:
        ledger.close()


def list_migrations(settings: Settings, folder: Path | None = None) -> list[dict[str, Any]]:
    """Every migration of the chain: name, title, state, whether it can be taken back, checksum, run. Raises MigrationError."""
    with _opened(settings, folder) as (migrations, _):
        runs = migrations.applied()
        return [
            {
                "name": each.name,
                "title": each.title,
                "state": "applied" if number < len(runs) else "pending",
                "reversible": each.reversible,
                "checksum": each.checksum,
                "run": runs[number].id if number < len(runs) else None,
            }
            for number, each in enumerate(migrations.chain)
        ]


def plan_migrations(settings: Settings, folder: Path | None = None) -> dict[str, Any]:
    """What is pending: how many elements each operation touches, and the statements of every backend. Nothing is written."""
    with _opened(settings, folder) as (migrations, schema):
        pending = migrations.pending()
        effects = migrations.preview()
        return {
            "pending": [
                {
                    "name": each.name,
                    "title": each.title,
                    "reversible": each.reversible,
                    "rebuilds": each.rebuilds,
                    "operations": [
                        {
                            "operation": op.describe(),
                            "elements": effects.counts[op.describe()],
                            "reversible": op.reversible,
                        }
                        for op in each.operations
                    ],
                    "statements": {
                        backend: render(each.operations, schema, backend, f"migrate_{each.name}")
                        for backend in BACKENDS
                    },
                }
                for each in pending
            ],
            "events": len(effects.events),
            "left_out": effects.left_out,
        }


def apply_migrations(settings: Settings, folder: Path | None = None) -> list[Applied]:
    """Carry out what is pending and bring the graph up to it. Raises MigrationError, LedgerError, BackendError."""
    _refuse_server(settings)
    with _opened(settings, folder) as (migrations, _):
        done = migrations.apply()
    _follow(settings, done)
    return done


def revert_migration(settings: Settings, folder: Path | None = None) -> Applied:
    """Take the last migration back and bring the graph up to it. Raises what `Migrations.revert` does."""
    _refuse_server(settings)
    with _opened(settings, folder) as (migrations, _):
        done = migrations.revert()
    _follow(settings, [done])
    return done


def _refuse_server(settings: Settings) -> None:
    """A server has the pack as it was in memory."""
    server = running_server(settings.home)
    if server is not None:
        raise StoreLockedError(
            "a server runs on this twin with the pack as it was",
            where=server.url,
            hint="stop it, migrate, start it again",
        )


def _follow(settings: Settings, done: list[Applied]) -> None:
    if settings.backend_url == "networkx":
        return
    if any(each.migration.rebuilds for each in done):
        rebuild(settings, settings.backend_url)
    elif done:
        project(settings)

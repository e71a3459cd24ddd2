"""A store that can be asked before it has its name: that, and what is in it on disk, it gets when it is closed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import structlog

from core.errors import JumeauError
from core.failpoints import reach
from graph.backends.embedded.repository import EmbeddedRepository
from graph.registry import BackendOptions
from graph.schema.model import Schema

_log = structlog.get_logger(__name__)


class DraftRepository(EmbeddedRepository):
    """A graph that is made beside the place where it is to be. A crash leaves nothing under its name.

    `kept` is called with its path once it is there.
    """

    def __init__(self, path: Path, schema: Schema, options: BackendOptions, kept: Callable[[Path], None]) -> None:
        self._final = path
        self._kept = kept
        self._draft: Path | None = path.with_name(f".{uuid4().hex}.lbug")
        super().__init__(self._draft, schema, options)

    def close(self) -> None:
        """Write out what is in memory and take the name; where the disk has no room, the store is given up."""
        draft = self._draft
        if draft is None:
            return
        try:
            self.write_out()
            reach("moment.made")
        except JumeauError as error:
            _log.warning("store.given_up", path=str(self._final), seen=error.seen)
            self.give_up()
            return
        self._draft = None
        super().close()
        draft.replace(self._final)
        remove_store(draft)
        self._kept(self._final)

    def give_up(self) -> None:
        """Leave nothing behind."""
        draft, self._draft = self._draft, None
        super().close()
        if draft is not None:
            remove_store(draft)


def remove_store(path: Path) -> None:
    """Remove a store with what stands beside it."""
    for suffix in ("", ".wal", ".shadow", ".tmp", ".lock"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)

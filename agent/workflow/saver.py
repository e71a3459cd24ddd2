"""A checkpointer of LangGraph on one SQLite file of the home: an investigation is taken up where it stopped, whatever stopped it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
)
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

_TABLES = """
CREATE TABLE IF NOT EXISTS checkpoint (
    thread TEXT, space TEXT, id TEXT, parent TEXT, form TEXT, content BLOB, about_form TEXT, about BLOB, PRIMARY KEY (thread, space, id)
);
CREATE TABLE IF NOT EXISTS pending (
    thread TEXT, space TEXT, id TEXT, task TEXT, number INTEGER, channel TEXT, form TEXT, content BLOB,
    PRIMARY KEY (thread, space, id, task, number)
);
"""


class FileSaver(BaseCheckpointSaver[str]):
    """The checkpoints of investigations, readable by the owner of the home only. Safe for several threads and processes."""

    def __init__(self, path: Path) -> None:
        super().__init__(serde=JsonPlusSerializer(allowed_msgpack_modules=None))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._path = path
        with closing(self._open()) as database:
            database.executescript(_TABLES)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30)

    def threads(self) -> list[str]:
        """The ids of investigations, those that were touched last first."""
        with closing(self._open()) as database:
            rows = database.execute("SELECT thread FROM checkpoint GROUP BY thread ORDER BY max(id) DESC").fetchall()
        return [row[0] for row in rows]

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        return next(self._found(config, get_checkpoint_id(config), 1), None)

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        if config is not None:
            earlier = None if before is None else get_checkpoint_id(before)
            for found in self._found(config, None, limit or 1_000, earlier):
                if all(found.metadata.get(name) == value for name, value in (filter or {}).items()):
                    yield found

    def _found(
        self, config: RunnableConfig, one: str | None, limit: int, before: str | None = None
    ) -> Iterator[CheckpointTuple]:
        thread, space = config["configurable"]["thread_id"], config["configurable"].get("checkpoint_ns", "")
        query = "SELECT id, parent, form, content, about_form, about FROM checkpoint WHERE thread = ? AND space = ?"
        values: list[Any] = [thread, space]
        for test, value in (("id = ?", one), ("id < ?", before)):
            if value is not None:
                query += f" AND {test}"
                values.append(value)
        with closing(self._open()) as database:
            rows = database.execute(f"{query} ORDER BY id DESC LIMIT ?", [*values, limit]).fetchall()
            for identity, parent, form, content, about_form, about in rows:
                writes = database.execute(
                    "SELECT task, channel, form, content FROM pending WHERE thread = ? AND space = ? AND id = ? ORDER BY task, number",
                    (thread, space, identity),
                ).fetchall()
                yield CheckpointTuple(
                    _config(thread, space, identity),
                    self.serde.loads_typed((form, content)),
                    self.serde.loads_typed((about_form, about)),
                    None if parent is None else _config(thread, space, parent),
                    [(task, channel, self.serde.loads_typed((kind, value))) for task, channel, kind, value in writes],
                )

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        thread, space = config["configurable"]["thread_id"], config["configurable"].get("checkpoint_ns", "")
        form, content = self.serde.dumps_typed(checkpoint)
        about_form, about = self.serde.dumps_typed(dict(metadata))
        row = (thread, space, checkpoint["id"], get_checkpoint_id(config), form, content, about_form, about)
        with closing(self._open()) as database, database:
            database.execute("INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        return _config(thread, space, checkpoint["id"])

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        thread, space = config["configurable"]["thread_id"], config["configurable"].get("checkpoint_ns", "")
        identity = config["configurable"]["checkpoint_id"]
        with closing(self._open()) as database, database:
            for place, (channel, value) in enumerate(writes):
                number = WRITES_IDX_MAP.get(channel, place)
                how = "REPLACE" if number < 0 else "IGNORE"
                form, content = self.serde.dumps_typed(value)
                database.execute(
                    f"INSERT OR {how} INTO pending VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (thread, space, identity, task_id, number, channel, form, content),
                )

    def delete_thread(self, thread_id: str) -> None:
        with closing(self._open()) as database, database:
            for table in ("checkpoint", "pending"):
                database.execute(f"DELETE FROM {table} WHERE thread = ?", (thread_id,))


def _config(thread: str, space: str, identity: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread, "checkpoint_ns": space, "checkpoint_id": identity}}

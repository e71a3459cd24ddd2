"""One fetch: every page of every table into the spool, then settled as one whole that a load can read as often as it likes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event as Flag
from typing import Any

import orjson

from core.clock import Clock
from core.failpoints import reach
from ingest.connectors.contract import Connector, Download, Page
from ingest.connectors.drift import Shape
from ingest.connectors.errors import BrokenAnswerError, FetchCancelledError
from ingest.connectors.spool import DRIFTED, RECORDS, Manifest, Spool, State, read_manifest
from ingest.connectors.transport import Transport

OVERLAP = timedelta(minutes=2)
"""Deltas reach back a little before the last fetch: clocks of an installation's nodes differ, and transactions commit late."""

STALE = timedelta(days=1)
"""A stopped fetch older than this is not taken up: it would mix two states of the source."""

Progress = Callable[[str, int, int], None]
"""Called with (table, records so far, records in all or 0)."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole fetch. `folder` is what a load reads; `resumed`: pages of a stopped run were kept; `requests` were made now."""

    folder: Path
    manifest: Manifest
    resumed: bool
    requests: int
    retries: int


def fetch(
    connector: Connector | Download,
    transport: Transport,
    spool: Spool,
    clock: Clock,
    *,
    delta: bool = False,
    progress: Progress | None = None,
    cancelled: Flag | None = None,
) -> Fetched:
    """Fetch everything, or with `delta` what changed since the last fetch that was loaded (everything where there is none).

    Raises an IngestError where it cannot go on; what was fetched is kept, and the next fetch that asks for the same takes it up.
    """
    say = progress or _silent
    with spool.held():
        if isinstance(connector, Download):
            return _download(connector, transport, spool, clock, say)
        since = spool.loaded_until(transport.base_url) if delta and connector.delta else None
        return _Fetch(connector, transport, spool, clock, say, cancelled or Flag()).run(since)


class _Fetch:
    def __init__(
        self, connector: Connector, transport: Transport, spool: Spool, clock: Clock, say: Progress, cancelled: Flag
    ) -> None:
        self._connector = connector
        self._transport = transport
        self._spool = spool
        self._clock = clock
        self._say = say
        self._cancelled = cancelled

    def run(self, since: datetime | None) -> Fetched:
        connector, spool = self._connector, self._spool
        former = read_manifest(spool.current)
        if former is not None and (former.url != self._transport.base_url or former.source != connector.source):
            former = None
        if connector.joined and former is None:
            since = None  # nothing is there that changes could be merged into
        asked = None if since is None else since - OVERLAP
        ask = {
            "url": self._transport.base_url,
            "source": connector.source,
            "tables": list(connector.tables),
            "since": None if asked is None else asked.isoformat(),
        }
        state = spool.take_up(ask, self._clock.now() - STALE)
        resumed = state.pages > 0
        for table in connector.tables:
            if table not in state.done:
                self._table(table, state, asked, former)
        reach("fetch.read")
        manifest = self._settle(state, since, former)
        self._say("settled", sum(manifest.records.values()), 0)
        return Fetched(spool.current, manifest, resumed, self._transport.requests, self._transport.retries)

    def _table(self, table: str, state: State, since: datetime | None, former: Manifest | None) -> None:
        connector, transport = self._connector, self._transport
        shape = Shape(state.shapes[table]) if table in state.shapes else None
        done = 0
        while True:
            if self._cancelled.is_set():
                raise FetchCancelledError("the fetch was stopped", where=table, hint="run it again: it takes up here")
            etag = former.etags.get(table) if former is not None and former.complete else None
            page = connector.page(transport, table, since=since, cursor=state.cursors.get(table), etag=etag)
            records = [self._record(record, table) for record in page.records]
            kept: list[bytes] = []
            drifted: list[bytes] = []
            if shape is None and connector.fixed_shape and records:
                shape = Shape.of(records)
            for record in records:
                reason = None if shape is None else shape.departure(record)
                if reason is None:
                    kept.append(orjson.dumps(record) + b"\n")
                    if shape is not None:
                        shape.learn(record)
                else:
                    state.drifted += 1
                    told = {"table": table, "page": state.pages + 1, "reason": reason, "record": record}
                    drifted.append(orjson.dumps(told) + b"\n")
            self._note(table, state, page, shape)
            self._spool.write_page(state, {table: kept, **({DRIFTED: drifted} if drifted else {})})
            reach("fetch.page.written")
            done += len(records)
            self._say(table, done, max(done, state.totals.get(table, 0)))
            if page.cursor is None:
                return

    def _record(self, record: Any, table: str) -> dict[str, Any]:
        if not isinstance(record, dict):
            seen = f"an item of `{table}` is a {type(record).__name__} and no record"
            raise BrokenAnswerError(
                seen, where=self._transport.base_url, hint="check the base URL and the API's version"
            )
        return record

    def _note(self, table: str, state: State, page: Page, shape: Shape | None) -> None:
        state.pages += 1
        if state.moment is None:
            state.moment = (self._transport.server_time or self._clock.now()).isoformat()
        if page.total is not None:
            state.totals.setdefault(table, page.total)
        if page.etag is not None:
            state.etags[table] = page.etag
        if page.unchanged:
            state.kept.append(table)
        if shape is not None:
            state.shapes[table] = shape.to_dict()
        if page.cursor is None:
            state.done.append(table)
            state.cursors.pop(table, None)
        else:
            state.cursors[table] = dict(page.cursor)

    # --- settling ----------------------------------------------------------------------------------------------------

    def _settle(self, state: State, since: datetime | None, former: Manifest | None) -> Manifest:
        connector, spool = self._connector, self._spool
        records = spool.folder / "settling"
        shutil.rmtree(records, ignore_errors=True)
        records.mkdir()
        counts: dict[str, int] = {}
        duplicates, shortfalls = 0, []
        for table in connector.tables:
            new, old = spool.partial / f"{table}.jsonl", spool.current / RECORDS / f"{table}.jsonl"
            if table in state.kept and old.is_file():
                shutil.copyfile(old, records / old.name)
                counts[table] = former.records.get(table, 0) if former is not None else 0
                continue
            merged = old if since is not None and connector.joined else None
            received, told = self._merge(table, new, merged, records / new.name)
            counts[table] = told
            duplicates += received.duplicates
            total = state.totals.get(table)
            if total is not None and received.distinct < total:
                shortfalls.append(f"{table}: {received.distinct} of {total} records")
        if not connector.whole:
            shortfalls.append("only some of the source's tables were asked for")
        if state.drifted:
            shutil.copyfile(spool.partial / f"{DRIFTED}.jsonl", records / f"{DRIFTED}.jsonl")
            shortfalls.append(f"{state.drifted} records departed from the shape of their table")
        manifest = Manifest(
            source=connector.source,
            url=self._transport.base_url,
            form="tables",
            moment=datetime.fromisoformat(state.moment or self._clock.now().isoformat()),
            since=since,
            complete=since is None and not shortfalls,
            shortfalls=tuple(shortfalls),
            records=counts,
            duplicates=duplicates,
            drifted=state.drifted,
            pages=state.pages,
            etags=state.etags,
        )
        reach("fetch.settling")
        spool.settle(records, manifest)
        return manifest

    def _merge(self, table: str, new: Path, old: Path | None, into: Path) -> tuple[_Received, int]:
        """The last of each record's versions, in the order of their coming; with `old`, after what did not change of it."""
        last: dict[str, int] = {}
        lines = unnamed = 0
        for lines, record in enumerate(_records(new), 1):
            key = self._connector.key(table, record)
            if key is None:
                unnamed += 1
            else:
                last[key] = lines
        received = _Received(len(last) + unnamed, lines - unnamed - len(last))
        told = 0
        with into.open("wb") as out:
            for source, former in ((old, True), (new, False)):
                for number, record in enumerate(_records(source), 1):
                    key = self._connector.key(table, record)
                    if (key not in last) if former else (key is None or last[key] == number):
                        out.write(orjson.dumps(record) + b"\n")
                        told += 1
        return received, told


@dataclass(frozen=True, slots=True)
class _Received:
    distinct: int
    duplicates: int


def _records(file: Path | None) -> Iterator[dict[str, Any]]:
    if file is None or not file.is_file():
        return
    with file.open("rb") as lines:
        for line in lines:
            yield orjson.loads(line)


def _download(download: Download, transport: Transport, spool: Spool, clock: Clock, say: Progress) -> Fetched:
    """Fetch files; one that did not change since (by its tag) is kept."""
    former = read_manifest(spool.current)
    known = former.etags if former is not None and former.url == transport.base_url else {}
    records = spool.folder / "settling"
    shutil.rmtree(records, ignore_errors=True)
    records.mkdir(parents=True)
    etags: dict[str, str] = {}
    sizes: dict[str, int] = {}
    for done, (name, url) in enumerate(download.files.items(), 1):
        old = spool.current / RECORDS / name
        with (records / name).open("w+b") as into:
            answer = transport.download(url, into, etag=known.get(name) if old.is_file() else None)
        if answer.unchanged:
            shutil.copyfile(old, records / name)
        tag = answer.etag or (known.get(name) if answer.unchanged else None)
        if tag:
            etags[name] = tag
        sizes[name] = (records / name).stat().st_size
        say(name, done, len(download.files))
    manifest = Manifest(
        source=download.source,
        url=transport.base_url,
        form="files",
        moment=transport.server_time or clock.now(),
        records=sizes,
        pages=len(sizes),
        etags=etags,
    )
    spool.settle(records, manifest)
    return Fetched(spool.current, manifest, False, transport.requests, transport.retries)


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody watches."""

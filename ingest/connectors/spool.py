"""A folder that a fetch fills: what is under way, what is whole, and from when the last load took its data.

    partial/   pages as they come, with a state that names the next one: a stopped fetch goes on from there
    current/   the last whole fetch: records/TABLE.jsonl, and fetch.json that describes it
    loaded.json   the moment since which the next delta has to ask

A page is there when the state says so: bytes beyond the state's lengths are cut off before a fetch goes on. A whole fetch takes
the place of the one before by renaming, so a load never sees half of one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from ingest.connectors.errors import FetchInProgressError
from ingest.errors import TruncatedFileError

try:
    import fcntl
except ImportError:  # pragma: no cover - not on this platform
    fcntl = None  # type: ignore[assignment]

MANIFEST = "fetch.json"
RECORDS = "records"
DRIFTED = "drifted"
_STATE, _LOADED = "state.json", "loaded.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a whole fetch is. `since` None: everything was asked for. `complete`: everything is there, as far as the API says.

    `form` is `tables` (records of an API) or `files` (downloads). `moment` is the server's time when the fetch began.
    `shortfalls` say in words why it is not complete. `records`, `duplicates` and `drifted` count.
    """

    source: str
    url: str
    form: str
    moment: datetime
    since: datetime | None = None
    complete: bool = True
    shortfalls: tuple[str, ...] = ()
    records: Mapping[str, int] = field(default_factory=dict)
    duplicates: int = 0
    drifted: int = 0
    pages: int = 0
    etags: Mapping[str, str] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)


def read_manifest(folder: Path) -> Manifest | None:
    """The description of the whole fetch in a folder; None where there is none. Raises TruncatedFileError for a damaged one."""
    data = _read_json(folder / MANIFEST)
    if data is None:
        return None
    try:
        moments = {name: None if data[name] is None else _instant(data[name]) for name in ("moment", "since")}
        return Manifest(**{**data, **moments, "shortfalls": tuple(data["shortfalls"])})
    except (KeyError, TypeError, ValueError) as error:
        raise TruncatedFileError(
            f"the description of the fetch is damaged: {error}", where=str(folder / MANIFEST), hint="fetch again"
        ) from error


@dataclass(slots=True)
class State:
    """How far a fetch under way has come. `ask` is what was asked for: a fetch that asks for something else starts anew."""

    ask: dict[str, Any]
    moment: str | None = None
    pages: int = 0
    drifted: int = 0
    lengths: dict[str, int] = field(default_factory=dict)
    cursors: dict[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    shapes: dict[str, dict[str, str]] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)


class Spool:
    """The folder of one source. One process fills it at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.partial = folder / "partial"
        self.current = folder / "current"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep others from filling the folder; a process that dies lets go. Raises FetchInProgressError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("wb") as handle:
            if fcntl is not None:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError as error:
                    hint = "wait for the other fetch to end"
                    raise FetchInProgressError(
                        "another process fetches into this folder", where=str(self.folder), hint=hint
                    ) from error
            self._recover()
            yield

    # --- the fetch under way -----------------------------------------------------------------------------------------

    def take_up(self, ask: dict[str, Any], oldest: datetime) -> State:
        """The state of a stopped fetch that asked for the same and is not too old, or of a new one."""
        data = _read_json(self.partial / _STATE)
        if data is not None and data.get("ask") == ask and data["moment"] and _instant(data["moment"]) >= oldest:
            state = State(**data)
            for file in self.partial.glob("*.jsonl"):
                wanted = state.lengths.get(file.stem, 0)
                if file.stat().st_size < wanted:  # the disk lost what it had confirmed
                    break
                with file.open("r+b") as handle:
                    handle.truncate(wanted)
            else:
                return state
        shutil.rmtree(self.partial, ignore_errors=True)
        self.partial.mkdir(parents=True)
        return State(ask)

    def write_page(self, state: State, rows: Mapping[str, Iterable[bytes]]) -> None:
        """Append lines to tables, then confirm them with the state: after a stop either both are there or neither counts."""
        for table, lines in rows.items():
            with (self.partial / f"{table}.jsonl").open("ab") as handle:
                handle.writelines(lines)
                handle.flush()
                os.fsync(handle.fileno())
                state.lengths[table] = handle.tell()
        _write(self.partial / _STATE, orjson.dumps(asdict(state)))

    # --- the whole fetch ---------------------------------------------------------------------------------------------

    def settle(self, records: Path, manifest: Manifest) -> Path:
        """Make a folder of records the current fetch. Returns its folder."""
        after = self.folder / "next"
        shutil.rmtree(after, ignore_errors=True)
        after.mkdir()
        records.rename(after / RECORDS)
        _write(after / MANIFEST, manifest.to_bytes())
        self._swap(after)
        shutil.rmtree(self.partial, ignore_errors=True)
        return self.current

    def _swap(self, after: Path) -> None:
        before = self.folder / "before"
        shutil.rmtree(before, ignore_errors=True)
        if self.current.exists():
            self.current.rename(before)
        after.rename(self.current)
        shutil.rmtree(before, ignore_errors=True)

    def _recover(self) -> None:
        """Finish a settlement that was stopped between its renames."""
        after, before = self.folder / "next", self.folder / "before"
        if not self.current.exists():
            if (after / MANIFEST).is_file():
                after.rename(self.current)
            elif before.exists():
                before.rename(self.current)

    # --- deltas ------------------------------------------------------------------------------------------------------

    def loaded_until(self, url: str) -> datetime | None:
        """The moment of the last fetch from there that was loaded; None where there is none."""
        data = _read_json(self.folder / _LOADED)
        return None if data is None or data.get("url") != url else _instant(data["moment"])

    def mark_loaded(self, manifest: Manifest) -> None:
        """Note that the current fetch was loaded: the next delta starts from its moment."""
        data = {"url": manifest.url, "moment": manifest.moment}
        _write(self.folder / _LOADED, orjson.dumps(data))


def _read_json(file: Path) -> Any:
    try:
        return orjson.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except orjson.JSONDecodeError as error:
        raise TruncatedFileError(f"not JSON: {error.msg}", where=str(file), hint="delete it and fetch again") from error


def _write(file: Path, data: bytes) -> None:
    """Replace a file whole."""
    beside = file.with_suffix(".new")
    with beside.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    beside.replace(file)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)

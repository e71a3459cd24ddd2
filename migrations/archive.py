"""The whole present state of a twin as one portable file: gzipped JSON lines, read back into an equal twin on any backend.

    {"format": 1, "pack": ..., "checksum": ..., "nodes": n, "edges": m, "identities": k}
    {"e": element, "k": kind, "p": properties, "h": holders}                      nodes, then
    {"e": element, "k": type, "s": start, "t": end, "p": properties, "h": holders}  relations, then
    {"i": key, "e": element, "k": kind}                                           what sources call elements

Properties are written as the ledger writes them, so that nothing is lost on the way. History stays behind.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import select

from core.errors import IngestError
from graph.history import tables
from graph.history.encoding import Decoder, encode
from graph.history.ledger import Event, Ledger, State
from graph.history.verify import ledger_checksum
from graph.model import Operation
from graph.schema.model import Schema

FORMAT: Final = 1
SOURCE: Final = "archive"
BATCH: Final = 5_000
KIND: Final = "(kind)"

Progress = Callable[[int, int], None]
"""Called with (lines done, lines in all)."""


class ArchiveError(IngestError):
    """An archive that cannot be read, does not fit the schema, or is to be imported where something is already."""

    code = "ARCHIVE"


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """What an archive holds. `checksum` is that of the content, equal on every backend that holds it."""

    nodes: int
    edges: int
    identities: int
    checksum: str

    def to_dict(self) -> dict[str, Any]:
        return {"nodes": self.nodes, "edges": self.edges, "identities": self.identities, "checksum": self.checksum}


def export_archive(ledger: Ledger, schema: Schema, path: Path, progress: Progress | None = None) -> ArchiveReport:
    """Write the present state to `path`, whole or not at all. The ledger must not be written to meanwhile.

    Raises ArchiveError where it was, or where the file cannot be written.
    """
    sequence = ledger.sequence()
    total = ledger_checksum(ledger, schema)
    edges = sum(count for kind, count in total.counts.items() if kind in schema.relations)
    nodes = sum(total.counts.values()) - edges
    with ledger.reading() as connection:
        identities = [tuple(row) for row in connection.execute(select(tables.identity).order_by(tables.identity.c.key))]
    report = ArchiveReport(nodes, edges, len(identities), total.checksum())
    partial = path.with_name(path.name + ".partial")
    done = 0
    try:
        with gzip.GzipFile(partial, "wb", compresslevel=6, mtime=0) as file:
            _write(file, {"format": FORMAT, "pack": schema.name, **report.to_dict()})
            for wanted in (False, True):
                for state in ledger.present():
                    if state.edge is wanted:
                        _write(file, _line(state))
                        done += 1
                        if progress is not None and done % BATCH == 0:
                            progress(done, nodes + edges)
            for key, element, kind in identities:
                _write(file, {"i": key, "e": element, "k": kind})
        if ledger.sequence() != sequence:
            raise ArchiveError("the twin changed while it was exported", where=str(path), hint="export it again")
        partial.replace(path)
    except OSError as error:
        raise ArchiveError(
            f"the archive cannot be written: {error}", where=str(path), hint="try another place"
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return report


def import_archive(
    ledger: Ledger, schema: Schema, path: Path, *, actor: str, progress: Progress | None = None
) -> ArchiveReport:
    """Read an archive into an empty ledger and check that its content is what was exported.

    Raises ArchiveError; a ledger that was written to in vain says so and is to be thrown away.
    """
    if ledger.sequence() != 0:
        raise ArchiveError(
            "something is in this twin already", where=ledger.url, hint="import into a new one: JUMEAU_HOME=..."
        )
    for _ in _read(path, schema):
        pass  # everything is looked through before anything is written
    lines = _read(path, schema)
    head = next(lines)
    report = ArchiveReport(head["nodes"], head["edges"], head["identities"], head["checksum"])
    decoder = Decoder(schema)
    run = ledger.begin_run(SOURCE, actor, str(path), str(report.checksum))
    events: list[Event] = []
    identities: dict[str, tuple[str, str]] = {}
    total, done = report.nodes + report.edges + report.identities, 0
    for line in lines:
        if "i" in line:
            identities[line["i"]] = (line["e"], line["k"])
        else:
            events.append(_event(line, decoder))
        done += 1
        if len(events) + len(identities) >= BATCH:
            ledger.append(run, events, identities=identities, cursor={"done": done})
            events, identities = [], {}
            if progress is not None:
                progress(done, total)
    ledger.append(run, events, identities=identities, cursor={"done": done})
    found = ledger_checksum(ledger, schema).checksum()
    counters = {"created": report.nodes + report.edges, "updated": 0, "unchanged": 0, "rejected": 0}
    ledger.finish_run(run, "complete" if found == report.checksum else "failed", counters)
    if found != report.checksum:
        raise ArchiveError(
            f"the content has checksum {found}, the archive says {report.checksum}",
            where=str(path),
            hint="the archive was changed: throw this twin away and get the archive again",
        )
    return report


def _line(state: State) -> dict[str, Any]:
    """Holders say which source is behind each attribute, so that later loads reconcile as before."""
    names = [*state.properties] if state.edge else [*state.properties, KIND]
    holders = {name: state.provenance.get(name, state.source) for name in names}
    holders.update({name: said for name, said in state.provenance.items() if name not in holders})
    line = {"e": state.element, "k": state.kind, "p": orjson.Fragment(encode(state.properties)), "h": holders}
    return {**line, "s": state.start, "t": state.end} if state.edge else line


def _event(line: Mapping[str, Any], decoder: Decoder) -> Event:
    edge = "s" in line
    text = orjson.dumps(line["p"]).decode()
    after = decoder.edge(text) if edge else decoder.node(text)
    return Event(
        Operation.CREATE, line["e"], edge, line["k"], None, after, line.get("s"), line.get("t"), line.get("h") or {}
    )


def _write(file: gzip.GzipFile, content: Mapping[str, Any]) -> None:
    file.write(orjson.dumps(content, option=orjson.OPT_SORT_KEYS) + b"\n")


def _read(path: Path, schema: Schema) -> Iterator[dict[str, Any]]:
    """The head, then every line; what is wrong is told with its line. Raises ArchiveError."""
    number = 0
    seen = {"nodes": 0, "edges": 0, "identities": 0}
    head: dict[str, Any] = {}
    try:
        with gzip.open(path, "rb") as file:
            for number, text in enumerate(file, 1):
                line = orjson.loads(text)
                if number == 1:
                    head = _checked_head(line, schema, path)
                else:
                    seen[_checked(line, schema)] += 1
                yield line
    except (OSError, EOFError, zlib.error) as error:
        raise ArchiveError(
            f"the archive cannot be read: {error}", where=f"{path}:{number}", hint="get it again"
        ) from error
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveError(
            f"this is no line of an archive: {error!r}", where=f"{path}:{number + (number == 0)}", hint="get it again"
        ) from error
    wrong = [name for name, count in seen.items() if head.get(name) != count]
    if wrong:
        raise ArchiveError(
            f"the archive has {seen[wrong[0]]} {wrong[0]}, its head says {head.get(wrong[0])}",
            where=str(path),
            hint="it was cut: get it again",
        )


def _checked_head(head: dict[str, Any], schema: Schema, path: Path) -> dict[str, Any]:
    if head.get("format") != FORMAT or not isinstance(head.get("checksum"), str):
        raise ArchiveError("this is no archive of this format", where=f"{path}:1", hint="see `jumeau export`")
    if head.get("pack") != schema.name:
        raise ArchiveError(
            f"the archive is of the pack {head.get('pack')!r}, this twin has {schema.name!r}",
            where=f"{path}:1",
            hint="set JUMEAU_PACK",
        )
    return head


def _checked(line: dict[str, Any], schema: Schema) -> str:
    kind = line["k"]
    if "i" in line:
        return "identities"
    edge = "s" in line
    if kind not in (schema.relations if edge else schema.kinds):
        raise KeyError(f"the schema has no {kind}")
    if not isinstance(line["p"], dict) or not isinstance(line["e"], str):
        raise TypeError("no properties")
    return "edges" if edge else "nodes"

"""One load of one source, from its files to the ledger: stages, counters, progress, cancellation, resume.

    look through -> [nodes -> references -> relations], in batches -> bookkeeping

Nothing is written before the whole export has been looked through. An interrupted run is taken up where it stopped; an export
that was loaded completely by the source's latest run, under the same rules, is not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from hashlib import blake2b
from pathlib import Path
from threading import Event as Flag
from time import perf_counter

from sqlalchemy import Connection

from core.clock import Clock, SystemClock, in_utc
from core.collector import rare_collections
from core.failpoints import reach
from graph.history.ledger import Ledger, Run
from graph.history.row_digests import DigestList, RowDigests
from graph.history.selection import nodes_of_kinds
from graph.history.sightings import Sightings
from graph.history.subjects import Subjects
from graph.schema.model import Schema
from ingest.batches import committed_rows, in_batches
from ingest.bookkeeping import Bookkeeper, run_element
from ingest.errors import IncompleteExportError, ReplayRefusedError
from ingest.held import HeldRow, HeldRows
from ingest.known_items import with_known_items
from ingest.load import Loader
from ingest.matching import Matcher
from ingest.precedence import Precedence, load_precedence
from ingest.pseudonyms import with_pseudonyms
from ingest.quarantine import Quarantine, release
from ingest.rehearsal import Rehearsal
from ingest.replay import kept_extract
from ingest.report import COUNTERS, IngestReport
from ingest.retirement import BRAKE, Retirement, Retirements
from ingest.seen_rows import ContradictedRowError, SeenRows
from ingest.sources.contract import PHASES, Extract, fingerprint, rules_of
from ingest.sources.registry import find_source

__all__ = ["IngestJob", "IngestReport"]

QUARANTINE = "quarantine"
"""Where a replay takes its rows from."""
MISSING = "missing"
"""Counter of a run that left a retirement open: it is tried again."""

Progress = Callable[[str, int, int], None]
"""Called with (stage, rows done, rows in all or 0)."""


class IngestJob:
    """Loads exports into a ledger, one at a time. `cancel` may be called from another thread.

    `personal_secret` is what the pseudonyms of persons are made with; without one, the ledger has its own.
    """

    def __init__(
        self,
        schema: Schema,
        ledger: Ledger,
        *,
        actor: str,
        batch_rows: int = 5_000,
        clock: Clock | None = None,
        precedence: Precedence | None = None,
        personal_secret: str | None = None,
    ) -> None:
        self._schema = schema
        self._ledger = ledger
        self._clock = clock or SystemClock()
        self._actor = actor
        self._batch_rows = batch_rows
        self._precedence = precedence or load_precedence(schema)
        self._cancelled = Flag()
        self._subjects = Subjects(ledger, self._clock, personal_secret)

    def cancel(self) -> None:
        """Stop after the batch at hand; the run stays incomplete and the next one takes it up."""
        self._cancelled.set()

    def run(
        self,
        source: str,
        path: Path,
        progress: Progress | None = None,
        *,
        reread: bool = False,
        whole: bool = False,
        brake: float = BRAKE,
    ) -> IngestReport:
        """Load one export. `reread` reads it even where it is known to be unchanged.

        `whole`: the export is all that the source has, and what it told before and tells no more is retired, where that is
        no more than the share `brake`.

        Raises IngestError before anything is written where the export cannot be read, LoadInProgressError where another load
        of the source is under way, LedgerError where the ledger fails.
        """
        with self._ledger.loading(source):
            self._subjects.establish()
            return self._run(source, path, progress, reread=reread, brake=brake if whole else None)

    def _run(
        self, source: str, path: Path, progress: Progress | None, *, reread: bool, brake: float | None
    ) -> IngestReport:
        started = perf_counter()
        say = progress or _silent
        say("look through", 0, 0)
        extract = self._resolved(find_source(source)(path, self._schema))
        check_whole(extract, path, brake)
        rules = rules_of(source, extract, self._schema, self._believed_now(source).digest)
        mark = fingerprint(rules, extract) + ("" if brake is None else "+whole")
        seen = perf_counter() - started
        latest = self._ledger.latest_run(source)
        sequence = self._ledger.sequence()
        run = self._ledger.begin_run(source, self._actor, str(path), mark)
        digests = RowDigests(self._ledger)
        if (
            latest is not None
            and not reread
            and _is_same(latest, mark)
            and digests.changed(source, rules).isdisjoint(Sightings(self._ledger).of(source))
        ):
            return self._unchanged(run, latest, extract, started)
        known = None if reread or run.cursor else digests.of(source, rules)
        with rare_collections():
            load = partial(
                self._load,
                extract=extract,
                say=say,
                started=started,
                seen=seen,
                empty=sequence == 0,
                brake=brake,
                keep=partial(digests.writer, source, run.id, rules, sequence),
            )
            try:
                return load(run, rows=SeenRows(known))
            except ContradictedRowError:
                again = self._ledger.begin_run(source, self._actor, str(path), mark)
                return replace(load(again, rows=SeenRows()), resumed=bool(run.cursor))

    def rehearse(
        self,
        source: str,
        path: Path,
        progress: Progress | None = None,
        *,
        whole: bool = False,
        brake: float = BRAKE,
        onto: Rehearsal | None = None,
    ) -> IngestReport:
        """Read an export as `run` would, write nothing, and report the difference that it would make.

        `onto` stands where the ledger stands, and may keep what it is told, as a branch does.

        Raises IngestError where the export cannot be read.
        """
        started = perf_counter()
        say = progress or _silent
        say("look through", 0, 0)
        target = onto or Rehearsal(self._ledger, self._schema)
        extract = self._unnamed(target.known_items(find_source(source)(path, self._schema)))
        check_whole(extract, path, brake if whole else None)
        seen = perf_counter() - started
        run = Run("rehearsal", source, self._actor, str(path), "", self._clock.now(), "incomplete")
        empty = onto is None and self._ledger.sequence() == 0
        quarantine = Quarantine(target, source, run_element(run))
        matcher = target.matcher(source)
        loader = Loader(self._schema, target, run, self._believed_now(source), quarantine, empty=empty, matcher=matcher)
        with rare_collections():
            rows = sum(self._phase(phase, run, extract, loader, say, writes=False) for phase in PHASES)
        status = "cancelled" if self._cancelled.is_set() else "rehearsed"
        report = self._report(run, status, extract, loader, rows, {"look through": seen}, started)
        if whole and status == "rehearsed":
            outcome, events, _ = target.retirements(source).whole(loader.told(), loader.spared, brake)
            target.append(run, events)
            report = replace(report, retirement=outcome)
        return replace(report, difference=target.difference())

    def replay(self, source: str, rows: Sequence[HeldRow], progress: Progress | None = None) -> IngestReport:
        """Tell rows of one source again that wait in quarantine; those that are taken leave it.

        Raises MappingError where the mapping is broken, ReplayRefusedError where a load of the source was interrupted,
        LoadInProgressError, LedgerError.
        """
        with self._ledger.loading(source):
            self._subjects.establish()
            started = perf_counter()
            latest = self._ledger.latest_run(source)
            if latest is not None and latest.status == "incomplete" and latest.location != QUARANTINE:
                hint = "load that export again: it goes on where it stopped"
                raise ReplayRefusedError(
                    f"a load of {source} was interrupted ({latest.id})", where=latest.location, hint=hint
                )
            extract = self._resolved(kept_extract(source, rows, self._schema))
            mark = fingerprint(rules_of(source, extract, self._schema, self._believed_now(source).digest), extract)
            mark += blake2b("".join(row.element for row in rows).encode(), digest_size=16).hexdigest()
            run = self._ledger.begin_run(source, self._actor, QUARANTINE, mark)
            with rare_collections():
                return self._load(run, extract, progress or _silent, started, 0.0, empty=False, brake=None, kept=rows)

    def _load(
        self,
        run: Run,
        extract: Extract,
        say: Progress,
        started: float,
        seen: float,
        *,
        empty: bool,
        brake: float | None,
        kept: Sequence[HeldRow] = (),
        rows: SeenRows | None = None,
        keep: Callable[[DigestList], Callable[[Connection], None]] | None = None,
    ) -> IngestReport:
        resumed = bool(run.cursor)
        bookkeeper = Bookkeeper(self._ledger, run)
        known_to = 0
        if not resumed:
            first, last = bookkeeper.open()
            known_to = last if first == 1 else 0
            reach("ingest.run.opened")
        HeldRows(self._ledger)
        quarantine = Quarantine(self._ledger, run.source, run_element(run))
        matcher = Matcher(self._schema, self._ledger, run.source)
        known = SeenRows() if rows is None else rows
        loader = Loader(
            self._schema,
            self._ledger,
            run,
            self._believed_now(run.source),
            quarantine,
            empty=empty,
            known_to=known_to,
            matcher=matcher,
            seen=known,
        )
        began = perf_counter()
        read = 0
        status = "complete"
        retirement: Retirement | None = None
        told: set[bytes] | None = None
        sightings = Sightings(self._ledger)
        if run.cursor.get("phase") != "closed":
            for phase in PHASES:
                read += self._phase(phase, run, extract, loader, say, known if rows is not None else None)
            if self._cancelled.is_set():
                status = "cancelled"
            else:
                reach("ingest.run.loaded")
                retirement, told = self._retire(run, loader, brake, known, sightings)
                notes = _unmapped_text(extract)
                if retirement is not None:
                    notes = "; ".join(filter(None, (retirement.explanation, notes)))
                self._release(run, extract, loader, kept)
                freshness = max((content.modified for content in extract.contents), default=None)
                bookkeeper.close(freshness, self._clock.now(), loader.counters, notes)
                reach("ingest.run.closed")
        if status == "complete":
            counters = dict(loader.counters)
            if retirement is not None and retirement.is_open:
                counters[MISSING] = retirement.missing
            writers = []
            if told is not None:
                writers.append(sightings.writer(run.source, run.id, told))
                taken = known.kept(whole=extract.complete)
                if keep is not None and taken is not None:
                    writers.append(keep(taken))
            self._ledger.finish_run(run, "complete", counters, *writers)
        spent = perf_counter() - began
        stages = {"look through": seen, "read and map": max(0.0, spent - sum(loader.stages.values()))}
        report = self._report(run, status, extract, loader, read, stages, started)
        return replace(report, resumed=resumed, retirement=retirement)

    def keep_persons(self, source: str) -> None:
        """Seal what is behind the pseudonyms of a rehearsal that is going to be committed after all."""
        self._subjects.keep(source)

    def _resolved(self, extract: Extract) -> Extract:
        return self._unnamed(with_known_items(extract, partial(nodes_of_kinds, self._ledger), self._schema))

    def _unnamed(self, extract: Extract) -> Extract:
        return with_pseudonyms(extract, self._schema, self._subjects)

    def _retire(
        self, run: Run, loader: Loader, brake: float | None, seen: SeenRows, sightings: Sightings
    ) -> tuple[Retirement | None, set[bytes]]:
        """Retire what a whole export no longer tells; what the source is known to tell after this run."""
        retirements = Retirements(self._ledger, run.source, self._schema, sightings)
        if brake is None:
            return None, retirements.partial(loader.told())
        outcome, events, told = retirements.whole(loader.told(), loader.spared, brake)
        if events:
            cursor = {"phase": PHASES[-1], "rows": loader.rows, "counters": loader.counters}
            self._ledger.append(run, events, cursor=cursor)
            seen.retire(event.element for event in events)
        reach("ingest.run.retired")
        return outcome, told

    def _release(self, run: Run, extract: Extract, loader: Loader, kept: Sequence[HeldRow]) -> None:
        """Rows that were rejected before and are no more leave quarantine: those told again, or those of whole files."""
        rows = HeldRows(self._ledger)
        if kept:
            still = rows.rejected_by(run.id)
            gone = [row.element for row in kept if row.element not in still]
        elif extract.complete:
            gone = rows.left_from(run.source, (content.file.name for content in extract.contents), run.id)
        else:
            return
        release(self._ledger, run, gone, {"phase": PHASES[-1], "rows": loader.rows, "counters": loader.counters})

    def _believed_now(self, loading: str) -> Precedence:
        """The precedence at this moment: sources that were not loaded within their window come last."""
        now = self._clock.now()
        stale = set()
        for source, days in self._precedence.windows.items():
            latest = None if source == loading else self._ledger.latest_run(source)
            if latest is not None and in_utc(latest.started_at) + timedelta(days=days) < now:
                stale.add(source)
        return self._precedence.with_stale(frozenset(stale))

    def _report(
        self,
        run: Run,
        status: str,
        extract: Extract,
        loader: Loader,
        rows: int,
        stages: Mapping[str, float],
        started: float,
    ) -> IngestReport:
        return IngestReport(
            source=run.source,
            location=run.location,
            run=run.id,
            status=status,
            counters=dict(loader.counters),
            quarantined=tuple(loader.rejected),
            unmapped=extract.unmapped(),
            records=extract.records(),
            rows=rows,
            stages={**stages, **loader.stages},
            seconds=perf_counter() - started,
        )

    def _phase(
        self,
        phase: str,
        run: Run,
        extract: Extract,
        loader: Loader,
        say: Progress,
        seen: SeenRows | None = None,
        *,
        writes: bool = True,
    ) -> int:
        """Load one phase; returns the number of its rows. Rows before the run's cursor are only registered."""
        committed = committed_rows(run, phase)
        total = extract.rows(phase)
        done = 0
        for batch, until in in_batches(extract.told(phase, seen), self._batch_rows, committed):
            if self._cancelled.is_set():
                break
            done = until
            if writes:
                self._subjects.keep(run.source)
            loader.load(batch, phase, done, replay=done <= committed)
            say(phase, done, max(total, done))
        if seen is not None:
            seen.end_phase()
        if phase == PHASES[0] and not self._cancelled.is_set():
            loader.settle(lambda: extract.told(PHASES[-1]), self._batch_rows, replay=committed > done)
        return done

    def _unchanged(self, run: Run, latest: Run, extract: Extract, started: float) -> IngestReport:
        """The export was loaded whole by the latest run: nothing to do but to say so."""
        counts = latest.counters
        counters = dict.fromkeys(COUNTERS, 0)
        counters["unchanged"] = sum(counts.get(name, 0) for name in ("created", "updated", "unchanged"))
        bookkeeper = Bookkeeper(self._ledger, run)
        freshness = max(content.modified for content in extract.contents)
        bookkeeper.close(freshness, self._clock.now(), counters, "unchanged since the run before")
        reach("ingest.run.closed")
        self._ledger.finish_run(run, "complete", counters)
        seconds = perf_counter() - started
        return IngestReport(
            source=run.source,
            location=run.location,
            run=run.id,
            status="unchanged",
            counters=counters,
            stages={"look through": seconds},
            seconds=seconds,
        )


def check_whole(extract: Extract, path: Path, brake: float | None) -> None:
    """Raises IncompleteExportError where a load that is to be whole is not."""
    if brake is not None and not extract.complete:
        raise IncompleteExportError(
            "the export is not the whole of its source: nothing may be retired by it",
            where=str(path),
            hint="load it without saying that it is complete, or fetch all of it",
        )


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def _is_same(latest: Run, mark: str) -> bool:
    """Whether the source's latest run took this very export, whole. With rejected rows it is tried again: what they miss may be
    there by now."""
    counters = latest.counters
    open_ends = counters.get("rejected", 0) or counters.get(MISSING, 0)
    return latest.status == "complete" and latest.fingerprint == mark and not open_ends


def _unmapped_text(extract: Extract) -> str:
    """What the run left out, for its node: counted by type, never silently."""
    unmapped = extract.unmapped()
    if not unmapped:
        return ""
    listed = ", ".join(f"{name} {count}" for name, count in unmapped.items())
    return f"{sum(unmapped.values())} records are not mapped: {listed}"[:2_000]

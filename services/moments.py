"""Ask the twin as it was, or as a branch makes it: the same queries, on the graph of another moment."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from core.clock import in_utc, parse_instant
from core.errors import UsageError
from core.principal import Principal
from graph.cypher.bound import BoundQuery
from graph.history.branches import Branch, Branches
from graph.history.moment import Moment
from graph.history.reader import LedgerReader
from graph.model import Edge, GraphDelta, Node
from graph.repository import Answer, AnswerStream, Capabilities, GraphRepository, Plan, Plans, ReadContext, Value
from graph.schema.model import Schema
from services.catalogue import CatalogueService
from services.former_names import later_than
from services.known_branches import known_branch, limit_of
from services.query import QueryService
from services.twin import Twin, backend_options

if TYPE_CHECKING:
    from graph.history.moment_stores import MomentStores

OPEN: Final = 3
"""Moments that stay open after they were asked about, the last used ones."""

HINT: Final = (
    "a date (the end of that day, UTC), an instant such as 2026-03-31T18:00:00Z, or #123 for an event of the ledger"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which state is meant: a past one, or that of a branch; by default the present of main."""

    as_of: str | None = None
    branch: str | None = None


PRESENT: Final = Asked()

BEFORE: Final = "before migration {}: shown under the names of today; what has been dropped since is not shown"
"""Said by answers about a moment that is older than a migration."""


def later_migrations(twin: Twin, sequence: int) -> list[str]:
    """The names of the migrations that changed the data after an event of main, in order."""
    return [migration.name for migration in later_than(twin.settings, twin.schema, twin.ledger, sequence)]


def moment_of(
    ledger: LedgerReader, branches: Branches, asked: Asked, begun_by: str | None
) -> tuple[Moment, Branch | None]:
    """The moment that is meant. Raises UsageError, NotFoundError.

    `begun_by`: whose branches the asker knows of (`services.known_branches.limit_of`), None for everybody's.
    """
    if asked.branch is None:
        sequence = ledger.sequence() if asked.as_of is None else sequence_of(ledger, asked.as_of)
        return Moment(sequence), None
    branch = known_branch(branches, asked.branch, begun_by)
    if asked.as_of is None:
        return branch.moment, branch
    if asked.as_of.startswith("#"):
        raise UsageError(
            "an event of main means nothing on a branch", where="as of", hint="give a date or an instant with a branch"
        )
    until = instant_of(asked.as_of)
    told = branches.events(branch.id, 1, branch.version)
    version = max((item.number for item in told if in_utc(item.recorded_at) <= until), default=0)
    return Moment(min(branch.base, ledger.sequence_at(until)), branch.id, version), branch


def sequence_of(ledger: LedgerReader, as_of: str) -> int:
    """The last event of main that a past state has. Raises UsageError."""
    text = as_of.strip()
    if text == "now":
        return ledger.sequence()
    if text.startswith("#"):
        if not text[1:].isascii() or not text[1:].isdigit():
            raise UsageError(f"{as_of!r} is no moment", where="as of", hint=HINT)
        sequence, last = int(text[1:]), ledger.sequence()
        if sequence > last:
            raise UsageError(f"main has no event {sequence}", where="as of", hint=f"its last one is {last}")
        return sequence
    return ledger.sequence_at(instant_of(text))


def instant_of(text: str) -> datetime:
    """The instant that a text means; a date is the end of that day, UTC. Raises UsageError."""
    try:
        if len(text) == len("2026-03-31"):
            day = date.fromisoformat(text)
            midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
            return midnight + timedelta(days=1, microseconds=-1)
        return parse_instant(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text!r} is no moment", where="as of", hint=HINT) from error


@dataclass(slots=True)
class _Open:
    """An open graph and who uses it: it is closed when it is forgotten and the last user has gone."""

    queries: QueryService
    catalogue: CatalogueService
    repository: GraphRepository
    users: int = 0
    forgotten: bool = False


@dataclass(slots=True)
class MomentService:
    """Asks about moments of one twin. Safe for several threads; `present` answers for the present of main."""

    twin: Twin
    present: QueryService
    present_catalogue: CatalogueService
    small: int | None = None  # events up to which a moment is held in memory; None for the usual number
    _open: OrderedDict[Moment, _Open] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)
    _making: Lock = field(default_factory=Lock)
    _stores: MomentStores | None = None

    @contextmanager
    def reading(self, asked: Asked, principal: Principal) -> Iterator[tuple[QueryService, CatalogueService]]:
        """What answers queries about the moment that is meant, where `principal` may know of it: who asks is said again with each
        query. Raises UsageError, NotFoundError, BackendError.
        """
        if asked == PRESENT:
            yield self.present, self.present_catalogue
            return
        twin = self.twin
        moment, branch = moment_of(twin.ledger, self._branches(), asked, limit_of(principal, twin.settings))
        found = self._take(moment, branch)
        try:
            yield found.queries, found.catalogue
        finally:
            self._give_back(found)

    @contextmanager
    def graph(self, asked: Asked) -> Iterator[GraphRepository]:
        """The graph of the moment that is meant, to be read as a whole by whoever may. Raises what `reading` raises."""
        if asked == PRESENT:
            yield self.twin.repository
            return
        moment, branch = moment_of(self.twin.ledger, self._branches(), asked, begun_by=None)
        found = self._take(moment, branch)
        try:
            yield found.repository
        finally:
            self._give_back(found)

    def close(self) -> None:
        """Close what is open and not in use."""
        with self._lock:
            held = list(self._open.values())
            self._open.clear()
        for found in held:
            self._forget(found)

    def _take(self, moment: Moment, branch: Branch | None) -> _Open:
        with self._making:  # two who ask for the same moment at once wait for one graph
            with self._lock:
                known = self._open.get(moment)
                if known is not None:
                    self._open.move_to_end(moment)
                    known.users += 1
                    return known
            made = self._make(moment, branch)
            made.users = 1
            with self._lock:
                self._open[moment] = made
                surplus = [self._open.popitem(last=False)[1] for _ in range(len(self._open) - OPEN)]
        for found in surplus:
            self._forget(found)
        return made

    def _give_back(self, found: _Open) -> None:
        with self._lock:
            found.users -= 1
            over = found.forgotten and not found.users
        if over:
            found.repository.close()

    def _forget(self, found: _Open) -> None:
        with self._lock:
            found.forgotten = True
            over = not found.users
        if over:
            found.repository.close()

    def _make(self, moment: Moment, branch: Branch | None) -> _Open:
        twin = self.twin
        repository = self._moment_stores().open(moment)
        notes = [BEFORE.format(name) for name in later_migrations(twin, moment.sequence)][:1]
        at = AtMoment(repository, moment, tuple(notes))
        held = Twin(twin.settings, twin.clock, twin.schema, twin.ledger, at, Lock())
        queries = QueryService(held, describe(twin, moment, branch), self.present.observer)
        return _Open(queries, CatalogueService(held, queries), repository)

    def _branches(self) -> Branches:
        return Branches(self.twin.ledger, self.twin.schema, self.twin.clock)

    def _moment_stores(self) -> MomentStores:
        if self._stores is None:
            from graph.history.checkpoints import Checkpoints
            from graph.history.moment_stores import SMALL, MomentStores  # here: questions about the present do without

            twin = self.twin
            home = twin.settings.home
            self._stores = MomentStores(
                twin.ledger,
                twin.schema,
                self._branches(),
                Checkpoints(twin.ledger, twin.schema, home, twin.clock),
                home,
                live=twin.repository,
                options=backend_options(twin.settings),
                small=SMALL if self.small is None else self.small,
            )
        return self._stores


def describe(twin: Twin, moment: Moment, branch: Branch | None) -> dict[str, Any]:
    """A moment as answers tell it."""
    batch = twin.ledger.batch_of(moment.sequence)
    return {
        "sequence": moment.sequence,
        "recorded_at": None if batch is None else in_utc(batch.recorded_at).isoformat().replace("+00:00", "Z"),
        "branch": None if branch is None else branch.name,
        "branch_events": moment.version,
    }


class AtMoment:
    """A graph that stands still; what it answers carries the sequence number of its moment, and `notes` about it."""

    def __init__(self, repository: GraphRepository, moment: Moment, notes: tuple[str, ...] = ()) -> None:
        self._repository = repository
        self._notes = notes
        self._sequence = moment.sequence

    @property
    def url(self) -> str:
        return self._repository.url

    @property
    def capabilities(self) -> Capabilities:
        return self._repository.capabilities

    @property
    def schema(self) -> Schema:
        return self._repository.schema

    def watermark(self) -> int:
        return self._sequence

    def apply(self, delta: GraphDelta) -> bool:
        """Nothing happens at another moment."""
        raise UsageError("a past moment does not change", where=self.url, hint="write to the present, or on a branch")

    def run(self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext) -> Answer:
        answer = self._repository.run(query, parameters, context)
        return answer._replace(sequence=self._sequence, notes=(*answer.notes, *self._notes))

    @contextmanager
    def stream(
        self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext, batch_rows: int
    ) -> Iterator[AnswerStream]:
        with self._repository.stream(query, parameters, context, batch_rows) as answer:
            yield replace(answer, sequence=self._sequence, notes=(*answer.notes, *self._notes))

    def plan(self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext) -> Plan:
        assert isinstance(self._repository, Plans)
        return self._repository.plan(query, parameters, context)

    def nodes(self) -> Iterator[Node]:
        return self._repository.nodes()

    def edges(self) -> Iterator[Edge]:
        return self._repository.edges()

    def counts(self) -> Mapping[str, int]:
        return self._repository.counts()

    def reset(self) -> None:
        raise UsageError("a past moment does not change", where=self.url, hint="write to the present, or on a branch")

    def close(self) -> None:
        self._repository.close()

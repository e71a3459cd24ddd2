"""Keep a simulation run in the twin: a node for the run, a summary for each item, each crew, incidents of one replication.

A run comes whole, in one batch of the ledger, or not at all; whatever follows the ledger has it then: backends, as-of, backups,
exports. Runs beyond the number that is kept go in the same batch, the oldest first. docs/adr/0032-simulated-state.md has the
reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import orjson

from core.errors import UsageError
from core.ids import relation_id, uuid_of
from graph.history.events import Event
from graph.history.retry import while_it_moves
from graph.model import Operation, Properties, Scalar
from services.simulation.documents import INSIGHT
from services.simulation.documents import SCENARIO as SCENARIO_PART
from services.simulation.incidents import incidents_of
from services.simulation.kept import (
    CREW,
    IN_RUN,
    INCIDENT,
    MOST_SUMMARIES,
    OF_SCENARIO,
    RUN,
    SCENARIO,
    STATE_OF,
    SUMMARY,
    KeptRuns,
)
from services.simulation.run import Played
from simulate.engines.summary import CrewUse, LoadUse
from simulate.model.items import CHANGE, OWN_PART

LEVEL: Final = 0.95
"""Confidence of the intervals."""
MOST_INCIDENTS: Final = 10_000
USUAL_INCIDENTS: Final = 1_000
LARGEST_SEED: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Kept:
    """A run that was kept: how much of it, how much was left out, and the runs that went to make room."""

    run: str
    summaries: int
    incidents: int
    summaries_left_out: int
    incidents_left_out: int
    dropped: tuple[str, ...]
    sequence: int

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "dropped": list(self.dropped)}


def keep(
    runs: KeptRuns,
    played: Played,
    *,
    incidents: int = USUAL_INCIDENTS,
    branch: str | None = None,
    insight: Mapping[str, Any] | None = None,
) -> Kept:
    """Keep what was played on a branch (None: on main), with at most so many incidents of its first replication.

    Its scenario is kept beside it, and what it teaches where that is given. Raises UsageError, LedgerError.
    """
    report = played.report
    check_keeping(report.seed, incidents)
    if report.replications < 2:
        raise UsageError(
            f"{report.replications} replications are done, which say nothing of an interval",
            where="keep",
            hint="let two at least come to their end",
        )
    content = _Content(played, branch or played.scenario.branch or None, incidents, runs.clock.now())
    parts: dict[str, Any] = {SCENARIO_PART: played.scenario.model_dump(mode="json", exclude_unset=True)}
    if insight is not None:
        parts[INSIGHT] = insight
    return while_it_moves(lambda: _keep(runs, content, parts))


def check_keeping(seed: int, incidents: int) -> None:
    """Refuse what could not be kept, before it is played. Raises UsageError."""
    if not 0 <= incidents <= MOST_INCIDENTS:
        raise UsageError(f"{incidents} incidents", where="incidents", hint=f"0 to {MOST_INCIDENTS:,}")
    if seed > LARGEST_SEED:
        raise UsageError(
            f"a run with the seed {seed} cannot be kept",
            where="seed",
            hint="the graph holds numbers up to 2^63 - 1: choose a smaller seed",
        )


def _keep(runs: KeptRuns, content: _Content, parts: Mapping[str, Any]) -> Kept:
    ledger = runs.ledger
    sequence = ledger.sequence()
    run = runs.begin(f"scenario {content.name}")
    element = uuid_of(RUN, run.id)
    gone = runs.oldest(runs.most - 1)
    events = content.events(
        element, ledger.kinds(sorted(content.items())), is_known=bool(ledger.states([content.scenario]))
    )
    last = runs.write(
        run,
        [*events, *runs.deletions(gone, but=content.scenario)],
        sequence,
        gone=gone,
        documents={element: parts},
    )
    return Kept(
        element,
        len(content.summaries),
        len(content.incidents),
        content.summaries_left_out,
        content.incidents_left_out,
        tuple(state.element for state in gone),
        last,
    )


class _Content:
    """What of a played scenario is kept, before it has the identity of a run."""

    def __init__(self, played: Played, branch: str | None, most: int, now: datetime) -> None:
        report, result, scenario = played.report, played.result, played.scenario
        self.name = report.scenario
        digest = sha256(orjson.dumps(scenario.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)).hexdigest()
        self._version = digest[:12]
        self.scenario = uuid_of(SCENARIO, self.name, digest)
        self._begins = datetime.combine(scenario.begins_on, time(), UTC)
        items = [
            at for at, item in enumerate(result.model.items) if not item.id.endswith(OWN_PART) and item.kind != CHANGE
        ]
        watched = set(result.model.watched)
        self.queues = {one.id: one for one in report.queues}
        self.crews = report.crews
        busy = {at for at in items if result.model.items[at].id in self.queues}
        items.sort(key=lambda at: (at not in watched, at not in busy, -float(result.total[at]), at))
        self.summaries = [result.availability(at) for at in items[:MOST_SUMMARIES]]
        self.summaries_left_out = len(items) - len(self.summaries)
        self.incidents, self.incidents_left_out = incidents_of(result.model, report.seed, 0, most)
        self._run: dict[str, Scalar] = {
            "name": f"{self.name} {now:%Y-%m-%d %H:%M:%S}",
            "seed": report.seed,
            "engine": "kernels",
            "version": _version(),
            "started_at": now,
            "begins_at": self._begins,
            "duration": report.hours * 60.0,
            "replications": report.replications,
            "sequence": report.sequence,
            "confidence_level": LEVEL,
        }
        if branch is not None:
            self._run["branch"] = branch

    def items(self) -> set[str]:
        """The configuration items that it speaks of."""
        return {one.id for one in self.summaries} | {one.item for one in self.incidents}

    def events(self, run: str, present: Mapping[str, str], *, is_known: bool) -> list[Event]:
        """It all as events of a run; what the present estate has not (a branch may have it) is told by its name alone.

        `is_known`: the scenario is there already.
        """
        events = [_node(run, RUN, self._run), _edge(OF_SCENARIO, run, self.scenario)]
        if not is_known:
            values: dict[str, Scalar] = {"name": self.name, "version": self._version, "status": "active"}
            events.append(_node(self.scenario, SCENARIO, values))
        for one in self.summaries:
            element = uuid_of(SUMMARY, run, one.id)
            values = {
                "name": one.name,
                "availability": one.mean,
                "low": one.low,
                "high": one.high,
                "downtime_minutes": one.downtime * 60.0,
                "incidents": one.outages,
                "beyond_objective": one.breaches,
            }
            if one.outages > 0.0:
                values["mttr_minutes"] = one.downtime / one.outages * 60.0
            if (queue := self.queues.get(one.id)) is not None:
                values |= _utilisation(queue)
            events += self._part(SUMMARY, element, values, run, one.id, present)
        for crew in self.crews:
            element = uuid_of(CREW, run, crew.name)
            values = {
                "name": crew.name,
                "size": crew.size,
                "repairs": crew.repairs,
                "wait_minutes": crew.wait * 60.0,
                **_utilisation(crew),
            }
            events += [_node(element, CREW, values), _edge(IN_RUN, element, run)]
        for number, incident in enumerate(self.incidents):
            element = uuid_of(INCIDENT, run, str(number))
            values = {
                "name": incident.name,
                "started_at": self._at(incident.begin),
                "cause": incident.cause,
                "replication": 0,
            }
            if incident.end is not None:
                values["ended_at"] = self._at(incident.end)
            events += self._part(INCIDENT, element, values, run, incident.item, present)
        return events

    def _part(
        self, kind: str, element: str, values: Properties, run: str, item: str, present: Mapping[str, str]
    ) -> Iterator[Event]:
        yield _node(element, kind, values)
        yield _edge(IN_RUN, element, run)
        if item in present:
            yield _edge(STATE_OF, element, item)

    def _at(self, hours: float) -> datetime:
        return self._begins + timedelta(microseconds=round(hours * 3_600e6))


def _utilisation(used: CrewUse | LoadUse) -> dict[str, Scalar]:
    return {"utilisation": used.utilisation, "utilisation_low": used.low, "utilisation_high": used.high}


def _node(element: str, kind: str, values: Properties) -> Event:
    return Event(Operation.CREATE, element, False, kind, None, values)


def _edge(relation: str, start: str, end: str) -> Event:
    return Event(Operation.CREATE, relation_id(relation, start, end), True, relation, None, {}, start, end)


def _version() -> str:
    try:
        return version("jumeau")
    except PackageNotFoundError:  # run from its sources
        return "0"

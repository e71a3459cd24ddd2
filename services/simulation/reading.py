"""What kept simulation runs say, asked for as everything else is asked for: in Cypher, within the perimeters of who asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from core.errors import NotFoundError, UsageError

Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""A text with parameters, to the envelope of an answer."""

MOST_SHOWN: Final = 1_000
USUAL_SHOWN: Final = 20
_RUN: Final = (
    "OPTIONAL MATCH (r)-[:OF_SCENARIO]->(s:Scenario) "
    "RETURN r.id AS id, r.name AS name, s.name AS scenario, s.version AS scenario_version, r.branch AS branch, "
    "r.sequence AS sequence, r.seed AS seed, r.engine AS engine, r.version AS version, r.replications AS replications, "
    "r.started_at AS started_at, r.begins_at AS begins_at, r.duration AS duration, "
    "r.confidence_level AS confidence_level ORDER BY started_at DESC, id"
)
RUNS: Final = f"MATCH (r:SimulationRun) {_RUN}"
FOUND: Final = f"MATCH (r:SimulationRun) WHERE r.id STARTS WITH $run {_RUN} LIMIT 2"
SUMMARIES: Final = (
    "MATCH (r:SimulationRun {id: $run})<-[:IN_RUN]-(s:SimulatedSummary) OPTIONAL MATCH (s)-[:STATE_OF]->(c) "
    "RETURN s.name AS name, labels(c)[0] AS kind, c.id AS id, s.availability AS availability, s.low AS low, s.high AS high, "
    "s.incidents AS incidents, s.downtime_minutes AS downtime_minutes, s.mttr_minutes AS mttr_minutes, "
    "s.beyond_objective AS beyond_objective, s.utilisation AS utilisation, "
    "s.utilisation_low AS utilisation_low, s.utilisation_high AS utilisation_high ORDER BY availability, name, id LIMIT $shown"
)
CREWS: Final = (
    "MATCH (r:SimulationRun {id: $run})<-[:IN_RUN]-(s:SimulatedCrew) RETURN s.name AS name, s.size AS size, "
    "s.utilisation AS utilisation, s.utilisation_low AS utilisation_low, s.utilisation_high AS utilisation_high, "
    "s.repairs AS repairs, s.wait_minutes AS wait_minutes ORDER BY name LIMIT $shown"
)
INCIDENTS: Final = (
    "MATCH (r:SimulationRun {id: $run})<-[:IN_RUN]-(i:SimulatedIncident) OPTIONAL MATCH (i)-[:STATE_OF]->(c) "
    "RETURN i.started_at AS started_at, i.ended_at AS ended_at, i.name AS name, labels(c)[0] AS kind, i.cause AS cause, "
    "c.id AS id ORDER BY started_at, name LIMIT $shown"
)


def runs(ask: Ask) -> list[dict[str, Any]]:
    """The runs that are seen, newest first."""
    return rows_of(ask(RUNS, {}))


def run(ask: Ask, name: str, *, shown: int = USUAL_SHOWN) -> dict[str, Any]:
    """One run by its identifier or an unambiguous beginning of it, with its worst items and its first incidents.

    Raises NotFoundError, UsageError.
    """
    if not 1 <= shown <= MOST_SHOWN:
        raise UsageError(f"{shown} rows", where="--first", hint=f"1 to {MOST_SHOWN:,}")
    this = found(ask, name)
    of = {"run": this["id"], "shown": shown}
    summaries, crews, incidents = ask(SUMMARIES, of), ask(CREWS, of), ask(INCIDENTS, of)
    return {
        **this,
        "simulated": True,
        "summaries": rows_of(summaries),
        "crews": rows_of(crews),
        "incidents": rows_of(incidents),
        "notes": list(dict.fromkeys([*summaries.get("notes", ()), *incidents.get("notes", ())])),
    }


def candidates(ask: Ask, name: str) -> list[dict[str, Any]]:
    """The runs that are seen, two at most, whose identifier is or begins with that."""
    return rows_of(ask(FOUND, {"run": name})) if name else []


def found(ask: Ask, name: str) -> dict[str, Any]:
    """The run of that identifier, or of an unambiguous beginning of one, as it is seen. Raises NotFoundError."""
    seen = candidates(ask, name)
    if len(seen) != 1:
        what = f"several simulation runs begin with {name!r}" if seen else f"no simulation run {name!r} is kept"
        raise NotFoundError(what, where="simulation runs", hint="list them: jumeau simulate runs")
    return seen[0]


def rows_of(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows by column."""
    columns = answer["columns"]
    return [dict(zip(columns, row, strict=True)) for row in answer["rows"]]

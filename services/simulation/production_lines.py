"""Production lines of the twin: kept from a file, played as they are, held against readings. Nothing here changes how a line is run:

what readings or people want changed becomes a branch and a proposal, which somebody else approves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from core.clock import Clock
from core.errors import NotFoundError, UsageError
from graph.history.ledger import Ledger
from graph.model import Edge, Node
from graph.schema.model import Schema
from ingest.identity import NaturalKeys, element_of
from services.branches import BranchService
from services.edits import NodeEdit, RelationEdit
from services.proposals import Proposal, ProposalService, ProposalState
from services.simulation.calibrations import Calibrations
from simulate.calibration.report import described
from simulate.line.check import LineError, check
from simulate.line.in_graph import (
    FOLLOWS,
    LINE,
    PART_OF,
    RELATIONS,
    REWORKS_AT,
    STAGE,
    law_attributes,
    line_attributes,
    line_from_graph,
    stage_attributes,
)
from simulate.line.model import Line
from simulate.line.readings import Reading, Refused, StageReadings, assess, read_readings, readings_of
from simulate.line.simulate import simulate_line
from simulate.statistics.paired import paired_difference

SETTINGS: Final[Mapping[str, type]] = {"machines": int, "operators": int, "buffer": int}
"""What a command can set on a stage."""
READINGS: Final = "line-readings"
"""What branches of proposals of readings are called, with a number."""
REPLICATIONS: Final = 200
"""That tell what a command would change."""


@dataclass(frozen=True, slots=True)
class ReadingsReport:
    """What readings say, which version of the calibration was kept, and the proposal that came of it, if one did."""

    line: str
    readings: int
    refused: tuple[Refused, ...]
    stages: tuple[StageReadings, ...]
    calibration: str | None = None
    proposal: Proposal | None = None

    @property
    def drifted(self) -> tuple[str, ...]:
        return tuple(one.stage for one in self.stages if one.has_drifted)

    def to_dict(self) -> dict[str, Any]:
        return {
            "line": self.line,
            "readings": self.readings,
            "refused": [{"row": one.row, "reason": one.reason} for one in self.refused],
            "stages": [one.to_dict() for one in self.stages],
            "drifted": list(self.drifted),
            "calibration": self.calibration,
            "proposal": None if self.proposal is None else self.proposal.to_dict(),
        }


class ProductionLines:
    """Those of one ledger, for one actor."""

    def __init__(self, ledger: Ledger, schema: Schema, clock: Clock, actor: str) -> None:
        if STAGE not in schema.kinds:
            raise UsageError(
                f"the schema pack {schema.name} has no production lines",
                where="pack",
                hint="JUMEAU_PACK=production_line",
            )
        self._ledger = ledger
        self._schema = schema
        self._clock = clock
        self._actor = actor
        self._branches = BranchService(ledger, schema, clock, actor)

    def get(self, name: str) -> tuple[Line, dict[str, str]]:
        """A line as main has it, and the ids of its stages. Raises LineError."""
        return line_from_graph(*self._elements(), name)

    def names(self) -> list[str]:
        return sorted(str(state.properties["name"]) for state in self._ledger.present([LINE]))

    def keep(self, line: Line, reason: str) -> int:
        """Write a line to main: new, or as it is to be from now on. Returns how many elements changed. Raises LineError and its kin."""
        check(line)
        nodes, edges = self._elements()
        known = {self._key(node.kind, node.properties): node.id for node in nodes}
        wanted = [(LINE, line_attributes(line)), *((STAGE, stage_attributes(line, stage)) for stage in line.stages)]
        ids = [known.get(self._key(kind, values)) for kind, values in wanted]
        made = [found or element_of(self._key(kind, values)) for found, (kind, values) in zip(ids, wanted, strict=True)]
        whole, stages = made[0], made[1:]
        relations = [RelationEdit(PART_OF, stage, whole) for stage in stages]
        relations += [RelationEdit(FOLLOWS, after, before) for before, after in pairwise(stages)]
        relations += [
            RelationEdit(REWORKS_AT, at, stages[line.place(stage.rework_to)])
            for at, stage in zip(stages, line.stages, strict=True)
            if stage.rework_to is not None
        ]
        there = {(one.type, one.start, one.end) for one in relations}
        gone = [
            edge.start
            for edge in edges
            if edge.type == PART_OF and edge.end == whole and (PART_OF, edge.start, whole) not in there
        ]
        outdated = [
            edge.id
            for edge in edges
            if edge.type in (FOLLOWS, REWORKS_AT)
            and edge.start in stages
            and edge.end not in gone
            and (edge.type, edge.start, edge.end) not in there
        ]
        edits = [
            NodeEdit(kind, {name: value for name, value in values.items() if found or value is not None}, found)
            for found, (kind, values) in zip(ids, wanted, strict=True)
        ]
        applied, _ = self._branches.change_main(reason, nodes=edits, relations=relations, delete=[*gone, *outdated])
        return applied.events

    def read(self, name: str, path: Path, *, propose: bool) -> ReadingsReport:
        """Hold a file of readings against a line, as `told` does. Raises LineError."""
        line, ids = self.get(name)
        return self._held(line, ids, *read_readings(path, line), path.name, propose=propose)

    def told(self, name: str, rows: Sequence[Any], source: str, *, propose: bool) -> ReadingsReport:
        """Hold readings, as JSON has them, against a line. Where a stage has drifted, `propose` makes a proposal of what was measured.

        Main stays as it is until somebody approves. An earlier one that is still open stands for this one, too: what comes every minute
        does not pile up. Raises LineError.
        """
        line, ids = self.get(name)
        return self._held(line, ids, *readings_of(enumerate(rows, 1), line), source, propose=propose)

    def _held(
        self,
        line: Line,
        ids: Mapping[str, str],
        readings: Sequence[Reading],
        refused: Sequence[Refused],
        source: str,
        *,
        propose: bool,
    ) -> ReadingsReport:
        name = line.name
        stages = assess(line, readings)
        report = ReadingsReport(name, len(readings), tuple(refused), tuple(stages))
        drifted = [one for one in stages if one.has_drifted and one.fitted is not None]
        if not propose or not drifted:
            return report
        waiting = self._waiting(name)
        if waiting is not None:
            return replace(report, proposal=waiting)
        document = {
            "cases": len(readings),
            "unit": "minutes",
            "groups": {one.stage: _learned(one) for one in stages if one.fitted is not None},
            "back_test": {"mean_error": max(one.error or 0.0 for one in drifted)},
        }
        nodes = [
            NodeEdit(STAGE, law_attributes("time", one.fitted.chosen), ids[one.stage])
            for one in drifted
            if one.fitted is not None
        ]
        told = ", ".join(
            f"{one.stage} takes {one.measured_mean:.3g} min, {one.known_mean:.3g} were known" for one in drifted
        )
        sensors = _sensors(readings)
        nodes += [NodeEdit("Sensor", values, upsert=True) for values, _ in sensors]
        proposal = self._propose(
            READINGS,
            f"{_measured_on(name)}{told}",
            nodes,
            lambda made: [
                RelationEdit("MEASURES", sensor, ids[stage])
                for sensor, (_, stage) in zip(made[len(made) - len(sensors) :], sensors, strict=True)
            ],
        )
        kept = Calibrations(self._ledger, self._clock).keep(
            f"line {name}".replace("@", " ")[:64].strip(), source, document, by=self._actor
        )
        return replace(report, calibration=f"{kept.name}@{kept.version}", proposal=proposal)

    def command(self, name: str, stage: str, setting: str, value: int, reason: str) -> tuple[Proposal, dict[str, Any]]:
        """Propose to set something on a stage: the command and the stage as it would be, with the simulated effect.

        Nothing is sent anywhere: an approved command is a node on main that a gateway reads. Raises LineError, UsageError.
        """
        if setting not in SETTINGS:
            raise UsageError(f"{setting!r} is no setting", where="setting", hint=", ".join(SETTINGS))
        if not reason.strip():
            raise UsageError("a command has a reason", where="reason", hint="say what it is for")
        line, ids = self.get(name)
        if stage not in ids:
            raise NotFoundError(f"{name} has no stage {stage!r}", where="stage", hint=", ".join(ids))
        changed = line.with_stage(stage, **{setting: value})
        check(changed)
        base, after = (simulate_line(one, 1, REPLICATIONS) for one in (line, changed))
        gain = paired_difference(base.metrics["throughput"], after.metrics["throughput"]).interval
        effect = {"throughput_per_hour": {"mean": gain.mean, "low": gain.low, "high": gain.high}, "seed": 1}
        told = f"{reason}; simulated: {gain.mean:+.3g} good pieces per hour ({gain.low:+.3g} to {gain.high:+.3g})"
        order = {
            "name": f"{stage}: {setting} = {value}",
            "status": "wanted",
            "setting": setting,
            "value": str(value),
            "reason": reason,
        }
        nodes = [NodeEdit("ActuatorCommand", order), NodeEdit(STAGE, {setting: value}, ids[stage])]
        proposal = self._propose(
            "line-command", told, nodes, lambda made: [RelationEdit("ACTS_ON", made[0], ids[stage])]
        )
        return proposal, effect

    def _waiting(self, name: str) -> Proposal | None:
        """The proposal of readings of a line that nobody has decided on yet."""
        open_ = ProposalService(self._branches, self._clock).all([ProposalState.OPEN])
        begins = f"{READINGS}-", _measured_on(name)
        return next(
            (one for one in open_ if (one.branch.startswith(begins[0]) and one.reason.startswith(begins[1]))), None
        )

    def _propose(
        self, title: str, reason: str, nodes: Sequence[NodeEdit], related: Callable[[list[str]], list[RelationEdit]]
    ) -> Proposal:
        """A branch with these changes, proposed; without the branch where it fails."""
        branch = f"{title}-{uuid4().hex[:8]}"
        self._branches.create(branch, note=reason)
        try:
            _, made = self._branches.change(branch, nodes=nodes)
            self._branches.change(branch, relations=related(made))
            return ProposalService(self._branches, self._clock).propose(branch, reason, by=self._actor)
        except BaseException:
            with suppress(NotFoundError):
                self._branches.drop(branch)
            raise

    def _elements(self) -> tuple[list[Node], list[Edge]]:
        nodes, edges = [], []
        for state in self._ledger.present([LINE, STAGE, *RELATIONS]):
            if state.edge:
                edges.append(Edge(state.element, state.kind, state.start or "", state.end or "", state.properties))
            else:
                labels = self._schema.kinds[state.kind].labels
                nodes.append(Node(state.element, labels, {**state.properties, "id": state.element}))
        return nodes, edges

    def _key(self, kind: str, values: Mapping[str, Any]) -> str:
        return NaturalKeys(self._schema).of(kind, values)[0]


def _measured_on(name: str) -> str:
    """How the reason of a proposal of readings begins."""
    return f"measured on {name}: "


def _sensors(readings: Sequence[Reading]) -> list[tuple[dict[str, Any], str]]:
    """What each sensor told last, and of which stage; a sensor is of one stage."""
    last: dict[str, Reading] = {}
    counts: dict[str, int] = defaultdict(int)
    for reading in readings:
        if reading.sensor is not None:
            last[reading.sensor] = reading
            counts[reading.sensor] += 1
    found = []
    for sensor, reading in sorted(last.items()):
        values: dict[str, Any] = {"name": sensor, "last_minutes": reading.minutes, "readings": counts[sensor]}
        if reading.at is not None:
            values["last_read_at"] = reading.at
        found.append((values, reading.stage))
    return found


def _learned(one: StageReadings) -> dict[str, Any]:
    assert one.fitted is not None
    return {**one.to_dict(), "durations": described(one.fitted.chosen)}


__all__ = ["LineError", "ProductionLines", "ReadingsReport"]

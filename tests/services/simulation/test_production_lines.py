"""Lines of the twin: kept and read back, held against readings, changed by nobody but through an approval."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.clock import FrozenClock
from core.errors import JumeauError, NotFoundError, UsageError
from graph.history.ledger import Ledger
from graph.schema.load import load_schema
from graph.schema.model import Schema
from services.branches import BranchService
from services.proposals import OwnProposalError, ProposalService
from services.simulation.calibrations import Calibrations
from services.simulation.production_lines import ProductionLines
from simulate.distributions import (
    Distribution,
    deterministic,
    empirical,
    exponential,
    gamma,
    lognormal_of,
    triangular,
    uniform,
    weibull,
)
from simulate.line.check import LineError
from simulate.line.model import Breakdowns, Line, Setup, Stage
from simulate.line.reference_line import MACHINE_A, MACHINE_B, ReferenceParameters, reference_line
from simulate.randomness import draws

REFERENCE = replace(reference_line(ReferenceParameters(item_value=40.0)), name="Reference")


@pytest.fixture(scope="module")
def pack() -> Schema:
    return load_schema("production_line")


@pytest.fixture
def ledger(tmp_path: Path, pack: Schema, clock: FrozenClock) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", pack, clock)
    yield opened
    opened.close()


@pytest.fixture
def lines(ledger: Ledger, pack: Schema, clock: FrozenClock) -> ProductionLines:
    return ProductionLines(ledger, pack, clock, "ana")


@pytest.fixture
def approvals(ledger: Ledger, pack: Schema, clock: FrozenClock) -> ProposalService:
    return ProposalService(BranchService(ledger, pack, clock, "bea"), clock)


def measured(path: Path, line: Line, stage: str, mean: float, count: int = 200) -> Path:
    """Readings of a stage whose true mean is `mean`, and one of the others as they are known."""
    rows: list[dict[str, Any]] = []
    for at, one in enumerate(line.stages):
        law = lognormal_of(mean, 1.0) if one.name == stage else one.time
        for minutes in draws(law.family, law.first, law.second, _none(), 5, at, 0, 0, count).tolist():
            rows.append({"stage": one.name, "minutes": minutes, "sensor": f"sensor {at}", "at": "2025-01-01T08:00:00Z"})
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def _none() -> Any:
    import numpy as np

    return np.empty(1)


def test_a_line_that_is_kept_is_read_back_as_it_was(lines: ProductionLines) -> None:
    line = Line(
        "everything",
        (
            Stage("a", weibull(3.0, 2.0), 2, 1, 5, Setup(deterministic(10.0), 20), cost_per_hour=12.5),
            Stage("b", empirical([1.0, 2.5, 4.0]), breakdowns=Breakdowns(exponential(90.0), lognormal_of(9.0, 3.0))),
            Stage("c", gamma(0.5, 4.0), scrap=0.02, rework=0.1, rework_to="a", ideal_time=1.5),
        ),
        lognormal_of(4.0, 1.0),
        operators=3,
        duration=600.0,
        warm_up=30.0,
        most_reworks=0,
        item_value=40.25,
    )
    lines.keep(line, "new")
    found, _ = lines.get("everything")
    assert [stage.name for stage in found.stages] == ["a", "b", "c"]
    for one, other in zip(found.stages, line.stages, strict=True):
        assert one.time.name == other.time.name
        assert (one.time.mean, one.time.deviation) == pytest.approx((other.time.mean, other.time.deviation))
        assert replace(one, time=other.time, setup=other.setup, breakdowns=other.breakdowns) == other
    assert found.stages[0].setup == line.stages[0].setup
    assert found.stages[1].time == line.stages[1].time
    assert found.stages[1].breakdowns is not None
    assert found.stages[1].breakdowns.repair.deviation == pytest.approx(3.0)
    assert replace(found, stages=line.stages, arrivals=line.arrivals) == line


def test_keeping_a_line_again_changes_nothing_and_another_order_only_what_differs(lines: ProductionLines) -> None:
    lines.keep(REFERENCE, "new")
    assert lines.keep(REFERENCE, "again") == 0
    shorter = replace(REFERENCE, stages=(REFERENCE.stages[1], replace(REFERENCE.stages[2])))
    lines.keep(shorter, "machine A is gone")
    found, _ = lines.get("Reference")
    assert [stage.name for stage in found.stages] == [MACHINE_B, "Quality control"]


def test_a_stage_that_drifted_becomes_a_proposal_and_the_line_waits_for_its_approval(
    lines: ProductionLines, approvals: ProposalService, ledger: Ledger, clock: FrozenClock, tmp_path: Path
) -> None:
    lines.keep(REFERENCE, "new")
    file = measured(tmp_path / "readings.jsonl", REFERENCE, MACHINE_B, 7.0)
    report = lines.read("Reference", file, propose=True)
    assert report.drifted == (MACHINE_B,)
    assert report.proposal is not None
    assert report.calibration == "line Reference@1"
    assert all(one.is_within_tolerance for one in report.stages)
    assert lines.get("Reference")[0].stages[1].time.mean == pytest.approx(5.0)
    assert list(ledger.present(["Sensor"])) == []
    with pytest.raises(OwnProposalError):
        approvals.approve(report.proposal.id, by="ana")
    approvals.approve(report.proposal.id, "measured", by="bea")
    now = lines.get("Reference")[0].stages[1].time
    assert now.mean == pytest.approx(7.0, rel=0.03)
    assert {state.properties["name"] for state in ledger.present(["Sensor"])} == {"sensor 0", "sensor 1", "sensor 2"}
    again = lines.read("Reference", file, propose=True)
    assert (again.drifted, again.proposal) == ((), None)
    assert Calibrations(ledger, clock).get("line Reference").document["groups"][MACHINE_B]["has_drifted"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"stage": [MACHINE_A], "minutes": 6}, "there is no stage list"),
        ({"stage": MACHINE_A, "minutes": 10**400}, "not a positive number"),
        ({"stage": MACHINE_A, "minutes": 1e300}, "up to 5,256,000"),
        ({"stage": MACHINE_A, "minutes": {"is": 6}}, "minutes is dict"),
        ({"stage": MACHINE_A, "minutes": True}, "minutes is True"),
        ({"stage": MACHINE_A, "minutes": 6, "at": "0001-01-01T00:00:00+14:00"}, "not an instant"),
        ({"stage": MACHINE_A, "minutes": 6, "sensor": "a\0b"}, "sensor is"),
        ({"stage": MACHINE_A, "minutes": 6, "sensor": "x" * 201}, "200 characters"),
        ({"stage": MACHINE_A, "minutes": 6, "sensor": {"name": "probe"}}, "sensor is dict"),
    ],
)
def test_whatever_a_gateway_sends_for_a_reading_is_read_or_told(
    lines: ProductionLines, row: dict[str, Any], told: str
) -> None:
    lines.keep(REFERENCE, "new")
    report = lines.told("Reference", [row, {"stage": MACHINE_A, "minutes": 6}], "a gateway", propose=True)
    assert (report.readings, [one.row for one in report.refused]) == (1, [1])
    assert told in report.refused[0].reason


def test_without_drift_nothing_is_proposed(lines: ProductionLines, tmp_path: Path) -> None:
    lines.keep(REFERENCE, "new")
    file = measured(tmp_path / "readings.jsonl", REFERENCE, MACHINE_B, 5.0)
    report = lines.read("Reference", file, propose=True)
    assert (report.drifted, report.proposal, report.calibration) == ((), None, None)


def test_bad_rows_are_told_and_the_others_read(lines: ProductionLines, tmp_path: Path) -> None:
    lines.keep(REFERENCE, "new")
    file = tmp_path / "readings.jsonl"
    file.write_text(
        '{"stage": "Machine A", "minutes": 6}\n'
        '{"stage": "Machine Z", "minutes": 6}\n'
        '{"stage": "Machine A", "minutes": -6}\n'
        "{broken\n"
        '{"stage": "Machine A", "minutes": 6, "at": "yesterday"}\n'
        "[1]\n"
    )
    report = lines.read("Reference", file, propose=True)
    assert report.readings == 1
    assert [one.row for one in report.refused] == [2, 3, 4, 5, 6]
    (stage,) = report.stages
    assert (stage.readings, stage.has_drifted, stage.fitted) == (1, False, None)
    table = tmp_path / "readings.csv"
    table.write_text("stage,minutes\nMachine A,6.5\nMachine A,\n")
    read = lines.read("Reference", table, propose=False)
    assert (read.readings, [one.row for one in read.refused]) == (1, [3])


def test_a_command_is_a_proposal_with_its_simulated_effect(
    lines: ProductionLines, approvals: ProposalService, ledger: Ledger
) -> None:
    lines.keep(REFERENCE, "new")
    proposal, effect = lines.command("Reference", MACHINE_A, "machines", 2, "worth its price")
    assert effect["throughput_per_hour"]["low"] > 0.0
    assert "good pieces per hour" in proposal.reason
    assert list(ledger.present(["ActuatorCommand"])) == []
    assert lines.get("Reference")[0].stages[0].machines == 1
    approvals.approve(proposal.id, by="bea")
    (command,) = ledger.present(["ActuatorCommand"])
    assert (command.properties["setting"], command.properties["value"], command.properties["status"]) == (
        "machines",
        "2",
        "wanted",
    )
    assert lines.get("Reference")[0].stages[0].machines == 2


@pytest.mark.parametrize(
    ("stage", "setting", "value", "error"),
    [
        ("Machine Z", "machines", 2, NotFoundError),
        (MACHINE_A, "speed", 2, UsageError),
        (MACHINE_A, "machines", 0, LineError),
        (MACHINE_A, "operators", 3, LineError),
    ],
)
def test_a_command_that_makes_no_sense_leaves_nothing(
    lines: ProductionLines, approvals: ProposalService, stage: str, setting: str, value: int, error: type[JumeauError]
) -> None:
    lines.keep(REFERENCE, "new")
    with pytest.raises(error):
        lines.command("Reference", stage, setting, value, "why not")
    assert approvals.all() == []


def test_a_line_whose_stages_are_not_in_one_row_is_refused(
    lines: ProductionLines, ledger: Ledger, pack: Schema, clock: FrozenClock
) -> None:
    lines.keep(REFERENCE, "new")
    follows = [state.element for state in ledger.present(["FOLLOWS"])]
    BranchService(ledger, pack, clock, "ana").change_main("torn", delete=follows[:1])
    with pytest.raises(LineError, match="in one row"):
        lines.get("Reference")
    with pytest.raises(LineError, match="no production line 'Other'"):
        lines.get("Other")


@pytest.mark.parametrize(
    "law",
    [
        pytest.param(law, id=law.name)
        for law in (
            exponential(9.0),
            lognormal_of(9.0, 3.0),
            gamma(3.0, 3.0),
            weibull(9.0, 2.0),
            deterministic(9.0),
            empirical([1.0, 2.5]),
            uniform(0.0, 9.0),
            triangular(1.0, 2.0, 9.0),
        )
    ],
)
def test_every_law_is_kept_for_whatever_time(lines: ProductionLines, law: Distribution) -> None:
    line = REFERENCE.with_stage(MACHINE_A, time=law, setup=Setup(law, 5), breakdowns=Breakdowns(law, law))
    lines.keep(replace(line, arrivals=law), "new")
    found, _ = lines.get("Reference")
    setup, down = found.stages[0].setup, found.stages[0].breakdowns
    assert setup is not None
    assert down is not None
    for one in (found.arrivals, found.stages[0].time, setup.time, down.failure, down.repair):
        assert (one.family, one.values) == (law.family, law.values)
        assert (one.first, one.second, one.mean) == pytest.approx((law.first, law.second, law.mean))


@pytest.mark.parametrize(
    ("known", "usual"),
    [
        pytest.param(deterministic(6.0), [6.0], id="constant"),
        pytest.param(empirical([5.0, 6.0, 7.0]), [5.0, 6.0, 7.0], id="measured"),
        pytest.param(uniform(5.0, 7.0), [5.0 + at / 10.0 for at in range(21)], id="uniform"),
    ],
)
def test_readings_are_held_against_a_law_that_jumps_or_ends(
    lines: ProductionLines, tmp_path: Path, known: Distribution, usual: list[float]
) -> None:
    """No density is asked of the law; the same times are no drift, others are."""
    lines.keep(REFERENCE.with_stage(MACHINE_A, time=known), "new")
    file = tmp_path / "readings.jsonl"
    for times, has_drifted in ((usual, False), ([8.0, 9.0, 10.0], True)):
        rows = [{"stage": MACHINE_A, "minutes": times[at % len(times)]} for at in range(63)]
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        (stage,) = lines.read("Reference", file, propose=False).stages
        assert stage.has_drifted == has_drifted


def test_another_pack_has_no_lines(tmp_path: Path, clock: FrozenClock, schema: Schema) -> None:
    opened = Ledger(f"sqlite:///{tmp_path / 'estate.db'}", schema, clock)
    with pytest.raises(UsageError, match="no production lines"):
        ProductionLines(opened, schema, clock, "ana")
    opened.close()

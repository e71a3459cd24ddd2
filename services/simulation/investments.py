"""Choose investments: read the plan and what it plays, look for the best use of each budget, and say how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.settings import Settings
from services.moments import PRESENT, Asked
from services.simulation.calibrated import looked_up
from services.simulation.snapshot import snapshot
from simulate.builder import scenario as scenarios
from simulate.line import file as lines
from simulate.line.model import Line
from simulate.optimise.choices import Choices, Configuration
from simulate.optimise.errors import InvestmentError
from simulate.optimise.estate import HOURS_DOWN, ITEMS_KEPT, OBJECTIVES, OUTAGES, STEP, EstateObjective
from simulate.optimise.objective import Objective
from simulate.optimise.optimise import Advance, optimise
from simulate.optimise.optimum import Optimum
from simulate.optimise.plan import Plan
from simulate.optimise.processes import shared
from simulate.optimise.production import COMPLETED, LineObjective, line_after
from simulate.optimise.production import OBJECTIVES as LINE_OBJECTIVES
from simulate.yaml_files import FileKind, YamlFile, read_yaml, validated


@dataclass(frozen=True, slots=True)
class InvestmentReport:
    """The best use of each budget. Fewer answers than `budgets`, or a last one that is not finished, where it was interrupted.

    `sequence` is the event of the ledger that the estate reflects; None of a line.
    """

    name: str
    objective: str
    less_is_better: bool
    item_value: float
    horizon: float
    rank_by: str
    confidence: float
    seed: int
    budgets: tuple[float, ...]
    answers: tuple[Optimum, ...]
    sequence: int | None

    @property
    def is_finished(self) -> bool:
        return len(self.answers) == len(self.budgets) and all(one.is_finished for one in self.answers)

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "name": self.name,
            "objective": self.objective,
            "less_is_better": self.less_is_better,
            "item_value": self.item_value,
            "horizon": self.horizon,
            "rank_by": self.rank_by,
            "confidence": self.confidence,
            "seed": self.seed,
            "sequence": self.sequence,
            "finished": self.is_finished,
            "budgets": [one.to_dict() for one in self.answers],
        }


@dataclass(frozen=True, slots=True)
class _Played:
    """What a plan plays."""

    objective: Objective
    check: Callable[[Configuration], object]
    name: str
    less_is_better: bool
    step: int
    sequence: int | None


def choose_investments(
    settings: Settings,
    plan: Plan,
    file: YamlFile,
    asked: Asked = PRESENT,
    *,
    processes: int = 1,
    advance: Advance = lambda *_: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> InvestmentReport:
    """The best use of each budget of a plan that was read from `file`. The twin is only read, and only by plans of an estate.

    An estate is played on so many `processes`, with the same answer; a line, which takes no time, on one.

    Raises InvestmentError, ScenarioError and what simulations raise, before anything is simulated; UsageError, NotFoundError.
    """
    choices = plan.choices()
    if processes < 1:
        raise InvestmentError(f"{processes} processes", where="processes", hint="one at least")
    is_line = plan.estate is None
    played = _line(plan, file, choices) if is_line else _estate(settings, plan, file, asked, processes)
    terms = plan.terms(less_is_better=played.less_is_better, step=played.step)
    _check_each(played.check, choices)
    with shared(played.objective, 1 if is_line else processes) as (objective, ahead):
        answers = optimise(objective, choices, plan.budgets, terms, ahead=ahead, advance=advance, cancelled=cancelled)
    return InvestmentReport(
        plan.name,
        played.name,
        played.less_is_better,
        plan.item_value,
        plan.horizon,
        plan.rank_by,
        plan.confidence,
        plan.seed,
        plan.budgets,
        tuple(answers),
        played.sequence,
    )


def _estate(settings: Settings, plan: Plan, file: YamlFile, asked: Asked, processes: int) -> _Played:
    name = plan.objective or HOURS_DOWN
    if name not in OBJECTIVES:
        raise InvestmentError(
            f"{name!r} is no objective of an estate", where=file.where("objective"), hint=", ".join(OBJECTIVES)
        )
    read = _read(plan.estate, file, scenarios.FILE)
    branch = validated(read, scenarios.Scenario, scenarios.FILE).branch
    found = snapshot(settings, replace(asked, branch=branch) if branch else asked)
    content = looked_up(settings, read.content)
    kept = ITEMS_KEPT // processes
    objective = EstateObjective(
        found.nodes, found.edges, found.schema, plan, content, read.shown, name == OUTAGES, kept
    )
    return _Played(objective, objective.model, name, less_is_better=True, step=STEP, sequence=found.sequence)


def _line(plan: Plan, file: YamlFile, choices: Choices) -> _Played:
    name = plan.objective or COMPLETED
    if name not in LINE_OBJECTIVES:
        raise InvestmentError(
            f"{name!r} is no objective of a line", where=file.where("objective"), hint=", ".join(LINE_OBJECTIVES)
        )
    if plan.weights:
        raise InvestmentError("weights are of an estate", where=file.where("weights"), hint="leave them out")
    read = _read(plan.line, file, lines.FILE)
    lines.line_of_file(read)

    def line_of(configuration: Configuration) -> Line:
        return line_after(plan, read.content, read.shown, configuration)

    objective = LineObjective(line_of, choices.base, name, plan.seed)
    return _Played(objective, line_of, name, LINE_OBJECTIVES[name], step=1, sequence=None)


def _read(given: object, file: YamlFile, kind: FileKind) -> YamlFile:
    """What is played as it was written: here, or in a file beside the plan."""
    if isinstance(given, str):
        return read_yaml(Path(file.shown).parent / given, kind)
    assert isinstance(given, dict)
    return YamlFile(given, None, file.shown)


def _check_each(check: Callable[[Configuration], object], choices: Choices) -> None:
    """Every investment alone, as often as it may be bought, is made once: what cannot be is told before hours of work."""
    for at, one in enumerate(choices.investments):
        alone = tuple(one.at_most if other == at else 0 for other in range(len(choices.investments)))
        try:
            check(alone)
        except InvestmentError as error:
            raise InvestmentError(
                error.seen, where=f"investments.{one.name}.parameters.{error.where}", hint=error.hint
            ) from error

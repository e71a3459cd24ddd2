"""The file of a choice of investments: what is to be improved, what can be bought, with which budgets.

The JSON Schema of the file is made from these classes and lies beside them (`investments.schema.json`), for editors.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, model_validator

from simulate.builder.words import Part, Real, Whole
from simulate.optimise.choices import Choices, Investment
from simulate.optimise.errors import InvestmentError
from simulate.optimise.objective import RankBy, Worth
from simulate.optimise.parameters import Alteration
from simulate.optimise.terms import Terms
from simulate.yaml_files import FileKind, YamlFile, parse_yaml, read_yaml, validated

PATH: Final = Path(__file__).parent / "investments.schema.json"
FILE: Final = FileKind("investment plan", "name: ...", "simulate/optimise/investments.schema.json", InvestmentError)
MOST_INVESTMENTS: Final = 200
MOST_BUDGETS: Final = 50


def _as_list(given: object) -> object:
    return [given] if isinstance(given, int | float) and not isinstance(given, bool) else given


class Purchase(Part):
    """Something that can be bought: its cost, how often, and what it changes."""

    cost: Real = Field(ge=0.0, allow_inf_nan=False, description="Of one, over the whole horizon.")
    at_most: Whole = Field(default=1, ge=1, le=1_000)
    parameters: dict[str, Alteration] = Field(
        default_factory=dict,
        description="Places of the base (`crews/systems/size`, `stages/A/machines`): a new value, or {add: 1}, {times: 0.8}.",
    )
    changes: tuple[dict[str, Any], ...] = Field(
        default=(), description="Of an estate: changes as in what-if scenarios, such as {add: {to: a cluster}}."
    )

    @model_validator(mode="after")
    def changes_something(self) -> Purchase:
        if not self.parameters and not self.changes:
            raise ValueError("an investment changes something: `parameters`, or `changes` of an estate")
        return self


class Plan(Part):
    """A choice of investments. Exactly one of `line` and `estate` says what is played, in this file or in another one beside it."""

    name: str = Field(min_length=1)
    line: str | dict[str, Any] | None = Field(default=None, description="A production line, or the file of one.")
    estate: str | dict[str, Any] | None = Field(
        default=None, description="A scenario that is played on the twin, or the file of one."
    )
    objective: str | None = Field(
        default=None, description="What is improved; by default what a line completes, hours down of an estate."
    )
    weights: dict[str, Real] = Field(
        default_factory=dict, description="Of an estate: how much an hour of a watched item counts, by name; 1 without."
    )
    item_value: Real = Field(gt=0.0, allow_inf_nan=False, description="What one unit of the objective is worth.")
    horizon: Real = Field(
        gt=0.0, allow_inf_nan=False, description="Over how many durations of the base the gain is counted."
    )
    budgets: Annotated[tuple[Real, ...], BeforeValidator(_as_list)] = Field(min_length=1, max_length=MOST_BUDGETS)
    investments: dict[str, Purchase] = Field(min_length=1, max_length=MOST_INVESTMENTS)
    exclusions: tuple[tuple[str, ...], ...] = Field(
        default=(), description="Investments of which one kind at most can be bought."
    )
    rank_by: RankBy = Field(
        default=RankBy.ROI, description="roi: net gain per cost; net: gain less cost; output: the objective."
    )
    indifference: Real | None = Field(
        default=None,
        gt=0.0,
        allow_inf_nan=False,
        description="Differences below do not matter, in units of `rank_by`: 0.05 of ROI, 1 % of the budget, 1 % of the "
        "value of the base without.",
    )
    confidence: Real = Field(default=0.95, gt=0.5, lt=1.0)
    seed: Whole = Field(default=1, ge=0, lt=2**64)
    most_replications: Whole = Field(default=5_000, ge=20, le=1_000_000, description="Of one configuration.")
    held_out: Whole = Field(default=200, ge=2, le=1_000_000, description="Fresh replications that are reported.")
    trials: Whole = Field(default=400, ge=1, le=100_000, description="Proposals beyond 5,000 configurations.")

    @model_validator(mode="after")
    def plays_one_thing(self) -> Plan:
        if (self.line is None) == (self.estate is None):
            raise ValueError("exactly one of `line` and `estate` says what is played")
        for name, one in self.investments.items():
            if one.changes and self.estate is None:
                raise ValueError(f"`changes` are of an estate: {name} changes `parameters` of the line")
        for group in self.exclusions:
            unknown = [name for name in group if name not in self.investments]
            if unknown:
                raise ValueError(f"there is no investment {unknown[0]} to exclude")
            if len(set(group)) < 2:
                raise ValueError("an exclusion names two investments at least")
        return self

    def choices(self) -> Choices:
        """What can be bought. Raises InvestmentError."""
        names = list(self.investments)
        return Choices(
            tuple(Investment(name, one.cost, one.at_most) for name, one in self.investments.items()),
            tuple(frozenset(names.index(name) for name in group) for group in self.exclusions),
        )

    def terms(self, *, less_is_better: bool, step: int = 1) -> Terms:
        """On which terms; the direction is the objective's. Raises InvestmentError."""
        return Terms(
            Worth(self.item_value, self.horizon, less_is_better),
            self.rank_by,
            self.indifference,
            self.confidence,
            self.seed,
            most=self.most_replications,
            held_out=self.held_out,
            step=step,
            trials=self.trials,
        )


def read_plan(path: Path) -> tuple[Plan, YamlFile]:
    """Read a plan, and where its parts stand. Raises InvestmentError, which names the line."""
    file = read_yaml(path, FILE)
    return validated(file, Plan, FILE), file


def parse_plan(text: str, shown: str = "investments.yml") -> tuple[Plan, YamlFile]:
    """A plan from its text; `shown` names it in errors. Raises InvestmentError."""
    file = parse_yaml(text, shown, FILE)
    return validated(file, Plan, FILE), file


def render_json_schema() -> str:
    """The JSON Schema of investment plans."""
    schema = Plan.model_json_schema()
    alteration, budgets = schema["$defs"]["Alteration"], schema["properties"]["budgets"]
    one = {**alteration, "minProperties": 1, "maxProperties": 1}
    schema["$defs"]["Alteration"] = {"anyOf": [one, {"type": ["boolean", "number", "string"]}]}  # a new value alone
    schema["properties"]["budgets"] = {"anyOf": [budgets, {"type": "number"}]}
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "jumeau investment plan"}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"

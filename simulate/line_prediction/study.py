"""The file of a study: a line, the ranges of its parameters, what is to be predicted, and how much is played to learn it.

The JSON Schema of the file is made from these classes and lies beside them, for editors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import Field, model_validator

from simulate.builder.words import Part, Real, Whole, YesNo
from simulate.line import file as lines
from simulate.line.file import AUTO, LineFile, line_of_file
from simulate.line.model import Line
from simulate.line.result import METRICS, STAGE_METRICS
from simulate.line_prediction.errors import ExtrapolationError, PredictionError
from simulate.optimise.errors import InvestmentError
from simulate.optimise.parameters import Alteration, altered
from simulate.yaml_files import FileKind, YamlFile, parse_yaml, read_yaml, validated

PATH: Final = Path(__file__).parent / "study.schema.json"
FILE: Final = FileKind("study of a line", "name: ...", "simulate/line_prediction/study.schema.json", PredictionError)
MOST_PARAMETERS: Final = 12
USUAL: Final = ("throughput", "avg_cycle_time", "work_in_process")


class Range(Part):
    """From the lowest to the highest value that is learned from."""

    low: Real = Field(allow_inf_nan=False)
    high: Real = Field(allow_inf_nan=False)
    whole: YesNo = Field(default=False, description="Whole numbers alone: machines, operators, places.")

    @model_validator(mode="after")
    def is_a_range(self) -> Range:
        if self.high <= self.low:
            raise ValueError("a range ends above its beginning; what does not vary is no parameter")
        if self.whole and not (self.low.is_integer() and self.high.is_integer()):
            raise ValueError("a range of whole numbers begins and ends with one")
        return self

    def value(self, share: float) -> float:
        """At a share of the range, 0 up to 1; of whole numbers each has as much of it."""
        if self.whole:
            return self.low + min(int(share * (self.high - self.low + 1.0)), self.high - self.low)
        return self.low + share * (self.high - self.low)

    def share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)


class Study(Part):
    """What is to be learned of a line."""

    name: str = Field(min_length=1, max_length=200)
    line: str | dict[str, Any] = Field(description="A production line, or the file of one beside this file.")
    parameters: dict[str, Range] = Field(
        min_length=1,
        max_length=MOST_PARAMETERS,
        description="Places of the line's file, such as `reference/machine_a_time` or `stages/bake/machines`.",
    )
    metrics: tuple[str, ...] = Field(
        default=USUAL, min_length=1, max_length=40, description="Of the line, or of a stage: `bake/utilisation`."
    )
    runs: Whole = Field(default=128, ge=16, le=2_000, description="Points of the ranges that are learned from.")
    calibration: Whole = Field(
        default=64, ge=20, le=2_000, description="Further ones that make the intervals wide enough."
    )
    held_out: Whole = Field(default=64, ge=20, le=2_000, description="Further ones that the error is told by.")
    replications: Whole = Field(default=20, ge=2, le=10_000, description="Of each point.")
    seed: Whole = Field(default=1, ge=0, lt=2**64)
    confidence: Real = Field(default=0.95, gt=0.5, lt=0.995)

    @property
    def points(self) -> int:
        return self.runs + self.calibration + self.held_out


class LineOfStudy:
    """The line of a study at any point of its ranges. `content` is the line's file as it was written."""

    def __init__(self, parameters: Mapping[str, Range], content: Mapping[str, Any], shown: str) -> None:
        self.parameters = parameters
        self.content = content
        self._shown = shown

    def at(self, values: Mapping[str, float]) -> Line:
        """The line with these values of all parameters. Raises PredictionError, ExtrapolationError, LineError and its kin."""
        changes = {
            place: Alteration(set=int(value) if self.parameters[place].whole else value)
            for place, value in self.checked(values).items()
        }
        try:
            content = altered(self.content, [(changes, 1)])
        except InvestmentError as error:
            raise PredictionError(error.seen, where=error.where, hint=error.hint) from error
        read = line_of_file(YamlFile(content, None, self._shown))
        return _with_warm_up(read)

    def checked(self, values: Mapping[str, float]) -> dict[str, float]:
        """The values in the order of the parameters. Raises PredictionError for one too many or too few, ExtrapolationError."""
        unknown = [name for name in values if name not in self.parameters]
        missing = [name for name in self.parameters if name not in values]
        if unknown or missing:
            seen = f"{unknown[0]!r} is no parameter" if unknown else f"{missing[0]!r} is not given"
            raise PredictionError(seen, where=(unknown or missing)[0], hint=f"give {', '.join(self.parameters)}")
        for name, one in self.parameters.items():
            value = values[name]
            shown = f"{one.low:g} to {one.high:g}"
            if not one.low <= value <= one.high:
                raise ExtrapolationError(
                    f"{name} is {value:g}: it was learned from {shown}",
                    where=name,
                    hint="play the line instead (jumeau simulate line), or learn from a wider range",
                    details={"parameter": name, "value": value, "low": one.low, "high": one.high},
                )
            if one.whole and not float(value).is_integer():
                raise PredictionError(f"{name} is {value:g}", where=name, hint=f"a whole number, {shown}")
        return {name: float(values[name]) for name in self.parameters}


def read_study(path: Path) -> tuple[Study, LineOfStudy]:
    """Read a study and its line. Raises PredictionError, LineError and their kin, which name the line of the file."""
    return _with_line(read_yaml(path, FILE), path.parent)


def parse_study(text: str, shown: str = "study.yml") -> tuple[Study, LineOfStudy]:
    """A study from its text, which holds the line. Raises PredictionError, LineError and their kin."""
    return _with_line(parse_yaml(text, shown, FILE), Path())


def _with_line(file: YamlFile, folder: Path) -> tuple[Study, LineOfStudy]:
    study = validated(file, Study, FILE)
    if isinstance(study.line, str):
        given = read_yaml(folder / study.line, lines.FILE)
        content, shown = given.content, given.shown
    else:
        content, shown = study.line, file.where("line")
    line = LineOfStudy(study.parameters, content, shown)
    ends = [{name: getattr(one, end) for name, one in study.parameters.items()} for end in ("low", "high")]
    for values in ends:  # what no line can have is told before anything is played
        made = line.at(values)
        names = {f"{stage.name}/{metric}" for stage in made.stages for metric in STAGE_METRICS}
        for metric in study.metrics:
            if metric not in METRICS and metric not in names:
                raise PredictionError(
                    f"{metric!r} is no metric of the line",
                    where=file.where("metrics"),
                    hint=f"{', '.join(METRICS)}, or STAGE/METRIC with {', '.join(STAGE_METRICS)}",
                )
    return study, line


def _with_warm_up(read: LineFile) -> Line:
    if read.warm_up == AUTO:
        raise PredictionError(
            "the warm-up is to be found, and each point of the ranges has another one",
            where="warm_up",
            hint="give it in minutes: jumeau simulate line tells what it finds",
        )
    return read.line()


def render_json_schema() -> str:
    """The JSON Schema of the files of studies."""
    schema = Study.model_json_schema()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "jumeau study of a line"}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"

"""A line in the twin: its stages and what follows what, as the pack `production_line` has them; and back again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import ValidationError

from graph.model import Edge, Node
from simulate.distributions import Distribution
from simulate.line.check import LineError, check
from simulate.line.file import Time
from simulate.line.model import Breakdowns, Line, Setup, Stage
from simulate.line.shift_words import as_texts, from_texts
from simulate.randomness import DETERMINISTIC, EMPIRICAL, EXPONENTIAL, TRIANGULAR, UNIFORM, WEIBULL

LINE, STAGE = "ProductionLine", "ProductionStage"
PART_OF, FOLLOWS, REWORKS_AT = "PART_OF", "FOLLOWS", "REWORKS_AT"
RELATIONS: Final = (PART_OF, FOLLOWS, REWORKS_AT)
RETIRED: Final = "retired"

_LAWS = dict.fromkeys(("law", "mean", "deviation", "shape", "values"))
_BETWEEN: Final = {"uniform": ("low", "high"), "triangular": ("low", "mode", "high")}
"""Laws that their `values` say: these words of a time, in this order."""


def law_attributes(prefix: str, law: Distribution | None) -> dict[str, Any]:
    """A law as attributes, all of them: what another law had is taken away."""
    if law is None:
        return {f"{prefix}_{name}": None for name in _LAWS}
    found: dict[str, Any] = {**_LAWS, "law": law.name, "mean": _short(law.mean)}
    if law.family == WEIBULL:
        found["shape"] = law.second
    elif law.family in (EMPIRICAL, TRIANGULAR):
        found["values"] = [repr(value) for value in law.values]
    elif law.family == UNIFORM:
        found["values"] = [repr(law.first), repr(law.second)]
    elif law.family not in (EXPONENTIAL, DETERMINISTIC):
        found["deviation"] = _short(law.deviation)
    return {f"{prefix}_{name}": value for name, value in found.items()}


def line_attributes(line: Line) -> dict[str, Any]:
    """The node of a line. Money in minor units (hundredths)."""
    return {
        "name": line.name,
        "operators": line.operators,
        **law_attributes("arrival", line.arrivals),
        "duration": line.duration,
        "warm_up": line.warm_up,
        "most_reworks": line.most_reworks,
        "operator_shifts": as_texts(line.operator_shifts, counted=True),
        "arrival_shifts": as_texts(line.arrival_shifts, counted=False),
        "begins_at_minute": line.week_offset or None,
        "item_value": _minor(line.item_value),
        "material_cost": _minor(line.material_cost),
        "operator_hourly_cost": _minor(line.operator_cost_per_hour),
    }


def stage_attributes(line: Line, stage: Stage) -> dict[str, Any]:
    """The node of a stage."""
    setup, down = stage.setup, stage.breakdowns
    return {
        "name": stage.name,
        "code": code_of(line.name, stage.name),
        "machines": stage.machines,
        "operators": stage.operators,
        "buffer": stage.buffer,
        **law_attributes("time", stage.time),
        **law_attributes("setup", None if setup is None else setup.time),
        "setup_every": None if setup is None else setup.every,
        **law_attributes("failure", None if down is None else down.failure),
        **law_attributes("repair", None if down is None else down.repair),
        "scrap": stage.scrap,
        "rework": stage.rework,
        "ideal_time": stage.ideal_time,
        "hourly_cost": _minor(stage.cost_per_hour),
        "shifts": as_texts(stage.shifts, counted=False),
    }


def code_of(line: str, stage: str) -> str:
    return f"{line}/{stage}"


def line_from_graph(nodes: Iterable[Node], edges: Iterable[Edge], name: str) -> tuple[Line, dict[str, str]]:
    """The line of that name, and the ids of its stages by name. Raises LineError where it is not there or not in one row."""
    held = {node.id: node for node in nodes if node.kind in (LINE, STAGE)}
    lines = {str(node.properties["name"]): node for node in held.values() if node.kind == LINE}
    if name not in lines:
        hint = f"there are {', '.join(sorted(lines))}" if lines else "keep one: jumeau line keep FILE"
        raise LineError(f"there is no production line {name!r} in the twin", where=name, hint=hint)
    of_type: dict[str, dict[str, str]] = {relation: {} for relation in RELATIONS}
    for edge in edges:
        if edge.type in of_type:
            of_type[edge.type][edge.start] = edge.end
    node = lines[name]
    members = {at for at, line in of_type[PART_OF].items() if line == node.id and at in held}
    members = {at for at in members if held[at].properties.get("status") != RETIRED}
    order = _in_order(members, of_type[FOLLOWS], name)
    names = [str(held[at].properties["name"]) for at in order]
    stages = []
    for at in order:
        back = of_type[REWORKS_AT].get(at)
        if back is not None and back not in members:
            raise LineError("it reworks at a stage of another line", where=str(held[at].properties["name"]))
        stages.append(_stage(held[at].properties, None if back is None else str(held[back].properties["name"])))
    given: Mapping[str, Any] = node.properties
    line = Line(
        name,
        tuple(stages),
        _law("arrival", given, name),
        int(given.get("operators") or 0),
        most_reworks=3 if given.get("most_reworks") is None else int(given["most_reworks"]),
        item_value=_major(given.get("item_value")),
        material_cost=_major(given.get("material_cost")),
        operator_cost_per_hour=_major(given.get("operator_hourly_cost")),
        warm_up=float(given.get("warm_up") or 0.0),
        operator_shifts=from_texts(given.get("operator_shifts"), name),
        arrival_shifts=from_texts(given.get("arrival_shifts"), name),
        week_offset=float(given.get("begins_at_minute") or 0.0),
    )
    if given.get("duration") is not None:
        line = replace(line, duration=float(given["duration"]))
    check(line)
    return line, dict(zip(names, order, strict=True))


def _in_order(members: set[str], follows: Mapping[str, str], name: str) -> list[str]:
    """From the first stage to the last. Raises LineError where they do not follow one another in one row."""
    if not members:
        raise LineError("the line has no stage", where=name)
    after = {before: at for at, before in follows.items() if at in members and before in members}
    first = [at for at in members if follows.get(at) not in members]
    order = []
    at = first[0] if len(first) == 1 else None
    while at is not None and at not in order:
        order.append(at)
        at = after.get(at)
    if len(order) != len(members):
        raise LineError(
            f"its {len(members)} stages do not follow one another in one row",
            where=name,
            hint="each but the first FOLLOWS one other stage of the line, and none is followed by two",
        )
    return order


def _stage(given: Mapping[str, Any], rework_to: str | None) -> Stage:
    name = str(given["name"])
    setup = None
    if given.get("setup_every") is not None and given.get("setup_mean") is not None:
        setup = Setup(_law("setup", given, name), int(given["setup_every"]))
    down = None
    if given.get("failure_mean") is not None and given.get("repair_mean") is not None:
        down = Breakdowns(_law("failure", given, name), _law("repair", given, name))
    ideal = given.get("ideal_time")
    return Stage(
        name,
        _law("time", given, name),
        int(given.get("machines") or 1),
        int(given.get("operators") or 0),
        None if given.get("buffer") is None else int(given["buffer"]),
        setup,
        down,
        float(given.get("scrap") or 0.0),
        float(given.get("rework") or 0.0),
        rework_to,
        None if ideal is None else float(ideal),
        _major(given.get("hourly_cost")),
        from_texts(given.get("shifts"), name),
    )


def _law(prefix: str, given: Mapping[str, Any], where: str) -> Distribution:
    told = {name: given.get(f"{prefix}_{name}") for name in _LAWS}
    told["family"] = told.pop("law")
    try:
        if told["values"] is not None:
            told["values"] = [float(value) for value in told["values"]]
        if told["family"] in _BETWEEN:
            told |= dict(zip(_BETWEEN[told["family"]], told.pop("values") or (), strict=True))
        return Time.model_validate({name: value for name, value in told.items() if value is not None}).distribution()
    except (ValidationError, ValueError) as error:
        seen = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise LineError(f"its {prefix} makes no law: {seen.removeprefix('Value error, ')}", where=where) from error


def _short(minutes: float) -> float:
    """Without the last digits, which only tell how it was computed."""
    return float(f"{minutes:.12g}")


def _minor(amount: float) -> int:
    return round(amount * 100.0)


def _major(amount: Any) -> float:
    return 0.0 if amount is None else float(amount) / 100.0

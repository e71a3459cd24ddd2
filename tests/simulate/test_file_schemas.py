"""The JSON Schemas that editors complete lines, plans and studies with, and their loaders: what one accepts the other does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from jsonschema_rs import Draft202012Validator
from typer.testing import CliRunner

from cli.main import app
from cli.simulate_schema import Words
from simulate.errors import SimulationError
from simulate.line import file as lines
from simulate.line_prediction import study as studies
from simulate.optimise import plan as plans
from tests.conftest import ROOT

BASE: Final = {
    "line": "name: x\narrivals: 3\nstages: [{name: a, time: 2}]\n",
    "reference": "name: x\nreference: {}\n",
    "plan": "name: x\nline: l.yml\nitem_value: 1\nhorizon: 1\nbudgets: [10]\ninvestments: {a: {cost: 1, parameters: {b: 2}}}\n",
    "study": "name: x\nline: {name: r, reference: {}}\nparameters: {reference/qc_time: {low: 1, high: 2}}\n",
}
SCHEMAS: Final = {"line": lines.PATH, "reference": lines.PATH, "plan": plans.PATH, "study": studies.PATH}
LOADERS: Final[dict[str, Callable[[str], object]]] = {
    "line": lines.parse_line,
    "reference": lines.parse_line,
    "plan": plans.parse_plan,
    "study": studies.parse_study,
}


def document(kind: str, change: str) -> str:
    """The smallest file of a kind with some words of it said otherwise, or said at all."""
    content: dict[str, Any] = yaml.safe_load(BASE[kind])
    return yaml.safe_dump({**content, **yaml.safe_load(change)})


def is_valid(kind: str, text: str) -> bool:
    schema = json.loads(Path(SCHEMAS[kind]).read_text(encoding="utf-8"))
    return Draft202012Validator(schema).is_valid(yaml.safe_load(text))


def is_loaded(kind: str, text: str) -> bool:
    try:
        LOADERS[kind](text)
    except SimulationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "change", "accepted"),
    [
        ("line", "{duration: 8 h, replications: 10, operators: 2}", True),
        ("line", "{replications: '10'}", False),
        ("line", "{replications: true}", False),
        ("line", "{operators: 1.5}", False),
        ("line", "{seed: -1}", False),
        ("line", "{duration: true}", False),
        ("line", "{duration: '480'}", False),
        ("line", "{item_value: '4'}", False),
        ("line", "{arrivals: true}", False),
        ("line", "{arrivals: {mean: -1}}", False),
        ("line", "{arrivals: {mean: 2 min, deviation: 30 s}, warm_up: auto}", True),
        ("line", "{stages: [{name: a, time: 2, machines: '2'}]}", False),
        ("line", "{stages: [{name: a, time: 2, machines: true}]}", False),
        ("line", "{stages: [{name: a, time: 2, scrap: '0.1'}]}", False),
        ("line", "{stages: [{name: a, time: {family: weibull, mean: 2, shape: '2'}}]}", False),
        ("line", "{stages: [{name: a, time: 2, setup: {time: 1, every: true}}]}", False),
        ("line", "{operator_shifts: [{begin: 6, end: 14, operators: '1'}], operators: 1}", False),
        ("line", "{anything: 1}", False),
        ("reference", "{reference: {machine_a_capacity: 2, machine_a_variance: 1, arrival_rate: 4}}", True),
        ("reference", "{reference: {machine_a_capacity: '2'}}", False),
        ("reference", "{reference: {operators: true}}", False),
        ("plan", "{budgets: 10, weights: {a: 2}}", True),
        ("plan", "{budgets: '10'}", False),
        ("plan", "{budgets: [true]}", False),
        ("plan", "{item_value: '1'}", False),
        ("plan", "{horizon: 0}", False),
        ("plan", "{held_out: true}", False),
        ("plan", "{investments: {a: {cost: '1', parameters: {b: 2}}}}", False),
        ("plan", "{investments: {a: {cost: 1, at_most: true, parameters: {b: 2}}}}", False),
        ("plan", "{investments: {a: {cost: 1, parameters: {b: {add: '1'}}}}}", False),
        ("study", "{runs: 16}", True),
        ("study", "{runs: '16'}", False),
        ("study", "{confidence: true}", False),
        ("study", "{parameters: {reference/qc_time: {low: '1', high: 2}}}", False),
        ("study", "{parameters: {reference/qc_time: {low: 1, high: 2, whole: 'yes'}}}", False),
    ],
)
def test_both_accept_it_or_neither_does(kind: str, change: str, *, accepted: bool) -> None:
    text = document(kind, change)
    assert is_loaded(kind, text) is accepted
    assert is_valid(kind, text) is accepted


def documented() -> Iterator[Any]:
    """The lines, plans and studies of the documents."""
    for path in sorted((ROOT / "docs").rglob("*.md")):
        for number, block in enumerate(re.findall(r"```yaml [^\n]*\n(.*?)```", path.read_text("utf-8"), re.DOTALL)):
            for kind in ("line", "plan", "study"):
                if is_loaded(kind, block):
                    yield pytest.param(kind, block, id=f"{path.relative_to(Path(ROOT))}:{number}")


@pytest.mark.parametrize(("kind", "text"), list(documented()))
def test_files_of_the_documents_are_accepted_by_the_schemas_too(kind: str, text: str) -> None:
    assert is_valid(kind, text)


@pytest.mark.parametrize("words", list(Words))
def test_editors_get_each_schema_from_the_console(tmp_path: Path, words: Words) -> None:
    path = tmp_path / "words.json"
    printed = CliRunner().invoke(app, ["simulate", "schema", words.value], catch_exceptions=False)
    told = CliRunner().invoke(app, ["simulate", "schema", words.value, "--to", str(path)], catch_exceptions=False)
    assert path.read_text(encoding="utf-8") == printed.stdout
    assert json.loads(printed.stdout)["additionalProperties"] is False
    assert "$schema=words.json" in told.stderr


def test_what_is_refused_says_where_its_words_are_told() -> None:
    for kind, loader in LOADERS.items():
        with pytest.raises(SimulationError) as refused:
            loader("name: x\nnobody: 1\n")
        name = (refused.value.hint or "").rpartition("jumeau simulate schema ")[2]
        assert SCHEMAS[kind].name == f"{Words(name).value}.schema.json"

"""The JSON Schema that editors complete scenarios with, and the loader: what one accepts the other does, word by word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema_rs import Draft202012Validator

from simulate.builder import scenario as scenarios
from simulate.builder.scenario import Scenario, parse_scenario
from simulate.builder.words import Part
from simulate.errors import ScenarioError
from tests.conftest import ROOT

SCHEMA = json.loads(scenarios.PATH.read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, validate_formats=True)

ALL_WORDS = """\
name: Every word
begins_on: 2025-01-01
duration: 1 year
replications: 10
seed: 3
watch: [BusinessService]
kinds:
  Server:
    failure: {family: weibull, mean: 1 year, shape: 1.5}
    repair: {family: lognormal, mean: 2 h, deviation: 90 min}
    crew: few
    priority: 2
    maintenance: [{first: 10 h, duration: 2, every: 30 days}]
    changes:
      - {first: 1 day, every: 1 week, failure_probability: 0.1, recovery: {family: deterministic, mean: 1 h},
         until_then: {every: 1 week, failure_probability: 0.5, recovery: {family: gamma, mean: 2, deviation: 1}}}
    backups: {every: 1 day, restore_probability: 0.2, restore: {family: empirical, values: [1, 2 h, 30 min]}}
items:
  web 1:
    needed: 2
    never_fails: true
    failure: {mean: 3}
    repair: {calibration: tickets, group: N, learned: between}
    crew: few
    priority: 1
    maintenance: [{first: 0, duration: 1 h}]
    changes: [{first: 1 day, failure_probability: 0, recovery: {mean: 1 h}}]
    backups: {every: 1 day, restore_probability: 0, restore: {mean: 1 h}}
crews: {few: {size: 2, shifts: [{days: [mon, sun], begin: 8, end: 18.5}]}}
replication_lag: {mean: 5 min}
failover: {mean: 30 s}
load:
  limit: 0.8
  growth: 0.2
  overloaded: told
  items: {pair: {arrivals: 4, service: {mean: 8 ms}, servers: 2, arrival_variation: 1, growth: 0, longest_wait: 1 s}}
planned_changes:
  played: true
  failure_probability: 0.1
  recovery: {mean: 1 h}
  until_then: {every: 1 week, failure_probability: 0.5, recovery: {mean: 1 h}}
  usual_recovery: {mean: 2 h}
  types: {normal: {failure_probability: 0}}
  changes: {C1: {recovery: {mean: 1 h}, until_then: {every: 1, failure_probability: 1, recovery: {mean: 1}}}}
branch: second-site
changes:
  - remove: [a, b]
  - close: DC North
  - add: {to: pair, like: web 1, count: 2, name: web, located_in: x, hosted_on: y}
  - delay: {by: 1 day, items: [a], kinds: [b]}
  - freeze: {first: 1 day, duration: 1 week, then: cancelled, items: [a], kinds: [b]}
  - crew: {name: few, size: 3}
  - needed: {cluster: pair, members: 1}
  - failures: {times: 2}
  - repairs: {times: 0.5, kinds: [b]}
  - load: {times: 2, items: [pair]}
"""


def as_json(text: str) -> Any:
    """A file as editors see it: a date is a text."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def is_loaded(text: str) -> bool:
    try:
        parse_scenario(text)
    except ScenarioError:
        return False
    return True


def parts_of(model: type[Part], seen: set[type[Part]]) -> set[type[Part]]:
    """A class of a scenario file, and all that it is made of."""
    seen.add(model)
    for field in model.model_fields.values():
        for name in re.findall(r"[A-Za-z_]+", str(field.annotation)):
            for part in (each for each in every_part() if each.__name__ == name and each not in seen):
                parts_of(part, seen)
    return seen


def every_part(of: type[Part] = Part) -> Iterator[type[Part]]:
    for one in of.__subclasses__():
        yield one
        yield from every_part(one)


def words_in(content: Any, schema: Mapping[str, Any] = SCHEMA) -> set[tuple[str, str]]:
    """Every word of a document with the class that it belongs to."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    found: set[tuple[str, str]] = set()
    for choice in schema.get("anyOf", ()):
        found |= words_in(content, choice)
    if isinstance(content, dict):
        for word, value in content.items():
            if word in schema.get("properties", {}):
                found.add((schema.get("title", "").replace("jumeau scenario", "Scenario"), word))
                found |= words_in(value, schema["properties"][word])
            elif isinstance(schema.get("additionalProperties"), dict):
                found |= words_in(value, schema["additionalProperties"])
    elif isinstance(content, list):
        for value in content:
            found |= words_in(value, schema.get("items", {}))
    return found


def test_every_word_that_the_loader_knows_is_in_the_schema_and_in_the_document_below() -> None:
    known = {(part.__name__, word) for part in parts_of(Scenario, set()) for word in part.model_fields}
    inherited = {("Chosen", "items"), ("Chosen", "kinds")}  # it is never written by itself
    assert words_in(as_json(ALL_WORDS)) == known - inherited


def test_a_document_of_every_word_is_accepted_by_both() -> None:
    assert is_loaded(ALL_WORDS)
    assert list(VALIDATOR.iter_errors(as_json(ALL_WORDS))) == []


def documented() -> Iterator[Any]:
    """The scenarios of the documents."""
    for path in sorted((ROOT / "docs").rglob("*.md")):
        for number, block in enumerate(re.findall(r"```yaml [^\n]*\n(.*?)```", path.read_text("utf-8"), re.DOTALL)):
            if is_loaded(block):
                yield pytest.param(block, id=f"{path.relative_to(Path(ROOT))}:{number}")


@pytest.mark.parametrize("text", list(documented()))
def test_scenarios_of_the_documents_are_accepted_by_the_schema_too(text: str) -> None:
    assert list(VALIDATOR.iter_errors(as_json(text))) == []


@pytest.mark.parametrize(
    ("line", "accepted"),
    [
        ("duration: 8760", True),
        ("duration: 90 min", True),
        ("duration: 2 fortnights", False),
        ("duration: true", False),
        ("duration: -1", False),
        ("replications: 100", True),
        ('replications: "100"', False),
        ("replications: true", False),
        ("replications: 1.5", False),
        ("replications: 1", False),
        ("seed: -1", False),
        ('begins_on: "2025-06-01"', True),
        ("begins_on: 2025-06-01", True),
        ("begins_on: 20250601", False),
        ("begins_on: tomorrow", False),
        ("watch: BusinessService", False),
        ("watch: [BusinessService]", True),
        ("crews: {a: {size: 0}}", False),
        ('crews: {a: {size: "2"}}', False),
        ("crews: {a: {size: 2, shifts: [{days: [monday], begin: 8, end: 18}]}}", False),
        ('crews: {a: {size: 2, shifts: [{days: [mon], begin: "8", end: 18}]}}', False),
        ("items: {a: {never_fails: true}}", True),
        ("items: {a: {never_fails: 1}}", False),
        ('items: {a: {never_fails: "yes"}}', False),
        ("items: {a: {priority: null}}", True),
        ("kinds: {Server: {failure: {mean: 1 year}}}", False),
        ("kinds: {Server: {failure: 1 year, repair: 1 h}}", False),
        ("load: {limit: 0}", False),
        ("load: {items: {a: {arrivals: true, service: {mean: 1 s}}}}", False),
        ("planned_changes: {failure_probability: 1.5}", False),
        ("planned_changes: {played: false}", True),
        ("changes: [{}]", False),
        ("changes: [{remove: a, close: b}]", False),
        ("changes: [{explode: a}]", False),
        ("changes: [{failures: {times: 0}}]", False),
        ("changes: {remove: a}", False),
        ("anything: 1", False),
    ],
)
def test_both_accept_it_or_neither_does(line: str, *, accepted: bool) -> None:
    text = f"name: x\n{line}\n"
    assert is_loaded(text) is accepted
    assert VALIDATOR.is_valid(as_json(text)) is accepted

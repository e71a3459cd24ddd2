"""The committed reference page and the editors' JSON Schema are what the code says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from graph.schema import json_schema
from graph.schema.load import load_schema
from graph.schema.reference_docs import render_reference
from graph.schema.shelf import PACKS, pack_names
from tests.graph.schema.small_pack import FILES, write_pack

PAGES = Path(__file__).parents[3] / "docs" / "reference" / "schema"
SCHEMA = json_schema.pack_json_schema()


@pytest.mark.parametrize("pack", pack_names())
def test_the_reference_page_has_not_drifted_from_the_pack(pack: str) -> None:
    page = (PAGES / f"{pack}.md").read_text(encoding="utf-8")
    assert page == render_reference(load_schema(pack)), "run `make docs` and review the diff"


def test_the_page_names_every_kind_attribute_relation_and_enum(tmp_path: Path) -> None:
    page = render_reference(load_schema(write_pack(tmp_path)))
    for heading in ("### Bottle", "#### STANDS_ON", "### `colour`", "## Goods"):
        assert heading in page.splitlines()
    assert "- `(Bottle)-[STANDS_ON]->(Shelf)`" in page
    assert "| `price` | `money`, 0.. |" in page
    assert "| `name` | `string` | **required**, `indexed` |" in page
    assert "A cycle is refused. At most 1 from a node." in page


def test_an_inherited_attribute_is_told_once_unless_a_kind_refines_it(tmp_path: Path) -> None:
    page = render_reference(load_schema(write_pack(tmp_path)))
    assert len(re.findall(r"^\| `name` ", page, re.MULTILINE)) == 2  # Thing declares it, Bottle refines it
    assert len(re.findall(r"^\| `price` ", page, re.MULTILINE)) == 1


def test_the_committed_json_schema_has_not_drifted() -> None:
    committed = json_schema.PATH.read_text(encoding="utf-8")
    assert committed == json_schema.render_json_schema(), "write graph.schema.json_schema.render_json_schema() to it"
    assert json.loads(committed) == SCHEMA


@pytest.mark.parametrize("path", sorted(PACKS.glob("*/*.yml")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_file_of_every_pack_is_valid_for_editors(path: Path) -> None:
    assert _accepts(SCHEMA, yaml.safe_load(path.read_text(encoding="utf-8")))
    assert "$schema=../../pack.schema.json" in path.read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize("name", FILES)
def test_the_small_pack_is_valid_for_editors(name: str) -> None:
    assert _accepts(SCHEMA, yaml.safe_load(FILES[name]))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        pytest.param("goods.yml", "is: Priced", "iz: Priced", id="unknown key"),
        pytest.param("generics.yml", "type: string", "type: text", id="unknown type"),
        pytest.param("relations.yml", "Bottle -> Shelf", "Bottle Shelf", id="no arrow"),
        pytest.param("relations.yml", "acyclic: true", "acyclic: maybe", id="flag that is no flag"),
        pytest.param("goods.yml", "[[name]]", "[name]", id="identity of no lists"),
        pytest.param("goods.yml", ", fr: étagère", "", id="label in one language"),
        pytest.param("pack.yml", "version: 3", "version: 0", id="version of zero"),
        pytest.param("enums.yml", "red:", "dark red:", id="enum value of two words"),
    ],
)
def test_editors_refuse_what_the_loader_refuses(name: str, old: str, new: str) -> None:
    assert old in FILES[name]
    assert not _accepts(SCHEMA, yaml.safe_load(FILES[name].replace(old, new)))


def _accepts(rule: dict[str, Any], value: Any) -> bool:
    """Whether a value satisfies a rule: the few keywords of JSON Schema that ours uses, and no others."""
    known = {"$schema", "$defs", "title", "description", "anyOf", "$ref", "enum", "type", "properties", "required"}
    known |= {"patternProperties", "additionalProperties", "minProperties", "items", "minItems", "minLength"}
    assert set(rule) <= known | {"pattern", "minimum"}, rule
    if "$ref" in rule:
        return _accepts(SCHEMA["$defs"][rule["$ref"].removeprefix("#/$defs/")], value)
    if "anyOf" in rule and not any(_accepts(option, value) for option in rule["anyOf"]):
        return False
    if "enum" in rule and value not in rule["enum"]:
        return False
    return _is_of_type(rule.get("type"), value) and _keeps_bounds(rule, value) and _holds(rule, value)


def _is_of_type(type_: str | None, value: Any) -> bool:
    if type_ is None:
        return True
    if type_ in ("integer", "number") and isinstance(value, bool):
        return False
    types: dict[str, type | tuple[type, ...]] = {
        "object": dict,
        "array": list,
        "string": str,
        "boolean": bool,
        "integer": int,
        "number": (int, float),
        "null": type(None),
    }
    return isinstance(value, types[type_])


def _keeps_bounds(rule: dict[str, Any], value: Any) -> bool:
    if "pattern" in rule and not re.search(rule["pattern"], value):
        return False
    if "minimum" in rule and value < rule["minimum"]:
        return False
    lengths = [rule[key] for key in ("minLength", "minItems", "minProperties") if key in rule]
    return not lengths or len(value) >= max(lengths)


def _holds(rule: dict[str, Any], value: Any) -> bool:
    if isinstance(value, list):
        return all(_accepts(rule["items"], item) for item in value) if "items" in rule else True
    if not isinstance(value, dict):
        return True
    if not set(rule.get("required", ())) <= set(value):
        return False
    for key, entry in value.items():
        rules = [r for pattern, r in rule.get("patternProperties", {}).items() if re.search(pattern, key)]
        if key in rule.get("properties", {}):
            rules.append(rule["properties"][key])
        if not rules and rule.get("additionalProperties") is False:
            return False
        if not all(_accepts(r, entry) for r in rules):
            return False
    return True

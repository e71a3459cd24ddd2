"""The JSON Schema of pack files, for editors: built from the words that the loader itself accepts.

`graph/schema/pack.schema.json` is its committed form; a test fails where the two differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from graph.schema import vocabulary as words

PATH = Path(__file__).parent / "pack.schema.json"

_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}
_FLAG: dict[str, Any] = {"type": "boolean"}
_NUMBER: dict[str, Any] = {"type": "number"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 1}

_OF_KEY: dict[str, dict[str, Any]] = {
    "label": {"$ref": "#/$defs/label"},
    "synonyms": {"$ref": "#/$defs/synonyms"},
    "title": {"$ref": "#/$defs/wording"},
    "inverse": {"$ref": "#/$defs/wording"},
    "type": {"enum": list(words.TYPES)},
    "personal": {"enum": list(words.PERSONAL_CLASSES)},
    "required": _FLAG,
    "unique": _FLAG,
    "indexed": _FLAG,
    "public": _FLAG,
    "bookkeeping": _FLAG,
    "simulated": _FLAG,
    "acyclic": _FLAG,
    "perimeter": {"enum": list(words.PERIMETER_RULES)},
    "min": _NUMBER,
    "max": _NUMBER,
    "version": _COUNT,
    "max_out": _COUNT,
    "max_in": _COUNT,
    "is": {"anyOf": [_TEXT, _TEXTS]},
    "identity": {"type": "array", "minItems": 1, "items": {**_TEXTS, "minItems": 1}},
    "matching": {"type": "array", "minItems": 1, "items": {**_TEXTS, "minItems": 1}},
    "meaningless": _TEXTS,
    "triples": {
        "type": "array",
        "minItems": 1,
        "items": {"type": "string", "pattern": r"^\s*[A-Z][A-Za-z]*\s*->\s*[A-Z][A-Za-z]*\s*$"},
    },
}


def pack_json_schema() -> dict[str, Any]:
    """The schema of any file of a pack: each kind of file is one alternative."""
    attributes = _named(words.ATTRIBUTE_NAME, {"anyOf": [{"$ref": "#/$defs/attribute"}, {"type": "null"}]})
    generics = _named(words.KIND_NAME, {"$ref": "#/$defs/kind"})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "jumeau schema pack file",
        "description": "pack.yml, enums.yml, attributes.yml, generics.yml, relations.yml, or a category of kinds.",
        "anyOf": [
            _object(words.PACK_KEYS, required=("name", "version", "title")),
            _file("enums", _named(words.ENUM_NAME, {"$ref": "#/$defs/enum"})),
            _file("attributes", attributes),
            _file("generics", generics),
            _file(
                "relations",
                _named(words.RELATION_NAME, {"$ref": "#/$defs/relation"}),
                {words.EVERY_RELATION: attributes},
            ),
            _object(words.CATEGORY_KEYS, required=("kinds",), kinds=generics),
        ],
        "$defs": {
            "label": _object(words.LABEL_KEYS, required=words.LANGUAGES, gender={"enum": list(words.GENDERS)}),
            "synonyms": _object(words.LANGUAGES, **dict.fromkeys(words.LANGUAGES, _TEXTS)),
            "wording": _object(words.WORDING_KEYS, required=("label",)),
            "enum": {**_named(words.ENUM_VALUE, {"$ref": "#/$defs/wording"}), "minProperties": 1},
            "attribute": _object(words.ATTRIBUTE_KEYS),
            "kind": _object(words.KIND_KEYS, required=("label",), attributes=attributes),
            "relation": _object(
                words.RELATION_KEYS, required=("label", "inverse", "group", "triples"), attributes=attributes
            ),
        },
    }


def render_json_schema() -> str:
    """The committed form: JSON, two spaces, one final newline."""
    return json.dumps(pack_json_schema(), indent=2, ensure_ascii=False) + "\n"


def _object(keys: Iterable[str], *, required: Iterable[str] = (), **special: dict[str, Any]) -> dict[str, Any]:
    properties = {key: special.get(key, _OF_KEY.get(key, _TEXT)) for key in keys}
    found: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if needed := list(required):
        found["required"] = needed
    return found


def _named(pattern: re.Pattern[str], entry: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "patternProperties": {f"^{pattern.pattern}$": entry}, "additionalProperties": False}


def _file(key: str, entries: dict[str, Any], others: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    return {"type": "object", "properties": {**others, key: entries}, "required": [key], "additionalProperties": False}

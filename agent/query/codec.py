"""Intermediate queries as JSON: reading with findings, writing, and the JSON Schema that models and editors fill."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from agent.query import model
from agent.query.errors import Finding, IntermediateQueryError
from agent.query.model import Question

PATH: Final = Path(__file__).parent / "intermediate.schema.json"
SHOWN: Final = 20
"""Findings that a refusal tells at most."""


@cache
def _adapter() -> TypeAdapter[Question]:
    return TypeAdapter(Question)


def read_question(text: str | bytes | Mapping[str, Any]) -> Question:
    """A question from JSON text or from what it parses to. Raises IntermediateQueryError with every finding."""
    try:
        if isinstance(text, str | bytes):
            return _adapter().validate_json(text)
        return _adapter().validate_python(text)
    except ValidationError as error:
        findings = tuple(
            Finding("form", ".".join(str(part) for part in found["loc"]) or "question", found["msg"])
            for found in error.errors(include_url=False, include_context=False, include_input=False)[:SHOWN]
        )
        raise IntermediateQueryError.of(findings) from error


def to_json(part: Any) -> Any:
    """A question, or any part of one, as JSON-ready data: `type` always, other fields where they differ from their default."""
    if is_dataclass(part) and not isinstance(part, type):
        told: dict[str, Any] = {}
        for known in fields(part):
            value = getattr(part, known.name)
            default = known.default_factory() if known.default_factory is not MISSING else known.default
            if known.name == "type" or value != default or type(value) is not type(default):
                told[known.name] = to_json(value)
        return told
    if isinstance(part, tuple | list):
        return [to_json(item) for item in part]
    if isinstance(part, dict):
        return {name: to_json(value) for name, value in part.items()}
    return part


def write_question(question: Question) -> str:
    """A question as JSON text, indented."""
    return json.dumps(to_json(question), indent=2, ensure_ascii=False)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a question; `type` is required wherever a part has one, and each union is told once."""
    schema = _adapter().json_schema()
    definitions: dict[str, Any] = schema.pop("$defs")
    unions: dict[str, Any] = {}
    told = {name: _tidied(definition, unions) for name, definition in definitions.items()}
    for definition in told.values():
        if "type" in definition.get("properties", {}):
            definition["required"] = ["type", *(name for name in definition.get("required", ()) if name != "type")]
    whole = _tidied(schema, unions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "jumeau intermediate query",
        **{key: value for key, value in whole.items() if key != "title"},
        "$defs": dict(sorted({**told, **unions}.items())),
    }


def _tidied(part: Any, unions: dict[str, Any]) -> Any:
    """Without titles of fields, and with unions as references to definitions of their own, which are added."""
    if isinstance(part, list):
        return [_tidied(item, unions) for item in part]
    if not isinstance(part, dict):
        return part
    if "oneOf" in part and "discriminator" in part:
        name = _UNIONS[frozenset(part["discriminator"]["mapping"])]
        unions[name] = {"oneOf": part["oneOf"]}
        return {"$ref": f"#/$defs/{name}"}
    return {
        key: _named(value, unions) if key == "properties" else _tidied(value, unions)
        for key, value in part.items()
        if not (key == "title" and isinstance(value, str))
    }


def _named(properties: dict[str, Any], unions: dict[str, Any]) -> dict[str, Any]:
    return {name: _tidied(value, unions) for name, value in properties.items()}


def _tags(union: Any) -> frozenset[str]:
    return frozenset(get_args(get_type_hints(part)["type"])[0] for part in get_args(get_args(union)[0]))


def render_json_schema() -> str:
    """The schema as the file beside this one holds it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


_UNIONS: Final[Mapping[frozenset[str], str]] = {
    _tags(union): name for name, union in (("Value", model.Value), ("Condition", model.Condition), ("Body", model.Body))
}

"""The names of a select made its own, so that several stand in one query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from agent.query import model as m

T = TypeVar("T")


def renamed(part: T, suffix: str) -> T:
    """Every entity, hop and parameter with a suffix behind its name; columns keep theirs."""
    names = dict.fromkeys(_declared(part))
    changed: T = _renamed(part, {name: name + suffix for name in names}, suffix)
    return changed


def joined_at(part: T, name: str, other: str) -> T:
    """One entity with the name of another, which is what joins a pattern to the one that has it."""
    names = {one: one for one in _declared(part)} | {name: other}
    changed: T = _renamed(part, names, "")
    return changed


def _declared(part: Any) -> list[str]:
    if isinstance(part, tuple):
        return [name for item in part for name in _declared(item)]
    if not is_dataclass(part) or isinstance(part, type):
        return []
    own = [part.name] if isinstance(part, m.Entity | m.Hop) and part.name is not None else []
    return own + [name for known in fields(part) for name in _declared(getattr(part, known.name))]


def _renamed(part: Any, names: Mapping[str, str], suffix: str) -> Any:
    if isinstance(part, tuple):
        return tuple(_renamed(item, names, suffix) for item in part)
    if not is_dataclass(part) or isinstance(part, type):
        return part
    changed: dict[str, Any] = {
        known.name: _renamed(getattr(part, known.name), names, suffix) for known in fields(part) if known.name != "type"
    }
    match part:
        case m.Entity(name):
            changed["name"] = names[name]
        case m.Hop():
            changed["start"], changed["end"] = names.get(part.start, part.start), names.get(part.end, part.end)
            if part.name is not None:
                changed["name"] = names[part.name]
        case m.Attribute() | m.KindOf() | m.Itself() | m.Length() | m.Way():
            changed["of"] = names.get(part.of, part.of)
        case m.HowMany():
            changed["counted"] = names.get(part.counted, part.counted)
        case m.Constant() | m.Named() if part.parameter is not None:
            changed["parameter"] = part.parameter + suffix
        case m.Select() if part.subject is not None:
            changed["subject"] = names.get(part.subject, part.subject)
    return replace(part, **changed)

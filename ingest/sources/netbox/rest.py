"""NetBox REST records as fixture objects: one mapping and one way of joining serve exports and the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.assertion import Place
from ingest.sources.netbox.normalise import REFERENCES

Object = tuple[Place, str, Any, dict[str, Any]]
_DISK_IN_MB = (4, 1)
"""Since this version the disk of a virtual machine is counted in MB, before in GB."""


class RestObjects:
    """Converts records. `briefs` gathers what references say of objects, for those that were not fetched themselves."""

    def __init__(self) -> None:
        self.briefs: dict[tuple[str, Any], dict[str, Any]] = {}

    def objects(self, model: str, place: Place, record: Mapping[str, Any]) -> Iterator[Object]:
        """The fixture objects that a record stands for: one, and for a cable its ends."""
        if model == "dcim.cable":
            yield from _ends(place, record)
        yield place, model, record.get("id"), self._fields(model, record)

    def _fields(self, model: str, record: Mapping[str, Any]) -> dict[str, Any]:
        references = REFERENCES.get(model, {})
        fields = {name: self._value(value, references.get(name)) for name, value in record.items()}
        fields["custom_field_data"] = record.get("custom_fields") or {}
        for kind, number in (("scope_type", "scope_id"), ("termination_type", "termination_id")):
            if record.get(kind) == "dcim.site" and not fields.get("site"):  # NetBox 4.2 names places this way
                fields["site"] = record.get(number)
        held = record.get("assigned_object_type")
        if isinstance(held, str):
            fields["assigned_object_type"] = held.split(".")
        if model == "virtualization.virtualmachine" and _version(record.get("api_version")) >= _DISK_IN_MB:
            disk = record.get("disk")
            fields["disk"] = disk / 1000 if isinstance(disk, int | float) else disk
        return fields

    def _value(self, value: Any, target: str | None) -> Any:
        """A reference as its number, a choice as its value, a list of references as numbers."""
        if isinstance(value, list):
            return [self._value(item, None) for item in value]
        if not isinstance(value, dict):
            return value
        if "id" in value:
            if target is not None and (target, value["id"]) not in self.briefs:
                self.briefs[target, value["id"]] = self._fields(target, value)
            return value["id"]
        return value["value"] if value.keys() == {"value", "label"} else value


def _ends(place: Place, record: Mapping[str, Any]) -> Iterator[Object]:
    """The ends of a cable as objects of their own, as a fixture has them."""
    for side in ("a_terminations", "b_terminations"):
        for end in record.get(side) or ():
            fields = {
                "cable": record.get("id"),
                "termination_type": str(end.get("object_type", "")).split("."),
                "termination_id": end.get("object_id"),
            }
            yield place, "dcim.cabletermination", (record.get("id"), side, end.get("object_id")), fields


def _version(text: Any) -> tuple[int, ...]:
    """A version such as 4.1 as numbers; what is none comes before all."""
    parts = str(text or "").split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()

"""CMDB records with ServiceNow's habits undone: one level of values, classes that stand for kinds, relation names read by kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph.schema.model import Schema
from ingest.assertion import Place
from ingest.mapping.apply import kind_of
from ingest.mapping.model import MappingRules, RelationRule
from ingest.sources.contract import Record

CI = "ci"
RELATIONS = "cmdb_rel_ci"
TASKS = frozenset({"incident", "problem", "change_request"})
_PARENT, _CHILD = "parent", "child"
_DAYS = ("install_date", "valid_to")


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Stored values by field, and under `shown` what pages show. Empty texts are absent."""
    fields: dict[str, Any] = {}
    shown: dict[str, Any] = {}
    for name, cell in record.items():
        value, text = (cell.get("value"), cell.get("display_value")) if isinstance(cell, Mapping) else (cell, cell)
        if value not in ("", None):
            fields[name] = value
            shown[name] = text
    fields["shown"] = shown
    return fields


class CmdbReader:
    """Records of one reading, tables in order: classes that a table gave are remembered for the relations that follow."""

    def __init__(self, mapping: MappingRules, schema: Schema) -> None:
        self._mapping = mapping
        self._schema = schema
        (self._item, *_) = mapping.records[CI].nodes
        self._tables: dict[str, str] = {}
        self._seen: set[str] = set()

    def records(self, table: str, place: Place, fields: dict[str, Any]) -> Iterator[Record]:
        """What a record of a table tells: itself, under a type that the mapping knows or that is counted as not mapped."""
        if table == RELATIONS:
            yield self._relation(place, fields)
        elif table in TASKS:
            yield from self._task(table, place, fields)
        elif "sys_class_name" in fields and table not in self._mapping.records:
            yield from self._ci(table, place, fields)
        else:
            yield Record(table, place, fields)

    # --- configuration items -----------------------------------------------------------------------------------------

    def _ci(self, table: str, place: Place, fields: dict[str, Any]) -> Iterator[Record]:
        number, name = fields.get("sys_id"), str(fields["sys_class_name"])
        if number is not None:
            if number in self._seen:  # a subclass that was asked for by itself, and within its superclass
                return
            self._seen.add(str(number))
        self._tables.setdefault(name, table)
        virtual = str(fields.get("virtual", "")).lower() == "true"
        fields["class"] = self._class(name, virtual=virtual)
        kind = self._kind(name, virtual=virtual)
        if kind is None:
            yield Record(f"class {name}", place, fields)
            return
        for day in _DAYS:
            if day in fields:
                fields[day] = str(fields[day])[:10]
        if "location" in fields and (kind, "Site") in self._schema.pairs["LOCATED_IN"]:
            fields["site"] = fields["location"]
        _count(fields)
        yield Record(CI, place, fields)

    def _class(self, name: str, *, virtual: bool = False) -> str:
        """The class as the mapping knows it; a class that it does not know is taken as the table through which it came."""
        suffix = " virtual" if virtual else ""
        for candidate in (name + suffix, name, self._tables.get(name, name) + suffix, self._tables.get(name, name)):
            if kind_of(self._item, {"class": candidate}) is not None:
                return candidate
        return name

    def _kind(self, name: str, *, virtual: bool = False) -> str | None:
        return kind_of(self._item, {"class": self._class(name, virtual=virtual)})

    # --- relations ---------------------------------------------------------------------------------------------------

    def _relation(self, place: Place, fields: dict[str, Any]) -> Record:
        """A relation under its name, with `as`: which of the mapping's relations of that name the two kinds allow.

        Ends of a class that is not mapped, and kinds between which none is allowed, are part of the type: counted, not refused.
        """
        name = str(fields["shown"].get("type", fields.get("type", "(no type)")))
        classes = {end: str(fields.get(f"{end}.sys_class_name", "(unknown)")) for end in (_PARENT, _CHILD)}
        kinds = {end: self._end_kinds(classes[end]) for end in classes}
        for end, found in kinds.items():
            if not found:
                return Record(f"relation of class {classes[end]}", place, fields)
        rule = self._mapping.records.get(name)
        if rule is None:
            return Record(name, place, fields)
        for relation in rule.relations:
            start, finish = _sides(relation)
            if any(
                (one, other) in self._schema.pairs[relation.type] for one in kinds[start] for other in kinds[finish]
            ):
                return Record(name, place, {**fields, "as": relation.type})
        return Record(f"{name} ({kinds[_PARENT][0]} -> {kinds[_CHILD][0]})", place, fields)

    def _end_kinds(self, name: str) -> list[str]:
        """The kinds that an element of a class may have: a server may be virtual, which a relation does not say."""
        found = (self._kind(name), self._kind(name, virtual=True))
        return list(dict.fromkeys(kind for kind in found if kind is not None))

    # --- incidents, problems, changes --------------------------------------------------------------------------------

    def _task(self, table: str, place: Place, fields: dict[str, Any]) -> Iterator[Record]:
        name = fields.get("cmdb_ci.sys_class_name")
        if name is not None and not self._end_kinds(str(name)):
            yield Record(f"{table} on class {name}", place, {})
            fields.pop("cmdb_ci", None)
        reopened = str(fields.get("reopen_count", ""))
        if reopened.isdecimal():
            fields["reopened"] = str(int(reopened) > 0).lower()
        yield Record(table, place, fields)


def _sides(relation: RelationRule) -> tuple[str, str]:
    """Which end of ServiceNow's relation ours starts from, and which it ends at."""
    ends = {_PARENT: _PARENT, _CHILD: _CHILD}
    start, finish = relation.start.key, relation.end.key
    return str(start(ends) if start else _PARENT), str(finish(ends) if finish else _CHILD)


def _count(fields: dict[str, Any]) -> None:
    """Figures that ServiceNow gives in parts."""
    sockets, cores = str(fields.get("cpu_count", "")), str(fields.get("cpu_core_count", ""))
    if sockets.isdecimal() and cores.isdecimal():
        fields["cores"] = int(sockets) * int(cores)
    elif sockets.isdecimal():
        fields["cores"] = int(sockets)
    size, free = str(fields.get("size_bytes", "")), str(fields.get("free_space_bytes", ""))
    if size.isdecimal() and free.isdecimal() and int(free) <= int(size):
        fields["used_bytes"] = int(size) - int(free)

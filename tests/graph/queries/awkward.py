"""An export made awkward: boundaries of dates, every value of enums, empty cells, second owners, relations that are gone.

The generated estate is tidy, so that a query may be right on it by chance: a missing DISTINCT, `<` in place of `<=`, a
status that never occurs. This rewrites a small export, by a seed, so that such a query gives another answer.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from graph.schema.model import Attribute, Schema, ValueType

SHARE = 0.4
"""Of the cells of a changed attribute that are rewritten, and of the relations of a changed type that are doubled."""
GONE = 0.1
KEPT_CELLS = frozenset({"key", "name", "code", "number", "cve", "cvss", "pseudonym", "currency", "address", "prefix"})
EMPTIED = frozenset(
    {"criticality", "environment", "last_restart", "end_of_support", "rto_minutes", "rpo_minutes", "satisfaction",
     "Change.started_at", "Change.ended_at", "Incident.resolved_at", "Incident.technical_resolved_at",
     "LoadTest.measured", "RecoveryTest.data_loss_minutes"}
)  # fmt: skip
"""Attributes, of any kind or of one, of which some cells become empty."""
DOUBLED = (
    "AFFECTS", "ASSIGNED_TO", "BACKS_UP", "CAUSED_BY", "CHECKS", "CONCERNS", "COVERED_BY", "COVERS", "DEPENDS_ON", "DOCUMENTS",
    "FOLLOWS", "FOUND_ON", "HAS_CAUSE", "IN_PERIMETER", "MEMBER_OF_TEAM", "OWNED_BY", "RAISED_ON", "REALISES", "RUNS_ON", "RUNS_VERSION",
    "SECURED_BY", "SERVES", "STORED_ON", "TESTS", "TOUCHES", "TREATED_BY", "USES",
)  # fmt: skip
STARTS = ("opened_at", "started_at", "planned_start")
ENDS = ("technical_resolved_at", "resolved_at", "closed_at", "ended_at", "planned_end")
MONTHS = (-24, -12, -6, -3, -1, 1, 3, 6, 12)
DAYS = (-1, 0, 0, 1, 30, 60)


def make_awkward(folder: Path, schema: Schema, today: date, seed: int) -> None:
    """Rewrite the export in `folder`: the same seed gives the same bytes."""
    drawn = random.Random(seed)
    for path in sorted(folder.glob("*.csv")):
        rows = _read(path)
        attributes = schema.kinds[path.stem].attributes
        emptied = {name for name in attributes if name in EMPTIED or f"{path.stem}.{name}" in EMPTIED}
        _write(path, [_awkward_row(row, attributes, emptied, schema, today, drawn) for row in rows])
    for path in sorted((folder / "relations").glob("*.csv")):
        if path.stem in DOUBLED:
            _write(path, _awkward_relations(_read(path), drawn))


def _awkward_row(
    row: dict[str, str],
    attributes: Mapping[str, Attribute],
    emptied: set[str],
    schema: Schema,
    today: date,
    drawn: random.Random,
) -> dict[str, str]:
    changed = dict(row)
    for name, text in row.items():
        if name in KEPT_CELLS or drawn.random() > SHARE:
            continue
        attribute = attributes[name]
        if name in emptied and drawn.random() < 0.3:
            changed[name] = ""
        elif attribute.enum is not None and text:
            changed[name] = drawn.choice(sorted(schema.enums[attribute.enum].values))
        elif attribute.type is ValueType.BOOLEAN and text:
            changed[name] = drawn.choice(["true", "false"])
        elif attribute.type is ValueType.DATE and text:
            changed[name] = _boundary(today, drawn).isoformat()
        elif attribute.type is ValueType.INSTANT and text:
            moment = datetime.combine(_boundary(today, drawn), datetime.min.time(), UTC)
            moment += timedelta(minutes=drawn.choice([-1, 0, 0, 0, 0, 1]))
            changed[name] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    start = max((changed[name] for name in STARTS if changed.get(name)), default="")
    if any(changed.get(name) and changed[name] < start for name in ENDS):
        changed.update({name: row[name] for name in (*STARTS, *ENDS) if name in row})
    return changed


def _boundary(today: date, drawn: random.Random) -> date:
    """Today, or a day at which the parameters of the catalogue draw a line, or one beside it."""
    if drawn.random() < 0.35:
        return today + timedelta(days=drawn.choice(DAYS))
    months = today.year * 12 + today.month - 1 + drawn.choice(MONTHS)
    return date(months // 12, months % 12 + 1, 1) + timedelta(days=drawn.choice([-1, 0, 0, 0, 0, 1]))


def _awkward_relations(rows: list[dict[str, str]], drawn: random.Random) -> list[dict[str, str]]:
    """Some relations gone, some with another end beside theirs, some with another start; none twice."""
    ends: dict[str, list[str]] = {}
    starts: dict[str, list[str]] = {}
    for row in rows:
        ends.setdefault(row["to_kind"], []).append(row["to"])
        starts.setdefault(row["from_kind"], []).append(row["from"])
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows:
        copies = [] if drawn.random() < GONE else [row]
        if drawn.random() < SHARE / 2:
            copies.append({**row, "to": drawn.choice(ends[row["to_kind"]])})
        if drawn.random() < SHARE / 2:
            copies.append({**row, "from": drawn.choice(starts[row["from_kind"]])})
        for copy in copies:
            found.setdefault(tuple(copy[name] for name in ("from_kind", "from", "to_kind", "to")), copy)
    return list(found.values())


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    if rows:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

"""The Table API of ServiceNow: encoded queries, limits, stored and shown values, totals, rows that access rules hide."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.ingest.connectors.doubles.server import Double, Request, Response

Cell = Any
"""A stored value, or (stored, shown)."""
_CONDITION = re.compile(r"([a-z_.]+)(>=|<=|>|<|=)(.*)", re.DOTALL)


class ServiceNowDouble(Double):
    """`tables` hold records by name of field; `hidden` sys_ids are counted and not shown."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[dict[str, Cell]]] = {}
        self.hidden: set[str] = set()

    def answer(self, request: Request) -> Response:
        prefix = "/api/now/table/"
        if not request.path.startswith(prefix):
            return Response({"error": {"message": "Requested URI does not represent any resource"}}, 400)
        rows = list(self.tables.get(request.path.removeprefix(prefix), ()))
        for part in request.query.get("sysparm_query", "").split("^"):
            if part.startswith("ORDERBY"):
                rows.sort(key=lambda row: str(_stored(row.get(part.removeprefix("ORDERBY"), ""))))
            elif part:
                rows = [row for row in rows if _holds(part, row)]
        headers = {}
        if request.query.get("sysparm_no_count") != "true":
            headers["X-Total-Count"] = str(len(rows))
        start, limit = int(request.query.get("sysparm_offset", 0)), int(request.query.get("sysparm_limit", 10_000))
        shown = [row for row in rows[start : start + limit] if _stored(row["sys_id"]) not in self.hidden]
        fields = request.query.get("sysparm_fields", "").split(",")
        return Response({"result": [_rendered(row, fields, request.query) for row in shown]}, 200, headers)


def _stored(cell: Cell) -> Any:
    return cell[0] if isinstance(cell, tuple) else cell


def _holds(condition: str, row: Mapping[str, Cell]) -> bool:
    found = _CONDITION.fullmatch(condition)
    assert found is not None, condition
    name, operator, wanted = found.groups()
    value = str(_stored(row.get(name, "")))
    return {
        "=": value == wanted,
        ">": value > wanted,
        ">=": value >= wanted,
        "<": value < wanted,
        "<=": value <= wanted,
    }[operator]


def _rendered(row: Mapping[str, Cell], fields: list[str], query: Mapping[str, str]) -> dict[str, Any]:
    """The fields that were asked for and that the row has; others are left out, as the API does."""
    assert query.get("sysparm_display_value") == "all"
    rendered: dict[str, Any] = {}
    for name in fields:
        if name in row:
            cell = row[name]
            if isinstance(cell, list | int):  # a field that changed its type
                rendered[name] = cell
            else:
                value, text = cell if isinstance(cell, tuple) else (cell, cell)
                rendered[name] = {"display_value": text, "value": value}
    return rendered

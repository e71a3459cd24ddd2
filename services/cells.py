"""Result cells as JSON, in the one shape that every door answers with (DESIGN section 11)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from graph.model import Edge, Node, Path


def to_json(cell: Any) -> Any:
    """A cell as JSON-ready data: elements as objects, temporals as ISO 8601, integers exact."""
    match cell:
        case None | bool() | int() | float() | str():
            return cell
        case datetime():
            return cell.isoformat().replace("+00:00", "Z")
        case date():
            return cell.isoformat()
        case Node():
            return {
                "id": cell.id,
                "labels": list(cell.labels),
                "properties": to_json({**cell.properties, "id": cell.id}),
            }
        case Edge():
            return {
                "id": cell.id,
                "type": cell.type,
                "start": cell.start,
                "end": cell.end,
                "properties": to_json(dict(cell.properties)),
            }
        case Path():
            return {"nodes": [to_json(n) for n in cell.nodes], "relationships": [to_json(e) for e in cell.edges]}
        case dict():
            return {name: to_json(value) for name, value in cell.items()}
        case list() | tuple() | set() | frozenset():
            return [to_json(item) for item in cell]
        case _:
            return str(cell)


def to_text(cell: Any) -> str:
    """A cell as a person reads it in a table or a CSV file: an element by its name."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case Node():
            return str(cell.properties.get("name") or cell.properties.get("number") or f"{cell.kind} {cell.id}")
        case Edge():
            return f"-[{cell.type}]->"
        case Path():
            return " ".join(to_text(n) for n in cell.nodes)
        case list() | tuple():
            return ", ".join(to_text(item) for item in cell)
        case dict():
            return ", ".join(f"{name}: {to_text(value)}" for name, value in cell.items())
        case _:
            return str(to_json(cell))

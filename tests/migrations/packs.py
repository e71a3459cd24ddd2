"""Packs that differ from the one of the IT estate by what a migration is to bring."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from graph.schema.shelf import locate

CHANGES: dict[str, list[tuple[str, str]]] = {
    "rename_attribute": [(r"\bon_call:", "duty_rota:")],
    "retype_attribute": [(r"quorum: \{type: integer, min: 0, ", "quorum: {type: string, ")],
    "rename_kind": [(r"\bTechnologyService\b", "SharedTechnicalService")],
    "rename_relation": [(r"\bMEMBER_OF\b(?!_)", "JOINED_TO")],
    "drop_attribute": [(r"      height_units: .*\n", "")],
    "add_attribute": [(r"(      quorum: .*\n)", r"\1      vote: {type: string, label: {en: vote, fr: vote}}\n")],
    "backfill": [],
    "nothing": [],
}
OPERATIONS = {
    "rename_attribute": "rename_attribute: {of: Team, name: on_call, to: duty_rota}",
    "retype_attribute": "retype_attribute: {of: Cluster, name: quorum, was: integer, type: string}",
    "rename_kind": "rename_kind: {name: TechnologyService, to: SharedTechnicalService}",
    "rename_relation": "rename_relation: {name: MEMBER_OF, to: JOINED_TO}",
    "drop_attribute": "drop_attribute: {of: Rack, name: height_units, type: integer}",
    "add_attribute": "add_attribute: {of: Cluster, name: vote, type: string}",
    "backfill": "backfill: {of: Rack, name: environment, value: production}",
}


def pack(folder: Path, *changes: str) -> Path:
    """A copy of the pack with these changes; its directory."""
    source, _ = locate("it_estate")
    shutil.copytree(source, folder)
    for path in folder.glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        for change in changes:
            for pattern, new in CHANGES[change]:
                text = re.sub(pattern, new, text)
        path.write_text(text, encoding="utf-8")
    return folder


def chain(folder: Path, *migrations: tuple[str, ...]) -> Path:
    """A folder of migrations, each with these operations."""
    folder.mkdir(exist_ok=True)
    for number, operations in enumerate(migrations, 1):
        lines = [f"  - {OPERATIONS.get(operation, operation)}" for operation in operations]
        text = "\n".join(["title: a change", "operations:", *lines, ""])
        (folder / f"{number:04}_change.yml").write_text(text, encoding="utf-8")
    return folder

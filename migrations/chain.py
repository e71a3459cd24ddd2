"""The chain of migrations of a pack: files in order, each with a checksum over itself and all before it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

import orjson
import yaml

from graph.schema.shelf import locate
from migrations.operations import MigrationError, Operation, read_operation

_NAME: Final = re.compile(r"(\d{4})_[a-z0-9_]+")
FOLDER: Final = "migrations"


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration. `checksum` covers this one and every one before it."""

    name: str
    title: str
    operations: tuple[Operation, ...]
    checksum: str
    file: str

    @property
    def reversible(self) -> bool:
        return all(operation.reversible for operation in self.operations)

    @property
    def rebuilds(self) -> bool:
        """Whether backends are filled again."""
        return any(operation.rebuilds for operation in self.operations)


def folder_of(pack: str) -> Path:
    """Where the migrations of a pack lie: `migrations/` in its directory."""
    directory, _ = locate(pack)
    return directory / FOLDER


def load_chain(folder: Path) -> list[Migration]:
    """The migrations of a folder, 0001 first; none where there is no folder. Raises MigrationError."""
    chain: list[Migration] = []
    before = ""
    for number, path in enumerate(sorted(folder.glob("*.yml")) if folder.is_dir() else (), 1):
        found = _NAME.fullmatch(path.stem)
        if found is None or int(found.group(1)) != number:
            raise MigrationError(
                f"{path.name} is not migration {number:04}",
                where=str(path),
                hint=f"name it {number:04}_what_it_does.yml",
            )
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise MigrationError(
                f"the migration cannot be read: {error}", where=str(path), hint="it is YAML"
            ) from error
        if not isinstance(content, dict) or set(content) != {"title", "operations"} or not content["operations"]:
            raise MigrationError(
                "a migration has a title and operations", where=str(path), hint="title: ...; operations: [...]"
            )
        if not isinstance(content["operations"], list):
            raise MigrationError(
                "`operations` is no list", where=str(path), hint="operations: [{rename_attribute: ...}]"
            )
        operations = tuple(
            read_operation(entry, f"{path}: operation {at}") for at, entry in enumerate(content["operations"], 1)
        )
        told = orjson.dumps([before, path.stem, content["operations"]], option=orjson.OPT_SORT_KEYS, default=str)
        before = blake2b(told, digest_size=16).hexdigest()
        chain.append(Migration(path.stem, str(content["title"]), operations, before, str(path)))
    return chain

"""YAML files that people write: read within bounds, checked against a class, and every refusal names the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from core.errors import JumeauError

MOST_BYTES: Final = 5_000_000

Checked = TypeVar("Checked", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a file is called, how one begins, where the JSON Schema of its words lies, and what it is refused with."""

    noun: str
    beginning: str
    schema: str
    error: type[JumeauError]

    @property
    def words(self) -> str:
        """What `jumeau simulate schema` calls it."""
        return self.schema.rpartition("/")[2].partition(".")[0]


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A mapping that was read, and where each part of it stands; `shown` names the file."""

    content: Mapping[str, Any]
    tree: Any
    shown: str

    def where(self, *place: int | str) -> str:
        """file:line of a place; without the line where no text is known."""
        return self.shown if self.tree is None else f"{self.shown}:{line_of(self.tree, place)}"


def read_yaml(path: Path, kind: FileKind) -> YamlFile:
    """Read a file. Raises the error of its kind."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise kind.error(f"the {kind.noun} cannot be read: {error.strerror}", where=str(path)) from error
    if len(text) > MOST_BYTES:
        raise kind.error(f"the {kind.noun} has {len(text):,} bytes", where=str(path), hint=f"{MOST_BYTES:,} at most")
    return parse_yaml(text.decode("utf-8", "replace"), str(path), kind)


def parse_yaml(text: str, shown: str, kind: FileKind) -> YamlFile:
    """A mapping from its text; aliases, which can make a small text endless, are not read. Raises the error of its kind."""
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise kind.error(
                    "an alias (`*name`) is not read",
                    where=f"{shown}:{getattr(event.start_mark, 'line', 0) + 1}",
                    hint="write it out",
                )
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        given = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = getattr(error.problem_mark, "line", 0) + 1
        raise kind.error(error.problem or "the YAML is broken", where=f"{shown}:{line}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise kind.error(f"the YAML is broken: {str(error).splitlines()[0]}", where=shown) from error
    if not isinstance(given, dict):
        article = "an" if kind.noun[0] in "aeiou" else "a"
        raise kind.error(
            f"{article} {kind.noun} is a mapping", where=f"{shown}:1", hint=f"begin with `{kind.beginning}`"
        )
    return YamlFile(given, tree, shown)


def validated(file: YamlFile, model: type[Checked], kind: FileKind) -> Checked:
    """The content as a class. Raises the error of its kind."""
    try:
        return model.model_validate(file.content)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise kind.error(
            f"{path or kind.noun}: {first['msg'].removeprefix('Value error, ')}",
            where=file.where(*first["loc"]),
            hint=f"the words of {kind.noun} files, for editors, too: jumeau simulate schema {kind.words}",
        ) from error


def line_of(tree: Any, place: tuple[int | str, ...]) -> int:
    """The line of a place in a YAML tree, or of the nearest that is there."""
    line = 1 if tree is None else int(tree.start_mark.line) + 1
    for part in place:
        following = None
        if isinstance(tree, yaml.MappingNode):
            for key, value in tree.value:
                if key.value == str(part):
                    line, following = key.start_mark.line + 1, value
        elif isinstance(tree, yaml.SequenceNode) and isinstance(part, int) and part < len(tree.value):
            following = tree.value[part]
            line = following.start_mark.line + 1
        if following is None:
            break
        tree = following
    return line

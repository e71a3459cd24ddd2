"""Reads the catalogue: a file `NAME.cypher` is a query under a head of `//` lines.

    // title.en: Downstream impact of a configuration item
    // title.fr: Impact aval d'un élément de configuration
    // description: What stops when it stops.                       a second line of the same key goes on
    // description.fr: Ce qui s'arrête quand il s'arrête.
    // tags: topology, impact
    // param ci: ConfigurationItem  -- whose failure is supposed   a kind: the element is named, its id is passed
    // param months: integer = 3    -- calendar months             with a default, the parameter is optional

Types of parameters: string, integer, float, boolean, date, instant, or the name of a kind. Defaults are JSON, or a bare
word for a string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from core.errors import ConfigurationError

FOLDER = Path(__file__).parent
TYPES = ("string", "integer", "float", "boolean", "date", "instant")

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_KIND = re.compile(r"[A-Z][A-Za-z]*")
_PARAMETER = re.compile(
    r"(?P<name>\w+)\s*:\s*(?P<type>\w+)\s*(?:=\s*(?P<default>.*?))?\s*(?:--\s*(?P<description>.*))?"
)
_TEXTS = ("title.en", "title.fr", "description", "description.fr", "tags")
_PYTHON = {"string": str, "integer": int, "float": (int, float), "boolean": bool, "date": str, "instant": str}


class CatalogueError(ConfigurationError):
    """A file of the catalogue that cannot be read; `where` is file:line."""

    code = "CATALOGUE"


@dataclass(frozen=True, slots=True)
class QueryParameter:
    """A parameter. `type` is a scalar type or a kind; `default` (a JSON value) counts where it is not `required`."""

    name: str
    type: str
    description: str
    required: bool
    default: Any = None

    @property
    def names_an_element(self) -> bool:
        """Whether the caller names an element, of which the query receives the id."""
        return self.type not in TYPES


@dataclass(frozen=True, slots=True)
class CatalogueQuery:
    """A named query. `text` is Cypher, without the head of the file."""

    name: str
    title_en: str
    title_fr: str
    description: str
    description_fr: str
    parameters: tuple[QueryParameter, ...]
    text: str
    tags: tuple[str, ...]

    def parameter(self, name: str) -> QueryParameter | None:
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


def load_catalogue(folder: Path = FOLDER) -> Mapping[str, CatalogueQuery]:
    """Every query of a folder by name, in order of name; unchanging. Raises CatalogueError with file and line."""
    return _load(folder)


@lru_cache
def _load(folder: Path) -> Mapping[str, CatalogueQuery]:
    return MappingProxyType({path.stem: _Reader(path).query() for path in sorted(folder.glob("*.cypher"))})


def read_query(path: Path) -> CatalogueQuery:
    """One file of the catalogue. Raises CatalogueError with file and line."""
    return _Reader(path).query()


class _Reader:
    """Reads one file, knowing the line that it is at."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 1

    def query(self) -> CatalogueQuery:
        if not _NAME.fullmatch(self.path.stem):
            self.refuse("the file's name is no name for a query", "use lower-case letters, digits and underscores")
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            self.refuse(f"the file cannot be read: {error}", "save it as UTF-8 text")
        texts: dict[str, str] = {}
        parameters: list[QueryParameter] = []
        for key, value in self._head(lines):
            if key.startswith("param "):
                parameters.append(self._parameter(f"{key[6:]}: {value}", parameters))
            elif key in _TEXTS:
                texts[key] = f"{texts[key]} {value}" if key in texts else value
            else:
                self.refuse(f"unknown key {key!r}", "keys are " + ", ".join((*_TEXTS, "param NAME")))
        for key in ("title.en", "title.fr", "description", "description.fr"):
            if not texts.get(key):
                self.refuse(f"the head has no {key}", f"add a line `// {key}: ...`")
        text = "\n".join(lines[self.line - 1 :]).strip()
        if not text:
            self.refuse("there is no query under the head", "write MATCH ... RETURN ...")
        self._used(text, parameters)
        tags = tuple(tag.strip() for tag in texts.get("tags", "").split(",") if tag.strip())
        return CatalogueQuery(
            name=self.path.stem,
            title_en=texts["title.en"],
            title_fr=texts["title.fr"],
            description=texts["description"],
            description_fr=texts["description.fr"],
            parameters=tuple(parameters),
            text=text + "\n",
            tags=tags,
        )

    def _head(self, lines: list[str]) -> Iterator[tuple[str, str]]:
        """Key and value of each line of the head; stops at the first line that is no comment."""
        for number, line in enumerate(lines, start=1):
            self.line = number
            if not line.startswith("//"):
                return
            key, colon, value = line[2:].strip().partition(":")
            if not colon:
                self.refuse(f"{line!r} is no `key: value`", "write `// key: value`")
            yield key.strip(), value.strip()
        self.line = len(lines) + 1

    def _parameter(self, text: str, before: list[QueryParameter]) -> QueryParameter:
        found = _PARAMETER.fullmatch(text)
        if found is None:
            self.refuse(f"{text!r} declares no parameter", "write `// param NAME: TYPE = DEFAULT -- what it is`")
        name, type_, default = found["name"], found["type"], found["default"]
        if type_ not in TYPES and not _KIND.fullmatch(type_):
            self.refuse(f"{type_!r} is no type", "use " + ", ".join(TYPES) + ", or the name of a kind")
        if any(parameter.name == name for parameter in before):
            self.refuse(f"the parameter {name} is declared twice", "remove one")
        description = (found["description"] or "").strip()
        if default is None:
            return QueryParameter(name, type_, description, required=True)
        return QueryParameter(name, type_, description, required=False, default=self._default(type_, default))

    def _default(self, type_: str, text: str) -> Any:
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        expected = _PYTHON.get(type_, str)
        wrong = not isinstance(value, expected) or (isinstance(value, bool) and type_ != "boolean")  # type: ignore[arg-type]
        if value is not None and wrong:
            self.refuse(f"the default {text} is no {type_}", f"write a JSON value of type {type_}")
        return value

    def _used(self, text: str, parameters: list[QueryParameter]) -> None:
        """Every parameter that is declared is used, and the other way round."""
        used = set(re.findall(r"\$(\w+)", text))
        declared = {parameter.name for parameter in parameters}
        for name in sorted(used ^ declared):
            seen = "is declared and not used" if name in declared else "is used and not declared"
            self.refuse(f"the parameter {name} {seen}", "correct the head or the query")

    def refuse(self, seen: str, hint: str) -> NoReturn:
        raise CatalogueError(seen, where=f"{self.path.name}:{self.line}", hint=hint)

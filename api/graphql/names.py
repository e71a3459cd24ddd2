"""Names of GraphQL types and fields, derived from what the schema calls kinds, attributes and relations."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[A-Za-z][a-z0-9]*|[0-9]+|[A-Z]+(?![a-z])")
_IRREGULAR = {"person": "people"}
_SIBILANT = ("s", "x", "z", "ch", "sh")


def words(text: str) -> list[str]:
    """The words of `RUNS_ON`, `cpu_cores`, `BusinessApplication` or `is part of`, in lower case, without accents."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    parts = re.split(r"[^A-Za-z0-9]+", plain)
    return [word.lower() for part in parts for word in ([part] if part.isupper() else _WORD.findall(part)) if word]


def camel(text: str) -> str:
    """`RUNS_ON` as `runsOn`."""
    first, *rest = words(text) or [""]
    return first + "".join(word.capitalize() for word in rest)


def pascal(text: str) -> str:
    """`RUNS_ON` as `RunsOn`."""
    return "".join(word.capitalize() for word in words(text))


def plural(kind: str) -> str:
    """The root field of a kind: `BusinessCapability` as `businessCapabilities`."""
    name = kind[:1].lower() + kind[1:]
    head, last = _split(name)
    if last.lower() in _IRREGULAR:
        found = _IRREGULAR[last.lower()]
        return head + (found.capitalize() if last[0].isupper() else found)
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        return head + last[:-1] + "ies"
    return name + ("es" if last.endswith(_SIBILANT) else "s")


def is_graphql_name(text: str) -> bool:
    """Whether a value may stand as an enum value in GraphQL."""
    return bool(re.fullmatch(r"[_A-Za-z][_0-9A-Za-z]*", text)) and not text.startswith("__") and text not in _RESERVED


_RESERVED = frozenset({"true", "false", "null"})


def _split(name: str) -> tuple[str, str]:
    """A camel-case name before its last word, and that word."""
    start = max((at for at, letter in enumerate(name) if letter.isupper()), default=0)
    return name[:start], name[start:]

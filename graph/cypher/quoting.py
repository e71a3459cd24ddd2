"""How names and strings are written so that nothing in them can be taken for language."""

from __future__ import annotations

import re
from typing import Final

RESERVED: Final = frozenset(
    [
        "all",
        "allshortestpaths",
        "and",
        "any",
        "as",
        "asc",
        "ascending",
        "by",
        "call",
        "case",
        "collect",
        "contains",
        "count",
        "create",
        "delete",
        "desc",
        "descending",
        "detach",
        "distinct",
        "else",
        "end",
        "ends",
        "exists",
        "false",
        "foreach",
        "in",
        "inf",
        "infinity",
        "is",
        "limit",
        "load",
        "match",
        "merge",
        "nan",
        "none",
        "not",
        "null",
        "offset",
        "on",
        "optional",
        "or",
        "order",
        "reduce",
        "remove",
        "return",
        "set",
        "shortestpath",
        "single",
        "skip",
        "starts",
        "then",
        "true",
        "union",
        "unwind",
        "using",
        "when",
        "where",
        "with",
        "xor",
        "yield",
    ]
)
"""Names that are put between backticks where a variable stands, because some reading of them is a keyword."""

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES: Final = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}


def quote_name(name: str) -> str:
    """A label, type or key: between backticks unless it is a plain identifier."""
    return name if _PLAIN.fullmatch(name) else "`" + name.replace("`", "``") + "`"


def quote_variable(name: str) -> str:
    """A variable: between backticks unless it is a plain identifier that is no keyword."""
    return name if _PLAIN.fullmatch(name) and name.lower() not in RESERVED else "`" + name.replace("`", "``") + "`"


def quote_string(value: str) -> str:
    """A string literal; every sign that could end or disturb it is escaped."""
    return "'" + "".join(_ESCAPES.get(sign) or (sign if sign >= " " else f"\\u{ord(sign):04x}") for sign in value) + "'"

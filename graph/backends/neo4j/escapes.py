"""Names that Neo4j would read differently from us.

Neo4j replaces `\\u0060` by a backtick wherever it stands in a text, before it reads the text: a quoted name that holds those
six signs would end there. A backslash within a quoted name is therefore written as its own escape, which is replaced once
and not looked at again.
"""

from __future__ import annotations

import re
from typing import Final

_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*+'|`(?:[^`]|``)*+`", re.DOTALL)
_BACKSLASH: Final = "\\u005C"


def without_backslashes(text: str) -> str:
    """A statement whose quoted names hold no backslash; strings, which have escapes of their own, stay as they are."""
    return _QUOTED.sub(_escaped, text) if "\\" in text and "`" in text else text


def _escaped(found: re.Match[str]) -> str:
    quoted = found.group()
    return quoted.replace("\\", _BACKSLASH) if quoted[0] == "`" else quoted

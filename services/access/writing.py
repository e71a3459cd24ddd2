"""Whether this twin takes changes: one switch for every door, and one place that says what a change is.

What is refused: all that changes the twin, its branches, accounts, rules and budgets, or sends something out. What goes on: questions,
signing in, ending a token, following the ledger, and the audit trail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.errors import JumeauError

WHERE: Final = "JUMEAU_READ_ONLY"
MARK: Final = "writes"
"""The attribute of what admits a request that is one to change something."""
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

RECORDED_READING: Final = frozenset(
    {
        "account list",
        "backup create",
        "backup verify",
        "export",
        "gateway audit",
        "gateway prompts",
        "graph export",
        "investigate",
        "match",
        "person log",
        "person reveal",
        "proposal list",
        "serve",
        "token list",
        "token revoke",
    }
)
"""Commands that are on record, and leave the twin as it is. A command that is named neither here nor as a question changes something."""
CHANGING_OPTIONS: Final[Mapping[str, str]] = {"investigate": "accept", "match": "apply"}
"""Options with which they do not."""


class ReadOnlyError(JumeauError):
    """A change to a twin that only answers."""

    code = "READ_ONLY"
    exit_code = 2
    status = 403


def require_writing(read_only: bool, what: str = "a change") -> None:
    """Refuse a change where the switch is set. Raises ReadOnlyError."""
    if read_only:
        raise ReadOnlyError(
            f"{what} is refused: this twin only answers", where=WHERE, hint="change it where it is kept"
        )


def command_writes(path: str, *, recorded: bool, given: Mapping[str, Any]) -> bool:
    """Whether a command changes something with what it is given. `recorded`: it leaves entries in the audit trail."""
    if path in RECORDED_READING:
        return bool(given.get(CHANGING_OPTIONS.get(path, "")))
    return recorded

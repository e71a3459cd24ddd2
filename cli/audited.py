"""Commands that change something, or tell what is not for everybody, are put on record before they do it: none can forget it.

What a command is given is not kept, but for its reason and the name of what it is about.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import typer
from typer.core import TyperGroup

from core.errors import JumeauError
from core.principal import LOCAL_OPERATOR
from core.settings import load_settings
from services.access.writing import command_writes, require_writing
from services.audit.call import Call
from services.audit.entry import outcome_of
from services.audit.reading import opened

QUESTIONS: Final = frozenset(
    {
        "query",
        "ask",
        "chat",
        "mcp",
        "history",
        "diff",
        "health",
        "discrepancies",
        "provenance",
        "lint",
        "generate",
        "ingest runs",
        "graph verify",
        "schema check",
        "schema show",
        "simulate run",
        "simulate compare",
        "simulate optimise",
        "simulate insight",
        "simulate runs",
        "simulate show",
        "simulate schema",
        "simulate calibrate",
        "simulate calibrations",
        "catalogue list",
        "catalogue run",
        "migrate list",
        "migrate plan",
        "branch list",
        "branch diff",
        "checkpoint list",
        "override list",
        "quarantine list",
        "quarantine show",
        "review list",
        "review show",
        "review duplicates",
        "webhook list",
        "webhook show",
        "webhook deliveries",
        "audit list",
        "audit verify",
        "simulate model",
        "gateway usage",
        "gateway budgets list",
        "gateway use-cases list",
        "simulate line",
        "line show",
        "line readings",
        "line watch",
        "line learn",
        "line predict",
    }
)
"""What neither changes the twin nor tells of people and their rights. Every other command leaves entries."""
UNLESS: Final = {
    "health": "record",
    "simulate calibrate": "name",
    "simulate run": "keep_run",
    "line readings": "propose",
}
"""Questions that become changes with an option."""
_TARGETS: Final = ("pseudonym", "name", "account", "id", "run", "branch", "source", "row")
"""Parameters that say what a command is about, the first that is given."""


class AuditedGroup(TyperGroup):
    """The root of the commands: puts whatever is under it on record, by the path of its name."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        _audit(self, (), hides=_is_read_only())


def is_audited(path: str, given: dict[str, Any]) -> bool:
    """Whether a command leaves entries, with what it is given."""
    return path not in QUESTIONS or bool(given.get(UNLESS.get(path, "")))


def is_writing(path: str, given: dict[str, Any]) -> bool:
    """Whether a command changes something, with what it is given."""
    return command_writes(path, recorded=is_audited(path, given), given=given)


def _is_read_only() -> bool:
    try:
        return load_settings().read_only
    except JumeauError:  # said by whoever needs the settings
        return False


def _audit(group: Any, path: tuple[str, ...], *, hides: bool) -> None:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            _audit(command, (*path, name), hides=hides)
            command.hidden = command.hidden or all(each.hidden for each in command.commands.values())
        elif command.callback is not None:
            whole = " ".join((*path, name))
            command.hidden = command.hidden or (hides and is_writing(whole, {}))
            command.callback = _audited(command.callback, whole)


def _audited(run: Callable[..., Any], path: str) -> Callable[..., Any]:
    @wraps(run)
    def on_record(*arguments: Any, **given: Any) -> Any:
        if not is_audited(path, given):
            return run(*arguments, **given)
        settings = load_settings()
        with opened(settings) as recorder:
            call = Call(recorder.clock, recorder, door=f"console {path}", actor=settings.actor)
            call.principal, call.action = LOCAL_OPERATOR, path.rpartition(" ")[2]
            call.reason = given.get("reason")
            call.target = next((str(given[name]) for name in _TARGETS if given.get(name)), None)
            if is_writing(path, given):
                try:
                    require_writing(settings.read_only, f"jumeau {path}")
                except JumeauError as refusal:
                    call.ended_with(refusal.code, refusal.status)
                    recorder.note(call.entry(outcome_of(refusal.status)))
                    raise
            call.begin()
            status = JumeauError.status
            try:
                told = run(*arguments, **given)
                status = 200
            except JumeauError as error:
                status = error.status
                call.code = error.code
                raise
            except typer.Exit as end:
                status = 200
                call.code = f"EXIT_{end.exit_code}" if end.exit_code else None
                raise
            except BaseException as error:
                call.code = "INTERRUPTED" if isinstance(error, KeyboardInterrupt) else JumeauError.code
                raise
            finally:
                recorder.end(call.entry(outcome_of(status)))
        return told

    return on_record

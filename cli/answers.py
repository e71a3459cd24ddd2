"""How answers and errors of queries are printed: rows on standard output, what a person must know beside them on the other."""

from __future__ import annotations

import sys
from typing import Any, Final

from rich.console import Console

from cli.output import Output, print_json, print_rows, say
from core.errors import JumeauError
from services.explanation import COLUMNS

_STAGES: Final = list(COLUMNS)


def print_result(content: dict[str, Any], output: Output, title: str | None = None) -> None:
    """Print the envelope of an answer; that of an explanation stage by stage."""
    if output is Output.JSON:
        print_json(content)
        return
    if content["columns"] == _STAGES and output is Output.TABLE:
        print_stages(content["rows"])
        return
    print_rows(content["columns"], content["rows"], output, title)
    rows = f"{len(content['rows'])} rows" + (", cut at the row cap" if content["truncated"] else "")
    engine = f"{content['backend']}, {content['engine']}, sequence {content['sequence']}"
    say(f"{rows} in {content['elapsed_ms']:.1f} ms ({engine})")
    for note in content["notes"]:
        say(f"note: {note}")
    moment = content.get("moment")
    if moment is not None:
        say(f"asked: {_moment(moment)}")
    elif content["sequence"] < content["ledger_sequence"]:
        say(f"note: the ledger is at {content['ledger_sequence']}; the graph has not followed yet")


def _moment(moment: dict[str, Any]) -> str:
    """What state an answer is about, for a person."""
    text = f"main up to event {moment['sequence']}"
    if moment["recorded_at"] is not None:
        text += f" of {moment['recorded_at']}"
    if moment["branch"] is not None:
        text = f"the branch {moment['branch']} with {moment['branch_events']} changes, on {text}"
    return text


def print_stages(rows: list[list[Any]]) -> None:
    """The stages of an explained query, one under the other."""
    for name, text, findings in rows:
        lines = [
            f"-- {name}",
            *(f"   {line}" for line in str(text).splitlines()),
            *(f"   * {each}" for each in findings),
        ]
        sys.stdout.write("\n".join(lines) + "\n")


def print_error(error: JumeauError) -> None:
    """An error for a person: what was seen, where, with the line itself, and what to try."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[{error.code}] {error.seen}", markup=False, style="red")
    if error.where:
        console.print(f"  where: {error.where}", markup=False)
    for line in str(error.details.get("excerpt") or "").splitlines():
        console.print(f"         {line}", markup=False)
    if error.hint:
        console.print(f"  try:   {error.hint}", markup=False)
    if error.details.get("corrected"):
        console.print(f"  fixed: {str(error.details['corrected']).strip()}", markup=False)

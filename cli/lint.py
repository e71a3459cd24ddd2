"""`jumeau lint`: what is wrong with `.cypher` files, where, and the correction where there is exactly one."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, say
from cli.statements import is_blank, split_statements
from core.errors import UsageError
from core.settings import load_settings
from graph.cypher.diagnostics import CypherError
from graph.cypher.guard import QueryLimits
from graph.cypher.prepare import prepare
from graph.queries.catalogue import CatalogueError, read_query
from graph.schema.load import load_schema
from graph.schema.model import Schema

WRONG: Final = 1
_CORRECTIONS: Final = 50
_HEAD: Final = re.compile(r"\A(?:[ \t]*(?://[^\n]*)?\r?\n)*")
_CATALOGUE: Final = re.compile(r"^//\s*title\.(?:en|fr)\s*:", re.MULTILINE)
_NOTE: Final = re.compile(r" at line (\d+), column (\d+)")


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding about a place of a file. `severity` is error or warning; `corrected` is the whole file, if it is known."""

    file: str
    line: int
    column: int
    severity: str
    code: str
    message: str
    excerpt: str = ""
    hint: str | None = None
    expected: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    corrected: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON-ready data, without the text of the file."""
        content = asdict(self)
        content["fixable"] = content.pop("corrected") is not None
        return content


def lint(
    files: Annotated[list[Path], typer.Argument(help="Files of Cypher: of the catalogue, or plain statements.")],
    fix: Annotated[bool, typer.Option("--fix", help="Write the correction where there is exactly one.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Check files of Cypher against the schema; exit code 1 where there is an error.

    Examples:

      jumeau lint graph/queries/*.cypher

      jumeau lint --fix questions.cypher

      jumeau lint --output json questions.cypher
    """
    settings = load_settings()
    schema, limits = load_schema(settings.pack), QueryLimits(default_hops=settings.default_hops)
    findings: list[Finding] = []
    fixed = 0
    for path in files:
        text = _text(path)
        found = findings_of(path, text, schema, limits)
        if fix:
            text, found, number = correct(path, text, found, schema, limits)
            fixed += number
        findings += found
    errors = sum(finding.severity == "error" for finding in findings)
    if output is Output.JSON:
        print_json(
            {
                "files": len(files),
                "errors": errors,
                "warnings": len(findings) - errors,
                "fixed": fixed,
                "diagnostics": [finding.to_dict() for finding in findings],
            }
        )
    elif output is Output.CSV:
        rows = [(f.file, f.line, f.column, f.severity, f.code, f.message, f.hint) for f in findings]
        print_rows(("file", "line", "column", "severity", "code", "message", "hint"), rows, output)
    else:
        for finding in findings:
            print("\n".join(_lines(finding)))
    say(f"{len(files)} files, {errors} errors, {len(findings) - errors} warnings" + (f", {fixed} fixed" if fix else ""))
    if errors:
        raise typer.Exit(WRONG)


def findings_of(path: Path, text: str, schema: Schema, limits: QueryLimits) -> list[Finding]:
    """The findings of one file: of its head, if it is one of the catalogue, and the first error of each statement."""
    findings: list[Finding] = []
    start = 0
    if _CATALOGUE.search(text):
        head = _HEAD.match(text)
        start = head.end() if head else 0
        try:
            read_query(path)
        except CatalogueError as error:
            line = int((error.where or "").rpartition(":")[2] or 1)
            findings.append(Finding(str(path), line, 1, "error", error.code, error.seen, hint=error.hint))
    statements, rest = split_statements(text[start:])
    if not is_blank(rest):
        statements.append((len(text[start:]) - len(rest), rest))
    for offset, statement in statements:
        findings += _of_statement(path, text, start + offset, statement, schema, limits)
    return findings


def _of_statement(
    path: Path, text: str, start: int, statement: str, schema: Schema, limits: QueryLimits
) -> list[Finding]:
    before = re.sub(r"[^\n]", " ", text[:start])  # blanks in place of what stands before: positions are the file's
    room = QueryLimits(limits.default_hops, maximum_bytes=limits.maximum_bytes + len(before.encode()))
    try:
        bound = prepare(before + statement, schema, room)
    except CypherError as error:
        found = error.diagnostic
        corrected = (
            None if found.corrected is None else text[:start] + found.corrected[start:] + text[start + len(statement) :]
        )
        return [
            Finding(
                str(path), found.line or 1, found.column or 1, "error", found.code, found.message, found.excerpt,
                error.hint, found.expected, found.suggestions, corrected,
            )
        ]  # fmt: skip
    return [_warning(path, note) for note in bound.notes]


def _warning(path: Path, note: str) -> Finding:
    place = _NOTE.search(note)
    line, column = (int(place[1]), int(place[2])) if place else (1, 1)
    return Finding(str(path), line, column, "warning", "NOTE", _NOTE.sub("", note))


def correct(
    path: Path, text: str, found: list[Finding], schema: Schema, limits: QueryLimits
) -> tuple[str, list[Finding], int]:
    """Write what has exactly one correction, again and again until nothing has; the text, what remains, how many."""
    number = 0
    while number < _CORRECTIONS:
        corrected = next((finding.corrected for finding in found if finding.corrected is not None), None)
        if corrected is None or corrected == text:
            break
        text = corrected
        number += 1
        found = findings_of(path, text, schema, limits)
    if number:
        path.write_text(text, encoding="utf-8", newline="")
    return text, found, number


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the file cannot be read: {error}", where=str(path), hint="give a UTF-8 text file") from error


def _lines(finding: Finding) -> list[str]:
    lines = [f"{finding.file}:{finding.line}:{finding.column}: {finding.severity} [{finding.code}] {finding.message}"]
    lines += [f"    {line}" for line in finding.excerpt.splitlines()]
    if finding.hint:
        lines.append(f"    try: {finding.hint}")
    if finding.corrected is not None:
        lines.append("    --fix corrects this")
    return lines

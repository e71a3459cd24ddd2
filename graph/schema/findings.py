"""What a check of a schema pack found: one value per flaw, with its place and what to try."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.errors import SchemaError
from graph.schema.model import SourceSpan


class Severity(StrEnum):
    """An error makes a pack unusable; a warning says what will hurt later."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One flaw: 1-based line and, where the YAML itself is broken, column; `code` is stable."""

    file: str
    line: int
    code: str
    seen: str
    hint: str
    severity: Severity = Severity.ERROR
    column: int | None = None

    @property
    def where(self) -> str:
        place = f"{self.file}:{self.line}"
        return place if self.column is None else f"{place}:{self.column}"

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON-ready data."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "severity": self.severity.value,
            "seen": self.seen,
            "hint": self.hint,
        }


@dataclass(slots=True)
class Report:
    """Collects findings while a pack is read and checked."""

    findings: list[Finding] = field(default_factory=list)

    def error(self, span: SourceSpan, code: str, seen: str, hint: str, *, column: int | None = None) -> None:
        """Note a flaw that makes the pack unusable."""
        self.findings.append(Finding(span.file, span.line, code, seen, hint, column=column))

    def warn(self, span: SourceSpan, code: str, seen: str, hint: str) -> None:
        """Note a flaw that one can live with."""
        self.findings.append(Finding(span.file, span.line, code, seen, hint, Severity.WARNING))

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]

    def raise_errors(self) -> None:
        """Raise SchemaError with the first error; all findings are in its details."""
        errors = self.errors
        if not errors:
            return
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise SchemaError(
            f"{first.code}: {first.seen}{more}",
            where=first.where,
            hint=first.hint,
            details={"findings": [finding.to_dict() for finding in self.findings]},
        )

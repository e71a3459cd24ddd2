"""What is wrong with an intermediate query, in parts that a producer can repair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from core.errors import QueryError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `sort`: form, name, kind, relation, direction, attribute, type, shape. `where`: the path in the question.
    `seen`: what is wrong. `choices`: what would be right, the likeliest first.
    """

    sort: str
    where: str
    seen: str
    choices: tuple[str, ...] = ()


class IntermediateQueryError(QueryError):
    """An intermediate query that says nothing, or something that the schema does not know."""

    code = "INTERMEDIATE_QUERY"

    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, findings: tuple[Finding, ...]) -> Self:
        """One error for all findings; it speaks of the first."""
        first = findings[0]
        error = cls(
            first.seen,
            where=first.where,
            hint="use " + ", ".join(first.choices[:5]) if first.choices else "see agent/query/intermediate.schema.json",
            details={
                "findings": [
                    {"sort": found.sort, "where": found.where, "seen": found.seen, "choices": list(found.choices)}
                    for found in findings
                ]
            },
        )
        error.findings = findings
        return error

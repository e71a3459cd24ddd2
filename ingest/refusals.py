"""Why a row is refused, in words: one function per reason, each with a stable code and a hint."""

from __future__ import annotations

from collections.abc import Sequence

from graph.schema.model import Schema
from graph.schema.records import Problem
from ingest.assertion import EdgeAssertion, NodeAssertion, Rejection
from ingest.identity import KEY_CHARACTERS
from ingest.matching import Verdict
from ingest.reconcile import Claim

UNDECIDED = "AMBIGUOUS_MATCH"


def refusal(assertion: NodeAssertion | EdgeAssertion, problems: Sequence[Problem]) -> Rejection:
    """Values that the schema does not take; all problems of the row, with the first one's code."""
    first = problems[0]
    reason = "; ".join(f"`{p.attribute}`: {p.seen}" if p.attribute else p.seen for p in problems[:10])
    return Rejection(assertion.place, first.code, reason, first.hint, assertion.row)


def is_key(key: str | None) -> bool:
    """Whether a text can serve as a key (no key at all is fine: natural keys then identify)."""
    return key is None or (0 < len(key) <= KEY_CHARACTERS and "\0" not in key)


def bad_key(assertion: NodeAssertion) -> Rejection:
    """A key that is missing, too long or not text."""
    if not assertion.key:
        return Rejection(assertion.place, "MISSING_KEY", "the row has no key", "give every row its key", assertion.row)
    reason = f"the key has {len(assertion.key)} characters, or a NUL among them"
    return Rejection(assertion.place, "BAD_KEY", reason, f"keys have up to {KEY_CHARACTERS} characters", assertion.row)


def keyless(assertion: NodeAssertion, schema: Schema) -> Rejection:
    """A node that nothing identifies."""
    names = " or ".join("+".join(key) for key in schema.kinds[assertion.kind].identity)
    reason = f"the {assertion.kind} has no value for {names or 'any key'}"
    return Rejection(assertion.place, "MISSING_KEY", reason, "give it the value that identifies it", assertion.row)


def ambiguous(assertion: NodeAssertion, elements: list[str]) -> Rejection:
    """Keys that belong to different elements: never guessed which is meant."""
    reason = f"its keys belong to {len(elements)} different elements: {', '.join(elements)}"
    hint = "the name or number is that of another element: correct the source, or make the two one (`jumeau merge`)"
    return Rejection(assertion.place, "AMBIGUOUS_IDENTITY", reason, hint, assertion.row)


def undecided(assertion: NodeAssertion, key: str, verdict: Verdict) -> Rejection:
    """An element that another source may know under its own key: a person decides which it is."""
    shown = ", ".join(verdict.candidates[:5])
    reason = f"which element the {assertion.kind} is cannot be told: {verdict.reason} ({shown})"
    hint = "`jumeau review decide` says which one it is; where the elements are one, `jumeau merge` makes them so"
    return Rejection(assertion.place, UNDECIDED, reason, hint, assertion.row, assertion.kind, key, verdict.candidates)


def duplicate(assertion: NodeAssertion | EdgeAssertion, key: str) -> Rejection:
    """A second row with the same key and other values."""
    shown = key.replace("\x1f", " ")
    reason = f"{shown} was told before in this export, with other values; the first row counts"
    return Rejection(assertion.place, "DUPLICATE_KEY", reason, "keep one row per key", assertion.row)


def incomplete(assertion: NodeAssertion, missing: list[str]) -> Rejection:
    """Required values that the row does not have."""
    reason = f"a {assertion.kind} without {', '.join(missing)}"
    return Rejection(assertion.place, "MISSING_REQUIRED", reason, f"give `{missing[0]}` a value", assertion.row)


def dangling(edge: EdgeAssertion, missing: object) -> Rejection:
    """A relation to a node that does not exist."""
    reason = f"{edge.type} refers to {missing}, which is neither in this export nor in the twin"
    hint = "add the row it refers to, correct the key, or load the source that holds it first"
    return Rejection(edge.place, "DANGLING_REFERENCE", reason, hint, edge.row)


def cyclic(edge: EdgeAssertion, claim: Claim, cycle: Sequence[str]) -> Rejection:
    """A containment that closes a cycle; `cycle` are its nodes by name."""
    reason = f"the relation closes a cycle: {' -> '.join(cycle)}"
    hint = f"{claim.kind} is containment: take one of these relations out of the source"
    return Rejection(edge.place, "CYCLIC_CONTAINMENT", reason, hint, edge.row)


def too_many(edge: EdgeAssertion, excess: str) -> Rejection:
    """A relation beyond what its cardinality allows."""
    reason = f"{excess}; {edge.start} -> {edge.end} is one too many"
    return Rejection(edge.place, "TOO_MANY_RELATIONS", reason, "keep the relation that is true", edge.row)

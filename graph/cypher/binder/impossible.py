"""Why a relationship can never match, and what would: the arrow turned round, or another relation type."""

from __future__ import annotations

from graph.cypher.ast import Direction, LabelName, RelationshipPattern
from graph.cypher.binder.narrowing import Arc, fitting_relations, reversed_fits
from graph.cypher.diagnostics import CypherError, ImpossiblePatternError, replace_span, report
from graph.cypher.quoting import quote_name
from graph.cypher.vocabulary import Vocabulary

_SHOWN = 8


def impossible(
    arc: Arc, masks: dict[str, int], vocabulary: Vocabulary, text: str, left: str, right: str
) -> CypherError:
    """The error for an arc that no graph of the schema can match; `left` and `right` are its ends in words."""
    pattern = arc.pattern
    if pattern.direction is Direction.IN:
        left, right = right, left
    undirected = pattern.direction is Direction.BOTH
    between, joins = ("between", "and") if undirected else ("from", "to")
    written = pattern.labels
    what = " or ".join(arc.relations) if written is not None and len(arc.relations) <= 6 else "relation"
    chain = "" if pattern.hops is None else " chain of"
    suggestions: list[str] = []
    corrected = None
    if reversed_fits(arc, masks, vocabulary):
        turned = _turned(pattern, text)
        if turned is not None:
            suggestions, corrected = [turned], replace_span(text, pattern.span, turned)
    elif isinstance(written, LabelName):
        suggestions = [quote_name(name) for name in fitting_relations(arc, masks, vocabulary)][:5]
        corrected = replace_span(text, written.span, suggestions[0]) if len(suggestions) == 1 else None
    hint = None
    if written is not None and len(arc.relations) <= 3:
        hint = "; ".join(_declared(relation, vocabulary) for relation in arc.relations)
    return report(
        ImpossiblePatternError,
        f"no{chain} {what} goes {between} {left} {joins} {right}",
        text=text,
        span=pattern.span,
        suggestions=suggestions,
        hint=hint,
        corrected=corrected,
    )


def _declared(relation: str, vocabulary: Vocabulary) -> str:
    ends = [f"{start} -> {end}" for start, end in vocabulary.possible(relation)]
    return f"{relation} goes {', '.join(ends[:_SHOWN])}{', ...' if len(ends) > _SHOWN else ''}"


def _turned(pattern: RelationshipPattern, text: str) -> str | None:
    """The arrow turned round, as it would be written."""
    written = text[pattern.span.start : pattern.span.end]
    if pattern.direction is Direction.OUT and written.endswith(">"):
        return "<" + written[:-1]
    if pattern.direction is Direction.IN and written.startswith("<"):
        return written[1:] + ">"
    return None

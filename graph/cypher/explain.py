"""EXPLAIN: what each stage of the front end made of a query, as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from graph.cypher.ast import NodePattern, RelationshipPattern
from graph.cypher.binder import bind
from graph.cypher.bound import BoundQuery
from graph.cypher.cost import Estimate, estimate
from graph.cypher.diagnostics import locate
from graph.cypher.guard import DEFAULT_LIMITS, QueryLimits, check_bounds, check_extent, check_read_only, check_size
from graph.cypher.joins import Visit, rounded
from graph.cypher.parser import parse
from graph.cypher.passes import PASSES
from graph.cypher.passes.context import PassContext
from graph.cypher.printer import print_tree
from graph.cypher.rewrite import descend
from graph.cypher.statistics import Statistics
from graph.cypher.types import describe
from graph.cypher.vocabulary import vocabulary_of
from graph.schema.model import Schema


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: its name, the query after it as canonical text, and what else it found out."""

    name: str
    text: str
    findings: tuple[str, ...] = ()


_EXPLAIN: Final = re.compile(  # possessive: a long run of blanks is read once
    r"(?:\s|//[^\n]*+|/\*(?s:.*?)\*/)*+(?P<word>EXPLAIN)(?=\s|/[/*])", re.IGNORECASE
)
"""A leading EXPLAIN, after blanks and comments."""


def explained(text: str) -> str | None:
    """The query that `EXPLAIN query` asks about, its positions unchanged; None for any other text."""
    found = _EXPLAIN.match(text)
    if found is None:
        return None
    start, end = found.span("word")
    return text[:start] + " " * (end - start) + text[end:]


def explain(
    text: str,
    schema: Schema | None,
    limits: QueryLimits = DEFAULT_LIMITS,
    *,
    restricted: bool = False,
    kinds: frozenset[str] | None = None,
    statistics: Statistics | None = None,
    cost_limit: float | None = None,
) -> tuple[Stage, ...]:
    """The stages of a query, in order; a pass that changes nothing is left out. Raises what `prepare` raises.

    With the statistics of a store, the guard's stage has the estimate of every part; a query beyond the limit is
    explained nevertheless.
    """
    check_size(text, limits)
    query = parse(text)
    check_read_only(query, text)
    check_extent(query, text, limits)
    stages = [Stage("parse", print_tree(query))]
    bound = bind(query, schema, text)
    stages.append(Stage("bind", print_tree(bound.query), _findings(bound, schema)))
    context = PassContext(limits, None if schema is None else vocabulary_of(schema), restricted, kinds=kinds)
    for name, rewrite in PASSES:
        rewritten = rewrite(bound, context)
        if rewritten is not bound:
            marked = _closures(rewritten) if name == "ends_only" else ()
            if rewritten.query != bound.query:
                stages.append(Stage(name, print_tree(rewritten.query), (*rewritten.notes[len(bound.notes) :], *marked)))
        bound = rewritten
    check_bounds(bound, limits)
    if statistics is not None:
        stages.append(Stage("guard", "", _estimates(bound, estimate(bound, statistics), cost_limit)))
    return tuple(stages)


def _estimates(bound: BoundQuery, found: Estimate, limit: float | None) -> tuple[str, ...]:
    lines = [_estimated(bound.text, visit) for visit in found.visits]
    total = f"about {rounded(found.cost)} rows and relations in all, {rounded(found.rows)} rows in the answer"
    if limit is not None:
        total += f"; {'more than' if found.cost > limit else 'within'} the limit of {rounded(limit)}"
    return (*lines, total)


def _estimated(text: str, visit: Visit) -> str:
    line, column, _ = locate(text, visit.span)
    return f"line {line}, column {column}: {visit.what}; cost {rounded(visit.cost)}, then {rounded(visit.rows)} rows"


def _findings(bound: BoundQuery, schema: Schema | None) -> tuple[str, ...]:
    lines = [f"column {name}: {describe(of)}" for name, of in zip(bound.columns, bound.column_types, strict=True)]
    lines += [f"parameter ${name}: {describe(of)}" for name, of in bound.parameters.items()]
    if schema is not None:
        vocabulary = vocabulary_of(schema)
        for tree in descend(bound.query):
            if isinstance(tree, NodePattern) and tree.kinds is not None:
                labels = vocabulary.least_labels(tree.kinds) or ("any kind",)
                lines.append(f"node {tree.variable}: {' | '.join(labels)}")
            elif isinstance(tree, RelationshipPattern) and tree.types is not None:
                every = len(tree.types) == len(vocabulary.every_relation)
                lines.append(f"relation {tree.variable}: {'any type' if every else ' | '.join(tree.types)}")
    return tuple(dict.fromkeys(lines))


def _closures(bound: BoundQuery) -> tuple[str, ...]:
    return tuple(
        f"relation {tree.variable}: only its set of ends matters"
        for tree in descend(bound.query)
        if isinstance(tree, RelationshipPattern) and tree.ends_only
    )

"""Narrowing against brute force: on a path, a kind stays exactly when some assignment of kinds satisfies every triple."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.cypher import ast
from graph.cypher.ast import Direction
from graph.cypher.binder import bind
from graph.cypher.diagnostics import ImpossiblePatternError
from graph.cypher.rewrite import descend
from graph.cypher.vocabulary import Vocabulary, fold, suggest, vocabulary_of
from tests.graph.cypher.small_schema import SCHEMA

_LABELS = st.one_of(st.none(), st.sampled_from(list(SCHEMA.kinds)))
_TYPES = st.one_of(st.none(), st.lists(st.sampled_from(list(SCHEMA.relations)), min_size=1, max_size=2, unique=True))


def _fits(left: str, right: str, types: list[str] | None, direction: Direction) -> bool:
    pairs = {pair for relation in types or SCHEMA.relations for pair in SCHEMA.pairs[relation]}
    out, into = (left, right) in pairs, (right, left) in pairs
    return out if direction is Direction.OUT else into if direction is Direction.IN else out or into


@settings(max_examples=150, deadline=None)
@given(
    st.lists(_LABELS, min_size=3, max_size=3),
    st.lists(st.tuples(_TYPES, st.sampled_from(Direction)), min_size=2, max_size=2),
)
def test_exactly_the_possible_kinds_stay(
    labels: list[str | None], arrows: list[tuple[list[str] | None, Direction]]
) -> None:
    candidates = [SCHEMA.concrete if label is None else SCHEMA.descendants[label] for label in labels]
    possible = [
        kinds
        for kinds in product(*candidates)
        if all(_fits(kinds[at], kinds[at + 1], types, direction) for at, (types, direction) in enumerate(arrows))
    ]
    nodes = [
        ast.NodePattern(f"n{at}", None if label is None else ast.LabelName(label)) for at, label in enumerate(labels)
    ]
    steps = [
        (
            ast.RelationshipPattern(
                None, ast.LabelOr(tuple(ast.LabelName(name) for name in types)) if types else None, direction
            ),
            node,
        )
        for (types, direction), node in zip(arrows, nodes[1:], strict=True)
    ]
    projection = ast.Projection((ast.ProjectionItem(ast.Variable("n0"), "it"),))
    match = ast.Match((ast.PathPattern(nodes[0], tuple(steps)),))
    query = ast.Query((ast.SinglePart((match, ast.Return(projection))),))
    if not possible:
        with pytest.raises(ImpossiblePatternError):
            bind(query, SCHEMA)
        return
    bound = bind(query, SCHEMA)
    found = {tree.variable: tree.kinds for tree in descend(bound.query) if isinstance(tree, ast.NodePattern)}
    assert [found[f"n{at}"] for at in range(3)] == [frozenset(kinds[at] for kinds in possible) for at in range(3)]


@given(st.sets(st.sampled_from(SCHEMA.concrete), min_size=1))
def test_the_least_labels_cover_exactly_the_kinds(kinds: set[str]) -> None:
    labels = vocabulary_of(SCHEMA).least_labels(frozenset(kinds))
    assert {kind for label in labels for kind in SCHEMA.descendants[label]} == kinds


def test_the_least_labels_prefer_a_generic_to_its_kinds_and_a_kind_to_its_only_generic() -> None:
    vocabulary = vocabulary_of(SCHEMA)
    assert vocabulary.least_labels(SCHEMA_SERVERS) == ("Server",)
    assert vocabulary.least_labels(frozenset({"Team"})) == ("Team",)
    assert set(vocabulary.least_labels(SCHEMA_SERVERS | {"Team"})) == {"Server", "Team"}


SCHEMA_SERVERS = frozenset(SCHEMA.descendants["Server"])


def test_a_vocabulary_is_made_once_per_schema() -> None:
    assert vocabulary_of(SCHEMA) is vocabulary_of(SCHEMA)
    assert isinstance(vocabulary_of(SCHEMA), Vocabulary)


@pytest.mark.parametrize(
    ("one", "other"), [("Éléments", "elements"), ("RUNS_ON", "runsOn"), ("base de données", "BaseDeDonnees")]
)
def test_folding_forgets_case_accents_and_separators(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_short_names_are_not_likened_to_each_other() -> None:
    assert suggest("n", ["m", "ab"]) == []
    assert suggest("nmae", ["name", "number"]) == ["name"]

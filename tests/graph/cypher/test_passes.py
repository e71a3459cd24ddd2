"""Each pass, before and after: one fixture file per pass, cases separated by blank lines.

A case is a comment, the query, `// =>`, the bound query after this one pass, and what the pass reports.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.cypher.ast import RelationshipPattern
from graph.cypher.binder import bind
from graph.cypher.guard import DEFAULT_LIMITS
from graph.cypher.parser import parse
from graph.cypher.passes import PASSES
from graph.cypher.passes.context import PassContext, People
from graph.cypher.prepare import prepare
from graph.cypher.printer import print_tree
from graph.cypher.rewrite import descend
from graph.cypher.vocabulary import vocabulary_of
from tests.graph.cypher.small_schema import SCHEMA

FIXTURES = Path(__file__).parent / "fixtures" / "passes"
CONTEXT = PassContext(DEFAULT_LIMITS, vocabulary_of(SCHEMA))
READ = frozenset(SCHEMA.concrete) - {"Team"}
"""What may be read where a case is one of kinds."""
PEOPLE = People(frozenset({"Team"}), frozenset({("Team", "on_call")}), 5)


@dataclass(frozen=True, slots=True)
class Case:
    rewrite: str
    title: str
    before: str
    after: str


def _read(path: Path) -> list[Case]:
    cases = []
    for block in path.read_text(encoding="utf-8").strip().split("\n\n"):
        title, _, rest = block.partition("\n")
        before, _, after = rest.partition("\n// =>\n")
        cases.append(Case(path.stem, title.removeprefix("// "), before, after))
    return cases


CASES = [case for path in sorted(FIXTURES.glob("*.cypher")) for case in _read(path)]


def _after(case: Case) -> str:
    bound = bind(parse(case.before), SCHEMA, case.before)
    people = PEOPLE if case.rewrite == "small_groups" else None
    by_kinds = case.title.startswith("kinds: ")
    restricted = case.rewrite == "perimeter" and not by_kinds
    context = replace(CONTEXT, restricted=restricted, people=people, kinds=READ if by_kinds else None)
    rewritten = dict(PASSES)[case.rewrite](bound, context)
    lines = [print_tree(rewritten.query), *(f"// note: {note}" for note in rewritten.notes)]
    marked = [
        tree.variable or ""
        for tree in descend(rewritten.query)
        if isinstance(tree, RelationshipPattern) and tree.ends_only
    ]
    if marked:
        lines.append(f"// ends only: {' '.join(marked)}")
    return "\n".join(lines)


def test_every_pass_has_its_fixtures() -> None:
    assert {case.rewrite for case in CASES} == {name for name, _ in PASSES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rewrite}: {case.title}")
def test_a_pass_rewrites_as_written_down(case: Case) -> None:
    assert _after(case) == case.after


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rewrite}: {case.title}")
def test_passes_applied_again_change_nothing(case: Case) -> None:
    once = prepare(case.before, SCHEMA)
    again = once
    for _, rewrite in PASSES:
        again = rewrite(again, CONTEXT)
    assert again.query == once.query
    assert again.notes == once.notes


def test_names_that_a_pass_adds_are_typed() -> None:
    bound = prepare("MATCH (n:Server) RETURN n.last_restart AS at, sum(n.cpu_cores) + 1 AS cores", SCHEMA)
    added = {name: of.name.value for name, of in bound.variables.items() if name.startswith("__")}
    assert added == {"__k1": "INSTANT", "__a2": "INTEGER"}


# --- why ends_only may be set ------------------------------------------------------------------------------------------

_EDGES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=9)


def _ends_of_trails(edges: list[tuple[int, int]], start: int, low: int, high: int, *, both: bool) -> set[int]:
    found: set[int] = set()
    pending: list[tuple[int, frozenset[int]]] = [(start, frozenset())]
    while pending:
        at, walked = pending.pop()
        if len(walked) >= low:
            found.add(at)
        if len(walked) < high:
            for number, (left, right) in enumerate(edges):
                if number not in walked:
                    nexts = [right] * (left == at) + [left] * (both and right == at)
                    pending.extend((node, walked | {number}) for node in nexts)
    return found


def _ends_of_walks(edges: list[tuple[int, int]], start: int, low: int, high: int, *, both: bool) -> set[int]:
    level, found = {start}, {start} if low == 0 else set()
    for _ in range(high):
        level = {right for left, right in edges if left in level} | {
            left for left, right in edges if both and right in level
        }
        found |= level
    return found


@given(_EDGES, st.integers(0, 1), st.integers(1, 5), st.booleans())
def test_the_ends_of_trails_are_the_ends_of_walks_where_the_pass_says_so(
    edges: list[tuple[int, int]], low: int, high: int, both: bool
) -> None:
    if both:
        low = 0  # undirected walks of at least one are left alone by the pass
    assert _ends_of_trails(edges, 0, low, high, both=both) == _ends_of_walks(edges, 0, low, high, both=both)


def test_the_cases_that_the_pass_leaves_alone_do_differ() -> None:
    there_and_back = [(0, 1)]
    assert _ends_of_trails(there_and_back, 0, 1, 2, both=True) != _ends_of_walks(there_and_back, 0, 1, 2, both=True)
    loop = [(0, 0)]
    assert _ends_of_trails(loop, 0, 2, 3, both=False) == set()

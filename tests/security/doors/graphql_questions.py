"""Questions in GraphQL, made from its schema: each root field, about the present and other moments, and each change of what is hidden."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from random import Random
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
    is_required_argument,
)

from tests.api.estate import Estate
from tests.security.doors.asking import LAST, MID, MINE, OTHERS, VOLATILE, Question, graphql
from tests.security.doors.other_questions import CYPHER, SIMULATED, in_words

DEPTH: Final = 3
WIDE: Final = 6
"""Composite fields that are selected of one type."""
MOMENTS: Final = ({"asOf": LAST}, {"asOf": MID}, {"branch": MINE}, {"branch": OTHERS})
NESTED_WALKS: Final = """{ configurationItems(first: 500%s) { nodes { id dependsOn(depth: 5) { count nodes { id name } }
  impactedBy { count hidden nodes { id name impactedBy(depth: 2) { count } } } pathTo(to: "%s") { length } } } }"""
EVERY_MOMENT: Final = frozenset({"elements", "servers", "simulatedSummaries", "freshness"})
"""Root fields that are asked about every moment; others about the present and one more."""


def root_fields(schema: GraphQLSchema, estate: Estate, draw: Random, kinds: int | None) -> Iterator[Question]:
    """Each root field of the schema, with the ids of elements where it takes ids; `kinds` of those that are of one kind."""
    assert schema.query_type is not None
    names = list(schema.query_type.fields)
    lists = [n for n in names if "Connection" in str(schema.query_type.fields[n].type) or n.endswith("Aggregate")]
    others = [n for n in names if n not in lists]
    asked = lists if kinds is None else [*_held(lists, estate), *draw.sample(lists, kinds)]
    for name in [*others, *dict.fromkeys(asked)]:
        of = schema.query_type.fields[name]
        for arguments, named in _arguments(name, of, estate, draw):
            text = f"{{ {name}{arguments} {_selection(of.type, DEPTH)} }}"
            yield graphql(text, f"graphql {name}", named)
    for moment in ({}, *MOMENTS):
        end = draw.choice(estate.things).id
        shown = "".join(f", {key}: {json.dumps(value)}" for key, value in moment.items())
        yield graphql(NESTED_WALKS % (shown, end), "graphql configurationItems", frozenset({end}))


def _held(lists: Sequence[str], estate: Estate) -> list[str]:
    wanted = {f"{thing.kind[0].lower()}{thing.kind[1:]}" for thing in estate.things}
    return [n for n in lists if any(n.startswith(kind) for kind in wanted)] + ["elements", "servers", "people"]


def refused_changes(schema: GraphQLSchema, hidden: Collection[str], seen: str) -> Iterator[Question]:
    """Each change that takes ids, of elements that are not there for the asker: main, and the asker's own branch."""
    assert schema.mutation_type is not None
    one, other = sorted(hidden)[:2]
    for name in schema.mutation_type.fields:
        if name.startswith("update") and name.removeprefix("update") in ("VirtualMachine", "Team", "SimulationRun"):
            yield _change(f'{name}(id: "{one}", data: {{name: "taken"}}, reason: "r")', name)
            yield _change(f'{name}(id: "{one}", data: {{name: "taken"}}, branch: "{MINE}")', name)
    for told in (
        f'delete(ids: ["{one}"], reason: "r")',
        f'delete(ids: ["{one}"], branch: "{MINE}")',
        f'delete(ids: ["{one}"], branch: "{OTHERS}")',
        f'relate(type: "OWNED_BY", start: "{seen}", end: "{other}", reason: "r")',
        f'relate(type: "OWNED_BY", start: "{one}", end: "{seen}", branch: "{MINE}")',
        f'unrelate(type: "OWNED_BY", start: "{one}", end: "{other}", reason: "r")',
        f'change(reason: "r", delete: ["{other}"])',
        f'dropBranch(name: "{OTHERS}")',
        f'applyBranch(name: "{OTHERS}")',
        f'propose(branch: "{OTHERS}", reason: "r")',
    ):
        yield _change(told, told.partition("(")[0])


def _change(told: str, name: str) -> Question:
    return graphql(f"mutation {{ {told} {{ __typename }} }}", f"graphql {name}")


def _arguments(name: str, of: GraphQLField, estate: Estate, draw: Random) -> Iterator[tuple[str, frozenset[str]]]:
    """What a field is asked with: nothing beyond what it needs; and other moments where it takes one."""
    needed = [argument for argument, given in of.args.items() if is_required_argument(given)]
    for _ in range(3 if needed else 1):
        values: dict[str, Any] = {}
        for argument in needed:
            values[argument] = _value(name, argument, estate, draw)
        named = frozenset(str(value) for value in values.values())
        moments = MOMENTS if name in EVERY_MOMENT else draw.sample(MOMENTS, 1)
        for moment in ({}, *moments) if "asOf" in of.args else ({},):
            shown = ", ".join(f"{key}: {json.dumps(value)}" for key, value in {**values, **moment}.items())
            yield (f"({shown})" if shown else ""), named


def _value(name: str, argument: str, estate: Estate, draw: Random) -> str:
    if argument == "query":
        return draw.choice((*CYPHER, *SIMULATED))
    if argument == "question":
        return draw.choice(in_words(estate, draw))
    if name == "simulationRun":
        return draw.choice(estate.of("SimulationRun")).id
    if argument == "text":
        return draw.choice(("srv", "team", "north", "south", "p00"))
    if argument == "name":
        return "servers_not_restarted"
    if name == "difference":
        return "#1"
    return draw.choice(estate.things).id


def _selection(of: Any, depth: int) -> str:
    """All that a type has, so deep; of what it relates to, some."""
    named = get_named_type(of)
    if is_leaf_type(named) or isinstance(named, GraphQLScalarType | GraphQLEnumType):
        return ""
    assert isinstance(named, GraphQLObjectType | GraphQLInterfaceType), named
    chosen, wide = ["__typename"], 0
    for name, of_field in named.fields.items():
        if name in VOLATILE or any(
            is_non_null_type(a.type) and is_required_argument(a) for a in of_field.args.values()
        ):
            continue
        if is_leaf_type(get_named_type(of_field.type)):
            chosen.append(name)
        elif depth > 1 and wide < WIDE and name not in ("edges", "pageInfo"):
            wide += 1
            chosen.append(f"{name} {_selection(of_field.type, depth - 1)}")
    return "{ " + " ".join(chosen) + " }"

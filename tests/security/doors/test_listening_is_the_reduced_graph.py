"""Whoever is limited hears over a websocket what somebody unlimited would hear of the graph that is left for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.api.websocket_client import Talk, talking
from tests.security.doors.asking import OTHERS, Asker, settled
from tests.security.doors.conftest import SENTINEL, Doors
from tests.security.doors.estate import PART

CHANGES: Final = (
    "subscription ($kinds: [String!]) { changes(since: 0, kinds: $kinds) "
    "{ sequence operation element kind name start end source changes { attribute before after } } }"
)
CLOCK: Final = (
    "subscription ($run: String!) { simulationClock(run: $run) { run at beginsAt endsAt speed down isOver } }"
)
EVENTS: Final = "subscription ($run: String!) { simulationEvents(run: $run) { at item kind name state cause } }"
STEPS: Final = (
    "subscription ($q: String!, $b: String) { askSteps(question: $q, branch: $b) { number step answer "
    "{ outcome answer rows evidence choices { label question } notes missing } } }"
)
PROGRESS: Final = "subscription ($run: String!) { runProgress(run: $run) { state } }"
ASKED: Final = frozenset(
    {"changes", "alerts", "simulationClock", "simulationEvents", "simulationProgress", "askSteps", "runProgress"}
)
SIMULATED: Final = (*PART, "SimulationRun", "Scenario")
RELATIONS: Final = ("OWNED_BY", "IN_PERIMETER", "MEMBER_OF_TEAM", "IN_RUN", "STATE_OF", "OF_SCENARIO")


def heard(talk: Talk, text: str, variables: Mapping[str, Any]) -> Iterator[Any]:
    """What a subscription tells, until it is over or refused; a refusal is told as its code."""
    talk.subscribe(text, variables)
    while (message := talk.receive())["type"] != "complete":
        if message["type"] == "error" or "errors" in message["payload"]:
            errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
            yield [error["extensions"]["code"] for error in errors]
            return
        (told,) = message["payload"]["data"].values()
        yield told


def both(doors: Doors, text: str, **variables: Any) -> tuple[list[Any], list[Any]]:
    """All that each of the two is told by a subscription that ends."""
    told = []
    for server, asker in zip(doors.servers, (doors.limited, doors.reduced), strict=True):
        with talking(server) as talk:
            assert talk.init(dict(asker.headers))
            told.append([settled(one) for one in heard(talk, text, asker.filled(variables))])
    return told[0], told[1]


def changes(doors: Doors, kinds: list[str]) -> tuple[list[Any], list[Any]]:
    """All changes of some kinds that each of the two hears, up to the last thing that was written."""
    found = []
    for server, asker in zip(doors.servers, (doors.limited, doors.reduced), strict=True):
        own: list[Any] = []
        with talking(server) as talk:
            assert talk.init(dict(asker.headers))
            for change in heard(talk, CHANGES, {"kinds": kinds}):
                if change["name"] == SENTINEL:
                    break
                own.append(_with_load(change, asker))
        found.append(own)
    return found[0], found[1]


def _with_load(change: dict[str, Any], asker: Asker) -> dict[str, Any]:
    """A change that says of which load it is, in place of its number in the ledger."""
    sequence = change.pop("sequence")
    return {**change, "load": 1 if sequence <= int(asker.marks["#mid"].removeprefix("#")) else 2}


def test_every_subscription_is_listened_to(doors: Doors) -> None:
    assert doors.schema.subscription_type is not None
    assert doors.schema.subscription_type.fields.keys() == ASKED


def test_changes_are_those_of_what_is_left(doors: Doors) -> None:
    told, expected = changes(doors, ["Element"])
    assert sorted(map(str, told)) == sorted(map(str, expected))
    assert "CVE-new" in {change["name"] for change in told if change["load"] == 2}
    if doors.left.now.of("Team"):
        assert {change["kind"] for change in told} >= {kind for kind in SIMULATED if doors.left.now.of(kind)}
        assert {change["operation"] for change in told} == {"create", "update", "delete"}


def test_relations_are_heard_of_where_both_ends_are_seen(doors: Doors) -> None:
    """Those of an element that comes into sight come with it, without a word of their own: the first load tells every one."""
    told, expected = changes(doors, [*RELATIONS, "Vulnerability"])
    first = [sorted(str(one) for one in heard if one["load"] == 1) for heard in (told, expected)]
    assert first[0] == first[1]
    seen = {thing.id for thing in (*doors.left.then.things, *doors.left.now.things)}
    assert {end for one in told for end in (one["start"], one["end"]) if end} <= seen


def test_the_clock_of_a_run_counts_what_is_seen(doors: Doors) -> None:
    for run in doors.whole.now.of("SimulationRun"):
        told, expected = both(doors, CLOCK, run=run.id)
        assert told == expected
        assert ("down" in told[0]) is (run.id in {thing.id for thing in doors.left.now.things})


def test_what_goes_down_on_it_is_what_is_seen(doors: Doors) -> None:
    down = 0
    for run in doors.whole.now.of("SimulationRun"):
        told, expected = both(doors, EVENTS, run=run.id)
        assert sorted(map(str, told)) == sorted(map(str, expected))
        down += sum("item" in one for one in told)
    assert (down > 0) is bool(doors.left.now.of("SimulatedIncident"))


def test_steps_and_answer_of_a_question_are_those_of_what_is_left(doors: Doors) -> None:
    for question in ("Combien de serveurs ?", "Who owns srv-004?", "Combien d'incidents simulés ?"):
        told, expected = both(doors, STEPS, q=question)
        assert told == expected
        assert told[-1]["answer"] is not None
    told, expected = both(doors, STEPS, q="Combien de serveurs ?", b=OTHERS)
    assert told == expected
    assert told[-1] == ["NOT_FOUND"]


def test_the_progress_of_a_load_is_of_the_whole_estate(doors: Doors) -> None:
    run = doors.twin.ledger.runs(1)[0].id
    with talking(doors.servers[0]) as talk:
        assert talk.init(dict(doors.limited.headers))
        assert list(heard(talk, PROGRESS, {"run": run})) == [["RESTRICTED"]]

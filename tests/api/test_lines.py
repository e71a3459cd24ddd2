"""Production lines over HTTP: played and watched as whoever asks may see them, and the page that does it without code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.headers import policy
from api.line_page import PAGE, form_of_the_reference_line
from graph.schema.load import load_schema
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.branches import BranchService
from services.edits import NodeEdit, RelationEdit
from services.simulation.production_lines import ProductionLines
from simulate.line.bottleneck import find_bottleneck
from simulate.line.file import ReferencePart
from simulate.line.live import Course
from simulate.line.reference_line import MACHINE_A, ReferenceParameters, reference_line
from simulate.line.simulate import simulate_line
from tests.api.browser import CHROMIUM, browsing
from tests.api.conftest import Server, served
from tests.api.estate import opened
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock

KEPT = replace(reference_line(ReferenceParameters(machine_a_capacity=2, operators=3)), name="Kept")


@dataclass(frozen=True, slots=True)
class Lines:
    """A server at which people sign in, one that lets everybody in, and what the people say of themselves."""

    guarded: Server
    open: Server
    reader: dict[str, str]
    operator: dict[str, str]
    elsewhere: dict[str, str]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lines]:
    pack: Schema = load_schema("production_line")
    with ExitStack() as stack:
        home = tmp_path_factory.mktemp("lines")
        twin = stack.enter_context(
            opened("networkx", pack, home, None, {"access": "accounts", "pack": "production_line"})
        )
        kept = ProductionLines(twin.ledger, pack, twin.clock, "ana")
        kept.keep(KEPT, "new")
        stages = kept.get("Kept")[1]
        changes = BranchService(twin.ledger, pack, twin.clock, "ana")
        sensor = {"name": "probe", "last_minutes": 6.25, "readings": 40}
        _, made = changes.change_main("a sensor", nodes=[NodeEdit("Sensor", sensor)])
        changes.change_main("measures", relations=[RelationEdit("MEASURES", made[0], stages[MACHINE_A])])
        twin.catch_up()
        people = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP)

        def bearer(name: str, perimeters: list[str] | None, role: str = "reader") -> dict[str, str]:
            account = people.accounts.create(name, PASSWORD, [role], perimeters, by="test")
            secret, _ = people.tokens.issue(account, timedelta(days=1))
            return {"Authorization": f"Bearer {secret}"}

        guarded = stack.enter_context(served(twin, create_app(twin, follow=False, doorkeeper=people)))
        free = stack.enter_context(served(twin, create_app(twin, follow=False)))
        yield Lines(
            guarded,
            free,
            bearer("reader", None),
            bearer("gateway", None, "operator"),
            bearer("elsewhere", ["Payments"], "operator"),
        )


def events(server: Server, body: dict[str, Any], headers: dict[str, str]) -> list[tuple[str, Any]]:
    """The events of a stream, to its end."""
    found = []
    with server.http.stream("POST", "/api/lines/live", json=body, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream"), answer.read()
        for text in "".join(answer.iter_text()).split("\n\n"):
            if told := re.search(r"^event: (.*)\ndata: (.*)$", text, re.MULTILINE):
                found.append((told[1], json.loads(told[2])))
    return found


def test_a_line_is_played_with_its_intervals_its_bottleneck_and_its_curves(lines: Lines) -> None:
    body = {"reference": {"machine_a_time": 7, "arrival_rate": 5}, "replications": 30, "seed": 4}
    told = lines.guarded.http.post("/api/lines/simulate", json=body, headers=lines.reader).json()
    played = simulate_line(reference_line(ReferenceParameters(machine_a_time=7.0, mean_interarrival=5.0)), 4, 30)
    assert told["metrics"]["throughput"]["mean"] == pytest.approx(played.metrics["throughput"].mean())
    assert told["bottleneck"]["stage"] == find_bottleneck(played).stage == MACHINE_A
    assert sum(told["charts"]["throughput"]["mean"]) * 8.0 / 12.0 == pytest.approx(played.metrics["completed"].mean())
    assert told["charts"]["queues"].keys() == {stage.name for stage in played.line.stages}
    assert told["simulated"] is True


def test_a_kept_line_is_played_as_the_twin_has_it(lines: Lines) -> None:
    body = {"name": "Kept", "replications": 20}
    told = lines.guarded.http.post("/api/lines/simulate", json=body, headers=lines.reader).json()
    assert told["metrics"]["completed"]["mean"] == pytest.approx(
        simulate_line(KEPT, 1, 20).metrics["completed"].mean(), rel=1e-9
    )


def test_whoever_does_not_see_a_line_neither_finds_nor_plays_nor_watches_it(lines: Lines) -> None:
    http = lines.guarded.http
    assert http.get("/api/lines", headers=lines.reader).json()["lines"] == ["Kept"]
    assert http.get("/api/lines", headers=lines.elsewhere).json()["lines"] == []
    for path, more in (("simulate", {}), ("live", {"speed": "1s=1week"})):
        for headers, status, code in ((lines.elsewhere, 422, "SIMULATION_LINE"), ({}, 401, "UNAUTHENTICATED")):
            answer = http.post(f"/api/lines/{path}", json={"name": "Kept", **more}, headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param({"reference": {"machine_a_time": -1}}, 422, "SIMULATION_LINE", id="negative time"),
        pytest.param({"reference": {"operators": 0}}, 422, "SIMULATION_LINE", id="no operator"),
        pytest.param({"reference": {"speed": 3}}, 422, "SIMULATION_LINE", id="no parameter"),
        pytest.param({"line": {"name": "x", "stages": []}}, 422, "SIMULATION_LINE", id="no line"),
        pytest.param(
            {"line": {"name": "x", "reference": {}, "warm_up": "auto"}}, 422, "SIMULATION_WARM_UP", id="unsettled"
        ),
        pytest.param({"reference": {"arrival_rate": 1e-7}}, 422, "SIMULATION_TOO_MANY_EVENTS", id="endless"),
        pytest.param(
            {"reference": {"arrival_rate": 0.02}}, 422, "SIMULATION_TOO_MANY_EVENTS", id="too long to wait for"
        ),
        pytest.param({}, 400, "USAGE", id="nothing"),
        pytest.param({"name": "Kept", "reference": {}}, 400, "USAGE", id="two lines"),
        pytest.param({"reference": {}, "replications": 1}, 422, "PAYLOAD", id="no interval"),
    ],
)
def test_what_cannot_be_is_refused_with_the_code_of_a_file(
    lines: Lines, body: dict[str, Any], status: int, code: str
) -> None:
    answer = lines.guarded.http.post("/api/lines/simulate", json=body, headers=lines.reader)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_line_is_watched_to_its_end_with_the_readings_of_its_sensors(lines: Lines) -> None:
    told = events(lines.guarded, {"name": "Kept", "speed": "1s=1week", "every": 0.2}, lines.reader)
    assert told[0][0] == "line"
    assert told[0][1]["minutes"] == 480.0
    type_, last = told[-1]
    assert (type_, last["is_over"], last["minute"]) == ("over", True, 480.0)
    seen = Course(KEPT, 1).at(480.0)
    assert (last["completed"], last["in_line"]) == (seen.completed, seen.in_line)
    assert last["bottleneck"]["stage"] is not None
    assert last["readings"] == [{"stage": MACHINE_A, "sensor": "probe", "minutes": 6.25, "at": None, "readings": 40}]


SLOWER = [
    {"stage": MACHINE_A, "minutes": 8.0 + n % 5 / 4.0, "sensor": "oven", "at": f"2025-01-01T08:{n:02}:00Z"}
    for n in range(40)
]


def test_readings_of_a_gateway_tell_what_has_drifted_and_become_one_proposal(lines: Lines) -> None:
    def told(**more: Any) -> Any:
        body = {"readings": [*SLOWER, {"stage": "nowhere", "minutes": 3}], **more}
        answer = lines.guarded.http.post("/api/lines/Kept/readings", json=body, headers=lines.operator)
        assert answer.status_code == 200, answer.text
        return answer.json()

    seen = told()
    assert (seen["drifted"], seen["readings"], seen["proposal"]) == ([MACHINE_A], 40, None)
    assert seen["refused"] == [{"row": 41, "reason": "there is no stage 'nowhere'"}]
    proposed = told(propose=True)
    assert proposed["calibration"] == "line Kept@1"
    assert proposed["proposal"]["state"] == "open"
    assert proposed["proposal"]["author"] == "gateway"
    again = told(propose=True)
    assert (again["proposal"], again["calibration"]) == (proposed["proposal"], None)
    body = {"name": "Kept", "replications": 2}
    still = lines.guarded.http.post("/api/lines/simulate", json=body, headers=lines.reader).json()
    assert still["metrics"]["completed"]["mean"] == simulate_line(KEPT, 1, 2).metrics["completed"].mean()


def test_readings_are_taken_of_whoever_may_propose_for_the_whole_estate(lines: Lines) -> None:
    body = {"readings": SLOWER}
    for headers, status, code in (
        (lines.reader, 403, "FORBIDDEN"),
        (lines.elsewhere, 403, "RESTRICTED"),
        ({}, 401, "UNAUTHENTICATED"),
    ):
        answer = lines.guarded.http.post("/api/lines/Kept/readings", json=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        pytest.param("Kept", {"readings": []}, "PAYLOAD", id="nothing"),
        pytest.param("Kept", {"readings": [{}] * 10_001}, "PAYLOAD", id="too many"),
        pytest.param("Kept", {"readings": [3]}, "PAYLOAD", id="a number"),
        pytest.param("Lost", {"readings": SLOWER}, "SIMULATION_LINE", id="no such line"),
    ],
)
def test_readings_that_cannot_be_are_refused(lines: Lines, name: str, body: dict[str, Any], code: str) -> None:
    answer = lines.guarded.http.post(f"/api/lines/{name}/readings", json=body, headers=lines.operator)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


def test_the_same_beginning_shows_the_same_moment_to_everybody(lines: Lines) -> None:
    body = {"reference": {}, "speed": "1s=1min", "started_at": "2020-01-01T00:00:00Z"}
    one, other = (events(lines.guarded, body, headers)[-1] for headers in (lines.reader, lines.elsewhere))
    assert one == other
    assert one[0] == "over"


@pytest.mark.parametrize("speed", ["fast", "1s=1000years", "0s=1min"])
def test_a_speed_that_is_none_is_refused_before_the_stream(lines: Lines, speed: str) -> None:
    answer = lines.guarded.http.post("/api/lines/live", json={"reference": {}, "speed": speed}, headers=lines.reader)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "USAGE")


def test_the_form_is_that_of_the_files(lines: Lines) -> None:
    form = lines.open.http.get("/api/lines").json()["form"]
    assert form == form_of_the_reference_line()
    usual = {"machine_a_variance", "machine_b_variance", "arrival_rate"}
    assert usual <= form.keys()
    assert {
        "machine_a_capacity",
        "machine_b_capacity",
        "operators",
        "machine_a_time",
        "machine_b_time",
        "qc_time",
    } <= form.keys()
    as_given = {name: field["default"] for name, field in form.items()}
    assert ReferencePart.model_validate(as_given) == ReferencePart()


class _Parts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.words: set[str] = set()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {given["id"] or ""} if "id" in given else set()
        self.words |= {given["data-word"] or ""} if "data-word" in given else set()
        self.fetched += [str(given[name]) for name in ("src", "href") if name in given]
        assert not any(name.startswith("on") or name == "style" for name in given), "the policy would stop it"


def test_the_page_is_whole_in_itself_and_its_policy_lets_only_what_is_in_it_run(lines: Lines) -> None:
    answer = lines.guarded.http.get("/lines")
    assert (answer.status_code, answer.text) == (200, PAGE)
    told = answer.headers["Content-Security-Policy"]
    assert told == policy(PAGE)
    assert "default-src 'none'" in told
    assert "unsafe" not in told
    assert policy(PAGE.replace("</script>", " </script>")) != told
    parts = _Parts()
    parts.feed(PAGE)
    assert parts.fetched == ["data:,"]
    assert "http://" not in PAGE.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in PAGE
    assert set(re.findall(r'\$\("([^"`]+)"\)', PAGE)) <= parts.ids
    english, french = (
        set(re.findall(r"(\w+): \"", re.search(rf"\n  {language}: {{(.*?)}},\n", PAGE, re.DOTALL)[1]))  # type: ignore[index]
        for language in ("en", "fr")
    )
    assert english == french
    assert parts.words | set(re.findall(r'word\("(\w+)"\)', PAGE)) <= english


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: the page is parsed, and not opened")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("?simulate", ("Quality control", "growing queue", "cycle time", "4 curves"), id="form"),
        pytest.param(
            "?watch&line=Kept&speed=1s%3D1min&started_at=2020-01-01T00:00:00Z",
            ("08:00", "probe", "6.25", "(over)", "3 curves"),
            id="live",
        ),
    ],
)
def test_a_browser_shows_what_the_server_tells(
    lines: Lines, query: str, expected: tuple[str, ...], tmp_path: Path
) -> None:
    with browsing(f"{lines.open.http.base_url}".rstrip("/") + f"/lines{query}", tmp_path) as page:
        shown = page.text_with(*expected)
    assert [text for text in expected if text not in shown] == [], shown

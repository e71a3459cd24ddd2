"""What sources say differently is kept, shown, and settled by precedence, by staleness or by a person."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from core.clock import FrozenClock
from core.errors import NotFoundError, UsageError
from graph.history.events import State
from graph.history.selection import contested, named
from graph.schema.model import Schema
from ingest.discrepancies import Discrepancies
from ingest.override import Overrides
from ingest.precedence import OVERRIDE, Precedence
from ingest.reconcile import Claim, Reconciler
from ingest.testimony import state_of
from ingest.undo import Undo
from tests.ingest.test_reconcile import ORDER, SOURCES, claim, state
from tests.ingest.twin import TestTwin


def _disagreements(twin: TestTwin) -> dict[str, tuple[str, dict[str, object]]]:
    """attribute -> (chosen source, what each source says) of every disagreement."""
    finder = Discrepancies(twin.schema)
    return {d.attribute: (d.chosen_source, dict(d.said)) for s in contested(twin.ledger) for d in finder.of(s).values()}


EXPECTED = {
    "cvss": ("cve", {"cve": 9.8, "kev": 7.5}),
    "description": ("cve", {"cve": "long", "kev": "short"}),
    "epss": ("epss", {"epss": 0.9, "kev": 0.2}),
    "percentile": ("epss", {"epss": 0.99, "kev": 0.9}),
    "product": ("cve", {"cve": "widget", "kev": "Widget"}),
    "vendor": ("cve", {"cve": "acme inc", "kev": "Acme"}),
}


@pytest.mark.parametrize("order", list(permutations(SOURCES)), ids="-".join)
def test_whatever_the_order_of_loads_every_disagreement_is_known(twin: TestTwin, order: tuple[str, ...]) -> None:
    for source in order:
        twin.load(source, SOURCES[source])
    assert _disagreements(twin) == EXPECTED
    nodes = {s.properties["attribute"]: s.properties for s in twin.states("Discrepancy")}
    assert nodes.keys() == EXPECTED.keys()
    assert nodes["cvss"]["chosen"] == "9.8"
    assert nodes["cvss"]["chosen_source"] == "cve"
    assert nodes["cvss"]["rejected_values"] == ("kev: 7.5",)
    assert len(twin.states("DISAGREES_ON")) == len(EXPECTED)
    twin.load("kev", SOURCES["kev"])
    assert _disagreements(twin) == EXPECTED


def test_sources_that_agree_again_disagree_no_more(twin: TestTwin) -> None:
    twin.load("epss", SOURCES["epss"])
    twin.load("kev", {"s.csv": "CVE,CVSS3,EPSS,EPSS Percentile\nCVE-2024-0001,7.5,0.9,0.1\n", **_catalogue()})
    assert set(_disagreements(twin)) == {"percentile"}
    twin.load("kev", {"s.csv": "CVE,CVSS3,EPSS,EPSS Percentile\nCVE-2024-0001,7.5,0.9,0.99\n", **_catalogue()})
    assert _disagreements(twin) == {}
    assert twin.states("Discrepancy") == twin.states("DISAGREES_ON") == []


def _catalogue() -> dict[str, str | bytes]:
    return {name: text for name, text in SOURCES["kev"].items() if name == "k.csv"}


def test_undoing_a_load_takes_its_disagreements_back(twin: TestTwin, schema: Schema) -> None:
    twin.load("epss", SOURCES["epss"])
    before = twin.checksum()
    run = twin.load("kev", SOURCES["kev"]).run
    assert _disagreements(twin)
    Undo(schema, twin.ledger, actor="tester").run(run)
    assert _disagreements(twin) == {}
    assert twin.states("Discrepancy") == twin.states("DISAGREES_ON") == []
    assert twin.checksum() == before


def test_a_value_that_is_taken_back_gives_way_to_what_the_next_source_said(schema: Schema) -> None:
    strong, weak = Reconciler(schema, "strong", ORDER), Reconciler(schema, "weak", ORDER)
    said = weak.event(state("strong", {"name": "r", "serial_number": "S1"}), claim({"serial_number": "W1"}))
    assert said is not None
    assert said.after == {"name": "r", "serial_number": "S1"}
    cleared = strong.event(state_of(said, "weak"), claim({"name": "r"}, "serial_number"))
    assert cleared is not None
    assert cleared.after == {"name": "r", "serial_number": "W1"}
    assert cleared.provenance["serial_number"] == "weak"


def test_a_source_that_is_stale_comes_after_all_others_until_it_is_loaded_again(schema: Schema) -> None:
    stale = ORDER.with_stale(frozenset({"strong"}))
    assert stale.digest != ORDER.digest
    event = Reconciler(schema, "weak", stale).event(
        state("strong", {"serial_number": "S1"}), claim({"serial_number": "W"})
    )
    assert event is not None
    assert event.after == {"serial_number": "W"}
    back = Reconciler(schema, "strong", ORDER).event(state_of(event, "weak"), claim({"serial_number": "S1"}))
    assert back is not None
    assert back.after == {"serial_number": "S1"}


def test_a_source_that_was_not_loaded_within_its_window_is_stale(twin: TestTwin, clock: FrozenClock) -> None:
    order = Precedence(("epss", "kev"), digest=b"x", windows={"epss": 10})
    twin.load("epss", SOURCES["epss"], precedence=order)
    twin.load("kev", SOURCES["kev"], precedence=order)
    (node,) = twin.nodes().values()
    assert node["epss"] == 0.9
    twin.clock = FrozenClock(clock.now() + timedelta(days=11))
    assert twin.load("kev", SOURCES["kev"], precedence=order).counters["updated"] == 1
    (node,) = twin.nodes().values()
    assert node["epss"] == 0.2
    twin.load("epss", SOURCES["epss"], precedence=order)
    (node,) = twin.nodes().values()
    assert node["epss"] == 0.9


def test_a_persons_decision_holds_against_every_source_until_it_is_dropped(twin: TestTwin, clock: FrozenClock) -> None:
    twin.load("cve", SOURCES["cve"])
    overrides = Overrides(twin.schema, twin.ledger, actor="ana", clock=clock)

    def vulnerability() -> dict[str, object]:
        (node,) = twin.nodes().values()
        return node

    def found() -> State:
        return named(twin.ledger, "CVE-2024-0001", twin.schema.concrete)

    overrides.set(found(), "vendor", "Acme", "the vendor's own spelling")
    assert vulnerability()["vendor"] == "Acme"
    twin.load("cve", SOURCES["cve"])
    twin.load("kev", SOURCES["kev"])
    assert vulnerability()["vendor"] == "Acme"
    (decided,) = overrides.all()
    assert (decided.attribute, decided.value, decided.reason, decided.actor) == (
        "vendor",
        "Acme",
        "the vendor's own spelling",
        "ana",
    )
    assert _disagreements(twin)["vendor"] == (OVERRIDE, {"cve": "acme inc", "kev": "Acme", OVERRIDE: "Acme"})
    overrides.drop(found(), "vendor")
    assert vulnerability()["vendor"] == "acme inc"
    assert overrides.all() == []
    with pytest.raises(NotFoundError):
        overrides.drop(found(), "vendor")


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [("vendors", "x", "because"), ("cvss", "high", "because"), ("cvss", "11", "because"), ("cvss", "7.5", " ")],
)
def test_a_decision_is_checked_as_a_row_is(
    twin: TestTwin, clock: FrozenClock, attribute: str, value: str, reason: str
) -> None:
    twin.load("cve", SOURCES["cve"])
    element = named(twin.ledger, "CVE-2024-0001", twin.schema.concrete)
    with pytest.raises(UsageError):
        Overrides(twin.schema, twin.ledger, actor="ana", clock=clock).set(element, attribute, value, reason)


def test_a_former_name_stays_as_an_alias_that_resolves(twin: TestTwin) -> None:
    twin.load("csv", {"Rack.csv": "key,name\nR1,old\nR2,other\n"})
    twin.load("csv", {"Rack.csv": "key,name\nR1,new\nR2,other\n"})
    element = named(twin.ledger, "old", twin.schema.concrete)
    assert (element.properties["name"], element.properties["aliases"]) == ("new", ("old",))
    twin.load("csv", {"Rack.csv": "key,name,aliases\nR1,newer,own\nR2,other,\n"})
    assert named(twin.ledger, "new", twin.schema.concrete).properties["aliases"] == ("own", "old", "new")
    assert twin.load("csv", {"Rack.csv": "key,name,aliases\nR1,newer,own\nR2,other,\n"}).counters["updated"] == 0
    twin.load("csv", {"Rack.csv": "key,name,aliases\nR1,old,\nR2,other,\n"})
    assert named(twin.ledger, "old", twin.schema.concrete).properties["aliases"] == ("new", "newer")


def test_a_name_that_was_only_believed_less_is_no_former_name(schema: Schema) -> None:
    event = Reconciler(schema, "strong", ORDER).event(state("weak", {"name": "w"}), claim({"name": "s"}))
    assert event is not None
    assert event.after == {"name": "s"}


def test_a_decision_does_not_say_what_kind_an_element_is(schema: Schema) -> None:
    told = Claim("e", False, "Rack", {"name": "n"}, frozenset({"name"}))
    event = Reconciler(schema, OVERRIDE, ORDER).event(state("weak", {"name": "w"}), told, partial=True)
    assert event is not None
    assert event.provenance["(kind)"] == "weak"


def test_what_one_source_has_seen_is_observed_and_what_all_wrote_down_is_declared() -> None:
    order = Precedence(("netbox", "probe"), observing=frozenset({"probe"}))
    assert order.confidence(["netbox", "probe"]) == "observed"
    assert order.confidence(["netbox"]) == "declared"

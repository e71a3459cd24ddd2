"""What a source says changes the twin only as far as it is believed, and never depends on the order of loads."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clock import FrozenClock
from graph.history.ledger import Event, Ledger, State
from graph.model import Operation
from graph.schema.model import Schema
from ingest.precedence import KIND, Precedence
from ingest.reconcile import Claim, Reconciler
from ingest.testimony import MARK
from tests.conftest import NIGHTLY, NOW
from tests.ingest.twin import TestTwin

ORDER = Precedence(("strong", "middle", "weak"), {("Rack", "height_units"): ("weak", "strong")})


def state(
    source: str, properties: dict[str, Any], provenance: dict[str, str] | None = None, kind: str = "Rack"
) -> State:
    return State("e", False, kind, properties, provenance or {}, 1, source=source)


def claim(values: dict[str, Any], *spoken: str, kind: str = "Rack") -> Claim:
    return Claim("e", False, kind, values, frozenset(spoken) | values.keys())


def _holders(event: Event) -> dict[str, str]:
    """Who holds what, where it is not the event's own source; what others say is left out."""
    return {name: source for name, source in event.provenance.items() if MARK not in name}


def test_a_new_element_is_created_as_told(schema: Schema) -> None:
    event = Reconciler(schema, "weak", ORDER).event(None, claim({"name": "r"}))
    assert event == Event(Operation.CREATE, "e", False, "Rack", None, {"name": "r"})


def test_the_same_again_is_no_change(schema: Schema) -> None:
    assert Reconciler(schema, "weak", ORDER).event(state("weak", {"name": "r"}), claim({"name": "r"}, "status")) is None


def test_a_source_overwrites_what_it_said_before(schema: Schema) -> None:
    event = Reconciler(schema, "weak", ORDER).event(state("weak", {"description": "r"}), claim({"description": "s"}))
    assert event is not None
    assert (event.operation, event.before, event.after) == (
        Operation.UPDATE,
        {"description": "r"},
        {"description": "s"},
    )
    assert event.provenance == {}


def test_a_source_that_is_believed_less_adds_but_never_overwrites(schema: Schema) -> None:
    event = Reconciler(schema, "weak", ORDER).event(
        state("strong", {"name": "r"}), claim({"name": "s", "description": "d"})
    )
    assert event is not None
    assert event.after == {"name": "r", "description": "d"}
    assert _holders(event) == {"name": "strong", KIND: "strong"}


def test_a_source_that_is_believed_more_overwrites(schema: Schema) -> None:
    event = Reconciler(schema, "strong", ORDER).event(
        state("weak", {"name": "r", "description": "d"}), claim({"name": "s"})
    )
    assert event is not None
    assert event.after == {"name": "s", "description": "d"}
    assert _holders(event) == {"description": "weak"}


def test_precedence_may_differ_per_attribute(schema: Schema) -> None:
    event = Reconciler(schema, "weak", ORDER).event(state("strong", {"height_units": 40}), claim({"height_units": 42}))
    assert event is not None
    assert event.after == {"height_units": 42}


def test_a_source_clears_only_what_it_set_itself(schema: Schema) -> None:
    present = state("weak", {"name": "r", "description": "d"}, {"name": "strong"})
    event = Reconciler(schema, "weak", ORDER).event(present, claim({}, "name", "description"))
    assert event is not None
    assert event.after == {"name": "r"}


def test_that_a_believed_source_agrees_is_recorded_for_the_ones_to_come(schema: Schema) -> None:
    agreed = Reconciler(schema, "strong", ORDER).event(state("weak", {"name": "r"}), claim({"name": "r"}))
    assert agreed is not None
    assert agreed.after == agreed.before == {"name": "r"}
    later = state("strong", {"name": "r"}, dict(agreed.provenance))
    disagreed = Reconciler(schema, "middle", ORDER).event(later, claim({"name": "x"}))
    assert disagreed is not None
    assert disagreed.after == {"name": "r"}


def test_a_change_of_kind_keeps_the_element_and_drops_what_the_new_kind_has_not(schema: Schema) -> None:
    present = state("weak", {"name": "r", "height_units": 4})
    event = Reconciler(schema, "weak", ORDER).event(present, claim({"name": "r"}, kind="Room"))
    assert event is not None
    assert (event.operation, event.kind, event.previous_kind) == (Operation.RECLASSIFY, "Room", "Rack")
    assert event.after == {"name": "r"}


def test_a_kind_is_decided_by_the_source_that_is_believed(schema: Schema) -> None:
    present = state("strong", {"name": "r"})
    event = Reconciler(schema, "weak", ORDER).event(present, claim({"description": "d"}, kind="Room"))
    assert event is not None
    assert (event.operation, event.kind) == (Operation.UPDATE, "Rack")
    assert _holders(event) == {"name": "strong", KIND: "strong"}


def test_a_reclassified_node_loses_the_relations_that_its_new_kind_does_not_allow(twin: TestTwin) -> None:
    device = '{"model": "dcim.device", "pk": 1, "fields": {"name": "box", "role": 1, "site": 1, "status": "active"}}'
    site = '{"model": "dcim.site", "pk": 1, "fields": {"name": "Paris"}}'
    machine = '{"model": "virtualization.cluster", "pk": 1, "fields": {"name": "c", "status": "active"}}'
    role = '{"model": "dcim.devicerole", "pk": 1, "fields": {"name": "r", "slug": "%s"}}'
    twin.load("netbox", {"x.json": f"[{device},{site},{machine},{role % 'server'}]"})
    (before,) = twin.states("PhysicalServer")
    twin.load("netbox", {"x.json": f"[{device},{site},{machine},{role % 'router'}]"})
    (after,) = twin.states("NetworkDevice")
    assert before.element == after.element
    assert twin.edges() == {("box", "LOCATED_IN", "Paris")}


CVE = "CVE-2024-0001"
SOURCES = {
    "kev": {
        "k.csv": "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,dueDate,knownRansomwareCampaignUse\n"
        f"{CVE},Acme,Widget,Acme flaw,2024-01-02,short,2024-01-20,Known\n",
        "s.csv": f"CVE,CVSS3,EPSS,EPSS Percentile\n{CVE},7.5,0.2,0.9\n",
    },
    "epss": {"e.csv": f"#model_version:v2023\ncve,epss,percentile\n{CVE},0.9,0.99\n"},
    "cve": {
        "c.csv": "cve,published,vendor,product,cvss,severity,ssvc_exploitation,description\n"
        f"{CVE},2024-01-01,acme inc,widget,9.8,CRITICAL,None,long\n"
    },
}


@pytest.mark.parametrize("order", list(permutations(SOURCES)), ids="-".join)
def test_three_sources_on_one_vulnerability_meet_in_any_order(twin: TestTwin, order: tuple[str, ...]) -> None:
    for source in order:
        twin.load(source, SOURCES[source])
    (node,) = twin.nodes().values()
    assert {name: node[name] for name in ("cvss", "epss", "vendor", "title", "description", "known_exploited")} == {
        "cvss": 9.8,
        "epss": 0.9,
        "vendor": "acme inc",
        "title": "Acme flaw",
        "description": "long",
        "known_exploited": True,
    }
    before = twin.checksum()
    for source in order:
        assert twin.load(source, SOURCES[source]).counters["updated"] == 0
    assert twin.checksum() == before


VALUES = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(["x", "y"]) for name in ("description", "name", "serial_number", "asset_tag")}
)


@settings(max_examples=200, deadline=None)
@given(
    told=st.dictionaries(st.sampled_from(["strong", "middle", "weak", "a", "b"]), VALUES, min_size=1), data=st.data()
)
def test_any_order_of_sources_gives_the_same_element(told: dict[str, dict[str, str]], data: st.DataObject) -> None:
    schema = _SCHEMA

    def loaded(order: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
        present: State | None = None
        for source in order:
            event = Reconciler(schema, source, ORDER).event(present, claim(told[source]))
            if event is not None:
                present = state(source, dict(event.after or {}), dict(event.provenance))
        assert present is not None
        return dict(present.properties), {n: present.provenance.get(n, present.source) for n in present.properties}

    order = data.draw(st.permutations(sorted(told)))
    assert loaded(order) == loaded(sorted(told))
    assert loaded([*order, *order]) == loaded(order)


def _schema() -> Schema:
    from graph.schema.load import load_schema

    return load_schema("it_estate")


_SCHEMA = _schema()

CELLS = st.text(alphabet="ab |\"',\né", max_size=6)
ROWS = st.lists(
    st.tuples(st.sampled_from(["K1", "K2", "K3", ""]), CELLS, st.sampled_from(["1", "42", "x", ""])), max_size=8
)


def _csv(rows: list[tuple[str, str, str]]) -> str:
    lines = ["key,name,height_units"]
    lines += [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    return "\n".join(lines) + "\n"


@settings(max_examples=300 if NIGHTLY else 20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS, batch_rows=st.integers(1, 9))
def test_loading_anything_twice_changes_nothing_the_second_time(
    rows: list[tuple[str, str, str]], batch_rows: int
) -> None:
    clock = FrozenClock(NOW)
    with TemporaryDirectory() as folder:
        ledger = Ledger(f"sqlite:///{folder}/ledger.db", _SCHEMA, clock)
        try:
            twin = TestTwin(_SCHEMA, ledger, clock, Path(folder))
            first = twin.load("csv", {"Rack.csv": _csv(rows)}, batch_rows=batch_rows)
            before = twin.checksum()
            second = twin.load("csv", {"Rack.csv": _csv(rows)})
            assert (second.counters["created"], second.counters["updated"]) == (0, 0)
            assert second.counters["rejected"] == first.counters["rejected"]
            assert second.counters["unchanged"] == first.counters["created"] + first.counters["unchanged"]
            assert twin.checksum() == before
        finally:
            ledger.close()

"""Branches: what they hold, what applying them does to main, and that dropping them leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.clock import FrozenClock
from core.errors import NotFoundError, UsageError
from core.ids import relation_id, uuid_of
from graph.history import tables
from graph.history.branch_view import BranchView
from graph.history.branches import BranchAppliedError, Branches
from graph.history.difference import Form
from graph.history.ledger import Event, Ledger, LedgerMovedError
from graph.history.merge import Merger, Wins, open_conflicts
from graph.history.verify import ledger_checksum
from graph.model import Operation, Properties
from graph.schema.model import Schema
from services.branches import BranchConflictError, BranchService
from services.edits import ChangeRefusedError, NodeEdit, RelationEdit
from tests.conftest import NIGHTLY
from tests.graph.history.random_events import Estate, write

SEEDS = range(60 if NIGHTLY else 3)
A, B, C = (uuid_of("branch test", name) for name in "abc")


@pytest.fixture
def ledger(tmp_path: Path, schema: Schema, clock: FrozenClock) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", schema, clock)
    yield opened
    opened.close()


@pytest.fixture
def service(ledger: Ledger, schema: Schema, clock: FrozenClock) -> BranchService:
    return BranchService(ledger, schema, clock, "tester")


@pytest.fixture
def branches(service: BranchService) -> Branches:
    return service.branches


def create(element: str, **properties: object) -> Event:
    return Event(Operation.CREATE, element, False, "PhysicalServer", None, properties)  # type: ignore[arg-type]


def update(element: str, before: Properties, after: Properties) -> Event:
    return Event(Operation.UPDATE, element, False, "PhysicalServer", before, after)


def gone(element: str, before: Properties) -> Event:
    return Event(Operation.DELETE, element, False, "PhysicalServer", before, None)


def on_main(ledger: Ledger, *events: Event) -> None:
    run = ledger.begin_run("csv", "tester", "export/", f"f{ledger.sequence()}")
    ledger.append(run, events)


def held(ledger: Ledger) -> dict[str, Form]:
    return {s.element: Form(s.edge, s.kind, s.properties, s.start, s.end) for s in ledger.present()}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_branch_holds_is_its_base_and_its_events_whatever_main_does(
    ledger: Ledger, branches: Branches, seed: int
) -> None:
    estate = Estate(seed)
    write(ledger, estate, 6)
    branch = branches.create("plan", actor="tester")
    main = Estate(seed + 1_000)
    main.nodes, main.edges = dict(estate.nodes), dict(estate.edges)
    write(ledger, main, 5)
    for _ in range(3):
        branch = branches.append(branch, estate.batch(8), source="csv", actor="tester")
    view = BranchView(ledger, branches, branch)
    elements = sorted({*estate.nodes, *estate.edges, *main.nodes, *main.edges})
    states = view.states(elements)
    wanted = {n: Form(False, kind, values) for n, (kind, values) in estate.nodes.items()}
    wanted |= {e: Form(True, type_, values, start, end) for e, (type_, start, end, values) in estate.edges.items()}
    assert {e: Form(s.edge, s.kind, s.properties, s.start, s.end) for e, s in states.items()} == wanted
    assert {s.element for s in view.edges_of(sorted(estate.nodes))} == estate.edges.keys()
    for relation in ("IN_PERIMETER", "DEPENDS_ON"):
        ends = [(start, end) for type_, start, end, _ in estate.edges.values() if type_ == relation]
        assert sorted(view.ends(relation)) == sorted(ends)


@pytest.mark.parametrize("seed", SEEDS)
def test_applying_without_conflicts_is_the_same_changes_made_on_main(
    ledger: Ledger, service: BranchService, schema: Schema, clock: FrozenClock, tmp_path: Path, seed: int
) -> None:
    estate = Estate(seed)
    write(ledger, estate, 6)
    branch = service.create("plan")
    told = [estate.batch(8) for _ in range(3)]
    for events in told:
        branch = service.branches.append(branch, events, source="csv", actor="tester")
    before = held(ledger)
    other = Ledger(f"sqlite:///{tmp_path / 'other.db'}", schema, clock)
    try:
        for _, first, last in ledger.batches(0):
            on_main(other, *(r.event for r in ledger.events(first, last)))
        for events in told:
            on_main(other, *events)
        assert service.apply("plan", dry_run=True).conflicts == ()
        assert held(ledger) == before
        service.apply("plan")
        assert held(ledger) == held(other)
        assert ledger_checksum(ledger, schema).checksum() == ledger_checksum(other, schema).checksum()
    finally:
        other.close()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("wins", [None, Wins.OURS, Wins.THEIRS])
def test_whatever_both_sides_did_main_is_left_whole(
    ledger: Ledger, service: BranchService, seed: int, wins: Wins | None
) -> None:
    """Every relation has its ends, and a refusal changes nothing."""
    estate = Estate(seed)
    write(ledger, estate, 6)
    branch = service.create("plan")
    main = Estate(seed + 2_000)
    main.nodes, main.edges = dict(estate.nodes), dict(estate.edges)
    write(ledger, main, 4)
    for _ in range(3):
        branch = service.branches.append(branch, estate.batch(8), source="csv", actor="tester")
    before = held(ledger)
    merge = Merger(ledger, service.branches, branch, wins).merge()
    try:
        service.apply("plan", wins=wins)
    except BranchConflictError:
        assert open_conflicts(merge, wins)
        assert held(ledger) == before
        assert service.branches.get("plan").applied is None
    after = held(ledger)
    for form in after.values():
        assert not form.edge or (form.start in after and form.end in after)


def test_an_attribute_that_only_one_side_changed_is_taken_from_that_side(
    ledger: Ledger, service: BranchService
) -> None:
    on_main(ledger, create(A, name="a", hostname="h", model="m"))
    branch = service.create("plan")
    service.branches.append(
        branch,
        [update(A, {"name": "a", "hostname": "h", "model": "m"}, {"name": "a", "hostname": "h2"})],
        source="csv",
        actor="tester",
    )
    on_main(
        ledger, update(A, {"name": "a", "hostname": "h", "model": "m"}, {"name": "a2", "hostname": "h", "model": "m"})
    )
    service.apply("plan")
    assert ledger.states([A])[A].properties == {"name": "a2", "hostname": "h2"}


@pytest.mark.parametrize(
    ("main", "branch", "attribute", "ours", "theirs"),
    [
        ([update(A, {"name": "a"}, {"name": "m"})], [update(A, {"name": "a"}, {"name": "b"})], "name", {"name": "m"}, {"name": "b"}),
        ([gone(A, {"name": "a"})], [update(A, {"name": "a"}, {"name": "b"})], "(element)", None, {"name": "b"}),
        ([update(A, {"name": "a"}, {"name": "m"})], [gone(A, {"name": "a"})], "(element)", {"name": "m"}, None),
        (
            [Event(Operation.RECLASSIFY, A, False, "Hypervisor", {"name": "a"}, {"name": "a"}, previous_kind="PhysicalServer")],
            [Event(Operation.RECLASSIFY, A, False, "VirtualMachine", {"name": "a"}, {"name": "a"}, previous_kind="PhysicalServer")],
            "(kind)", {"name": "a"}, {"name": "a"},
        ),
        (
            [create(C, name="m"), Event(Operation.CREATE, relation_id("DEPENDS_ON", C, A), True, "DEPENDS_ON", None, {}, C, A)],
            [gone(A, {"name": "a"})], "(relations)", {"name": "a"}, None,
        ),
    ],
    ids=["attribute", "deleted on main", "deleted on the branch", "kind", "new relations on main"],
)  # fmt: skip
def test_what_both_sides_changed_is_refused_unless_one_wins(
    ledger: Ledger,
    service: BranchService,
    main: list[Event],
    branch: list[Event],
    attribute: str,
    ours: Properties | None,
    theirs: Properties | None,
) -> None:
    on_main(ledger, create(A, name="a"), create(B, name="b"))
    for name in ("one", "two"):
        made = service.create(name)
        also = [update(B, {"name": "b"}, {"name": name})]
        service.branches.append(made, [*branch, *also], source="csv", actor="tester")
    on_main(ledger, *main)
    before = held(ledger)
    with pytest.raises(BranchConflictError) as caught:
        service.apply("one")
    (conflict,) = caught.value.details["conflicts"]
    assert (conflict["element"], conflict["attribute"]) == (A, attribute)
    assert held(ledger) == before  # nor the change of B, which nothing stands against
    service.apply("one", wins=Wins.OURS)
    assert _properties(ledger, A) == ours
    assert _properties(ledger, B) == {"name": "one"}
    if attribute != "name":  # the second branch finds what the first one made of main
        return
    service.apply("two", wins=Wins.THEIRS)
    assert _properties(ledger, A) == theirs
    assert _properties(ledger, B) == {"name": "two"}


def _properties(ledger: Ledger, element: str) -> Properties | None:
    state = ledger.states([element]).get(element)
    return None if state is None else state.properties


def test_a_node_that_the_branch_deletes_goes_with_relations_that_main_gave_it_where_the_branch_wins(
    ledger: Ledger, service: BranchService
) -> None:
    on_main(ledger, create(A, name="a"))
    service.branches.append(service.create("plan"), [gone(A, {"name": "a"})], source="csv", actor="tester")
    edge = relation_id("DEPENDS_ON", C, A)
    on_main(ledger, create(C, name="c"), Event(Operation.CREATE, edge, True, "DEPENDS_ON", None, {}, C, A))
    service.apply("plan", wins=Wins.THEIRS)
    assert held(ledger).keys() == {C}


def test_a_relation_whose_end_is_gone_from_main_can_be_won_by_nobody(ledger: Ledger, service: BranchService) -> None:
    on_main(ledger, create(A, name="a"), create(B, name="b"))
    edge = Event(Operation.CREATE, relation_id("DEPENDS_ON", A, B), True, "DEPENDS_ON", None, {}, A, B)
    service.branches.append(service.create("plan"), [edge], source="csv", actor="tester")
    on_main(ledger, gone(B, {"name": "b"}))
    with pytest.raises(BranchConflictError, match="is gone on main"):
        service.apply("plan", wins=Wins.THEIRS)
    service.apply("plan", wins=Wins.OURS)
    assert held(ledger).keys() == {A}


def test_each_attribute_stays_with_the_source_that_told_it(ledger: Ledger, service: BranchService) -> None:
    on_main(ledger, create(A, name="a", hostname="h"))
    service.create("plan")
    service.change("plan", nodes=[NodeEdit("PhysicalServer", {"model": "m"}, A)])
    service.apply("plan")
    state = ledger.states([A])[A]
    told = {name: state.provenance.get(name, state.source) for name in state.properties}
    assert told == {"name": "csv", "hostname": "csv", "model": "override"}


def test_an_applied_branch_takes_no_more_and_is_not_applied_twice(ledger: Ledger, service: BranchService) -> None:
    on_main(ledger, create(A, name="a"))
    service.create("plan")
    service.change("plan", nodes=[NodeEdit("PhysicalServer", {"model": "m"}, A)])
    applied = service.apply("plan")
    assert service.branches.get("plan").applied == applied.sequence == ledger.sequence()
    assert ledger.runs()[0].source == "branch"
    for call in (
        lambda: service.apply("plan"),
        lambda: service.change("plan", nodes=[NodeEdit("PhysicalServer", {"model": "n"}, A)]),
    ):
        with pytest.raises(BranchAppliedError):
            call()
    assert ledger.sequence() == applied.sequence


def test_two_who_write_to_a_branch_at_once_do_not_overwrite_each_other(ledger: Ledger, branches: Branches) -> None:
    on_main(ledger, create(A, name="a"))
    seen = branches.create("plan", actor="tester")
    branches.append(seen, [update(A, {"name": "a"}, {"name": "b"})], source="csv", actor="one")
    with pytest.raises(LedgerMovedError):
        branches.append(seen, [update(A, {"name": "a"}, {"name": "c"})], source="csv", actor="two")
    assert branches.get("plan").version == 1


def test_dropping_leaves_no_trace(ledger: Ledger, service: BranchService) -> None:
    on_main(ledger, create(A, name="a"))

    def rows() -> list[int]:
        with ledger.reading() as connection:
            counted = [select(func.count()).select_from(table) for table in tables.metadata.sorted_tables]
            return [int(connection.execute(query).scalar_one()) for query in counted]

    before, sequence = rows(), ledger.sequence()
    service.create("plan")
    made = service.change("plan", nodes=[NodeEdit("PhysicalServer", {"name": "n"})])[1][0]
    branch = service.branches.get("plan")
    service.branches.append(branch, [], source="csv", actor="x", identities={"k": (made, "PhysicalServer")})
    service.drop("plan")
    assert (rows(), ledger.sequence()) == (before, sequence)
    with pytest.raises(NotFoundError):
        service.drop("plan")


def test_names_and_bases_of_branches_are_checked(ledger: Ledger, service: BranchService) -> None:
    on_main(ledger, create(A, name="a"))
    service.create("plan")
    for name in ("plan", "main", "Plan", "a b", "", "-x", "x" * 65):
        with pytest.raises(UsageError):
            service.create(name)
    with pytest.raises(UsageError, match="main has no event 9"):
        service.create("later", base=9)
    assert [(b["name"], b["base"], b["behind"]) for b in service.all()] == [("plan", 1, 0)]


def test_a_change_is_checked_and_written_whole_or_not_at_all(ledger: Ledger, service: BranchService) -> None:
    on_main(ledger, create(A, name="a"), create(B, name="b"))
    service.create("plan")
    good = NodeEdit("PhysicalServer", {"model": "m"}, A)
    refused: list[tuple[list[NodeEdit], list[RelationEdit], str]] = [
        ([good, NodeEdit("PhysicalServer", {"nmae": "x"})], [], "UNKNOWN_ATTRIBUTE"),
        ([good, NodeEdit("PhysicalServer", {"name": None}, B)], [], "MISSING_REQUIRED"),
        ([good, NodeEdit("PhysicalServer", {"model": "n"}, A)], [], "once at a time"),
        ([good], [RelationEdit("LOCATED_IN", A, B)], "TRIPLE_NOT_ALLOWED"),
        ([good], [RelationEdit("NO_SUCH", A, B)], "UNKNOWN_RELATION"),
    ]
    for nodes, relations, code in refused:
        with pytest.raises(ChangeRefusedError, match=code):
            service.change("plan", nodes=nodes, relations=relations)
    with pytest.raises(NotFoundError):
        service.change("plan", nodes=[good], delete=[C])
    assert service.branches.get("plan").version == 0


def test_a_node_that_is_deleted_on_a_branch_takes_its_relations_along(ledger: Ledger, service: BranchService) -> None:
    edge = relation_id("DEPENDS_ON", A, B)
    on_main(
        ledger,
        create(A, name="a"),
        create(B, name="b"),
        Event(Operation.CREATE, edge, True, "DEPENDS_ON", None, {}, A, B),
    )
    service.create("plan")
    service.change("plan", delete=[B])
    assert service.view("plan").states([A, B, edge]).keys() == {A}
    service.apply("plan")
    assert held(ledger).keys() == {A}

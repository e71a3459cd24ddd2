"""Proposals: who may decide, on what exactly, and that a decision and what it does are written together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import FrozenClock
from core.errors import NotFoundError, UsageError
from graph.history.branches import BranchAppliedError
from graph.history.ledger import Ledger
from graph.history.merge import Wins
from graph.schema.model import Schema
from services.branches import BranchConflictError, BranchService, StaleVersionError
from services.edits import NodeEdit
from services.proposals import DecidedError, OwnProposalError, ProposalService, ProposalState


@pytest.fixture
def ledger(tmp_path: Path, schema: Schema, clock: FrozenClock) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", schema, clock)
    yield opened
    opened.close()


@pytest.fixture
def branches(ledger: Ledger, schema: Schema, clock: FrozenClock) -> BranchService:
    """A branch `plan` on which ana and bea have written."""
    service = BranchService(ledger, schema, clock, "ana")
    service.create("plan")
    service.change("plan", nodes=[NodeEdit("Team", {"name": "Storage"})])
    service.by("bea").change("plan", nodes=[NodeEdit("Team", {"name": "Backup"})])
    return service


@pytest.fixture
def proposals(branches: BranchService, clock: FrozenClock) -> ProposalService:
    return ProposalService(branches, clock)


def teams(ledger: Ledger) -> set[object]:
    return {state.properties["name"] for state in ledger.present(["Team"])}


def test_what_somebody_else_approves_comes_to_main(ledger: Ledger, proposals: ProposalService) -> None:
    made = proposals.propose("plan", "new teams", by="carl")
    assert (made.state, made.version, teams(ledger)) == (ProposalState.OPEN, 2, set())
    decided, applied = proposals.approve(made.id, "as agreed", by="dora")
    assert teams(ledger) == {"Storage", "Backup"}
    assert (decided.state, decided.decided_by, decided.note) == (ProposalState.APPROVED, "dora", "as agreed")
    assert decided.sequence == applied.sequence == ledger.sequence()
    assert [p.id for p in proposals.all([ProposalState.APPROVED])] == [made.id]


@pytest.mark.parametrize("who", ["ana", "bea", "carl"])
def test_nobody_approves_what_they_proposed_or_wrote(ledger: Ledger, proposals: ProposalService, who: str) -> None:
    made = proposals.propose("plan", "new teams", by="carl")
    with pytest.raises(OwnProposalError):
        proposals.approve(made.id, by=who)
    assert (proposals.get(made.id).state, teams(ledger)) == (ProposalState.OPEN, set())


def test_what_changes_after_it_was_proposed_is_not_approved(
    ledger: Ledger, branches: BranchService, proposals: ProposalService
) -> None:
    made = proposals.propose("plan", "new teams", by="carl")
    branches.change("plan", nodes=[NodeEdit("Team", {"name": "Smuggled"})])
    with pytest.raises(StaleVersionError):
        proposals.approve(made.id, by="dora")
    assert (proposals.get(made.id).state, teams(ledger)) == (ProposalState.OPEN, set())


def test_a_branch_of_the_same_name_is_not_what_was_proposed(
    branches: BranchService, proposals: ProposalService
) -> None:
    made = proposals.propose("plan", "new teams", by="carl")
    branches.drop("plan")
    branches.create("plan")
    for name in ("One", "Two"):
        branches.change("plan", nodes=[NodeEdit("Team", {"name": name})])
    with pytest.raises(NotFoundError, match="dropped"):
        proposals.approve(made.id, by="dora")
    assert proposals.reject(made.id, "gone", by="dora").state is ProposalState.REJECTED


def test_a_conflict_leaves_the_proposal_open_until_one_side_wins(
    ledger: Ledger, branches: BranchService, proposals: ProposalService
) -> None:
    _, (team,) = branches.change_main("first", nodes=[NodeEdit("Team", {"name": "Network"})])
    branches.create("rename")
    branches.change("rename", nodes=[NodeEdit("Team", {"description": "theirs"}, team)])
    branches.change_main("meanwhile", nodes=[NodeEdit("Team", {"description": "ours"}, team)])
    made = proposals.propose("rename", "say what they do", by="ana")
    with pytest.raises(BranchConflictError):
        proposals.approve(made.id, by="dora")
    assert proposals.get(made.id).state is ProposalState.OPEN
    assert proposals.approve(made.id, by="dora", wins=Wins.THEIRS)[0].state is ProposalState.APPROVED
    assert ledger.states([team])[team].properties["description"] == "theirs"


def test_what_is_decided_stays_so(proposals: ProposalService) -> None:
    made = proposals.propose("plan", "new teams", by="ana")
    assert proposals.reject(made.id, "not now", by="dora").note == "not now"
    for again in (
        lambda: proposals.approve(made.id, by="dora"),
        lambda: proposals.reject(made.id, "x", by="dora"),
        lambda: proposals.withdraw(made.id, by="ana"),
    ):
        with pytest.raises(DecidedError, match="rejected"):
            again()


def test_one_takes_back_ones_own_proposal_only_and_may_make_another(proposals: ProposalService) -> None:
    made = proposals.propose("plan", "new teams", by="ana")
    with pytest.raises(UsageError, match="proposed already"):
        proposals.propose("plan", "again", by="bea")
    with pytest.raises(UsageError, match="ana's proposal"):
        proposals.withdraw(made.id, by="bea")
    assert proposals.withdraw(made.id, by="ana").state is ProposalState.WITHDRAWN
    assert proposals.propose("plan", "better", by="bea").state is ProposalState.OPEN


def test_what_cannot_be_proposed_is_refused(branches: BranchService, proposals: ProposalService) -> None:
    branches.create("empty")
    for name, reason, error in (
        ("plan", " ", UsageError),
        ("empty", "nothing in it", UsageError),
        ("nowhere", "no such branch", NotFoundError),
    ):
        with pytest.raises(error):
            proposals.propose(name, reason, by="ana")
    branches.apply("plan")
    with pytest.raises(BranchAppliedError):
        proposals.propose("plan", "late", by="ana")
    with pytest.raises(NotFoundError):
        proposals.get("nothing")
    made = proposals.all()
    assert made == []


def test_a_refusal_has_a_reason(proposals: ProposalService) -> None:
    made = proposals.propose("plan", "new teams", by="ana")
    with pytest.raises(UsageError, match="reason"):
        proposals.reject(made.id, " ", by="dora")

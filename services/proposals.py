"""Proposals: a branch that somebody asks others to bring to main. Who has written any of it cannot approve it."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import BigInteger, Column, Connection, DateTime, String, Table, Text, insert, select, update

from core.clock import Clock, in_utc
from core.errors import JumeauError, NotFoundError, UsageError
from graph.history import tables
from graph.history.branches import Branch, BranchAppliedError
from graph.history.ledger import Ledger
from graph.history.merge import Wins
from services.branches import Applied, BranchService

_IN_LIST: Final = 1_000

proposal = Table(
    "proposal",
    tables.metadata,
    Column("id", String(36), primary_key=True),
    Column("branch", String(36), nullable=False, index=True),
    Column("name", Text, nullable=False),  # of the branch
    Column("version", BigInteger, nullable=False),  # the branch's last event: what was proposed
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("note", Text, nullable=False),
    Column("sequence", BigInteger),  # main's last event by its approval
)


class ProposalState(StrEnum):
    """What has become of a proposal."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class OwnProposalError(JumeauError):
    """Somebody decides on what they have written themselves."""

    code = "OWN_PROPOSAL"
    status = 403
    exit_code = 2


class DecidedError(JumeauError):
    """A proposal that was decided on already."""

    code = "ALREADY_DECIDED"
    status = 409
    exit_code = 1


@dataclass(frozen=True, slots=True)
class Proposal:
    """A branch as it was when somebody proposed it (`version`), and what was decided."""

    id: str
    branch_id: str
    branch: str
    version: int
    reason: str
    author: str
    created_at: datetime
    state: ProposalState
    decided_by: str | None = None
    decided_at: datetime | None = None
    note: str = ""
    sequence: int | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "branch": self.branch,
            "version": self.version,
            "reason": self.reason,
            "author": self.author,
            "created_at": self.created_at.isoformat(),
            "state": self.state.value,
            "decided_by": self.decided_by,
            "decided_at": None if self.decided_at is None else self.decided_at.isoformat(),
            "note": self.note,
            "sequence": self.sequence,
        }


class ProposalService:
    """The proposals of one ledger. `branches` are asked as whoever acts."""

    def __init__(self, branches: BranchService, clock: Clock) -> None:
        self._branches = branches
        self._clock = clock

    def over(self, branches: BranchService) -> ProposalService:
        """The same proposals, for whoever these branches are asked as."""
        other = copy(self)
        other._branches = branches
        return other

    @property
    def _ledger(self) -> Ledger:
        """The ledger, with the table of proposals: ledgers that were made before there were any have none."""
        ledger = self._branches.ledger
        ledger.prepare(proposal)
        return ledger

    def propose(self, name: str, reason: str, *, by: str) -> Proposal:
        """Ask for a branch to be brought to main, as it is now. Raises NotFoundError, UsageError, BranchAppliedError."""
        if not reason.strip():
            raise UsageError("a proposal has a reason", where="reason", hint="say what it is for")
        branch = self._branches.get(name)
        if branch.applied is not None:
            raise BranchAppliedError(
                f"the branch {name!r} was applied to main at {branch.applied}", where="branch", hint="begin another one"
            )
        if branch.version == 0:
            raise UsageError(
                f"the branch {name!r} changes nothing", where="branch", hint="change something on it first"
            )
        made = Proposal(
            str(uuid4()), branch.id, name, branch.version, reason, by, self._clock.now(), ProposalState.OPEN
        )
        with self._ledger.writing() as connection:
            open_ = self._open_of(connection, branch)
            if open_ is not None:
                raise UsageError(
                    f"the branch {name!r} is proposed already: {open_}",
                    where="branch",
                    hint="withdraw that one, or wait until it is decided on",
                )
            values = {
                "id": made.id,
                "branch": branch.id,
                "name": name,
                "version": made.version,
                "reason": reason,
                "author": by,
                "created_at": made.created_at,
                "state": made.state.value,
                "note": "",
            }
            connection.execute(insert(proposal).values(**values))
        return made

    def get(self, identity: str) -> Proposal:
        """The proposal with that id. Raises NotFoundError."""
        with self._ledger.reading() as connection:
            row = connection.execute(select(proposal).where(proposal.c.id == identity)).one_or_none()
        if row is None:
            raise _no_proposal(identity)
        return self._known(_proposal(row))

    def _known(self, found: Proposal) -> Proposal:
        """The proposal, if whoever asks may know of it: from whom something is hidden, they know their own."""
        if self._branches.knows_own_only and found.author != self._branches.author:
            raise _no_proposal(found.id)
        return found

    def all(self, states: Collection[ProposalState] = (), *, most: int = _IN_LIST) -> list[Proposal]:
        """The latest proposals in these states, or in any; newest first."""
        query = select(proposal).order_by(proposal.c.created_at.desc(), proposal.c.id).limit(most)
        if self._branches.knows_own_only:
            query = query.where(proposal.c.author == self._branches.author)
        if states:
            query = query.where(proposal.c.state.in_([state.value for state in states]))
        with self._ledger.reading() as connection:
            return [_proposal(row) for row in connection.execute(query)]

    def approve(self, identity: str, note: str = "", *, by: str, wins: Wins | None = None) -> tuple[Proposal, Applied]:
        """Bring what was proposed to main, and note who approved it, together or not at all.

        Raises NotFoundError, OwnProposalError, DecidedError, StaleVersionError where the branch has changed since,
        BranchConflictError.
        """
        found = self._to_decide(identity)
        self._check_other(found, by)

        def decided(connection: Connection, applied: Applied) -> None:
            self._decide(connection, found, ProposalState.APPROVED, by, note, applied.sequence)

        applied = self._branches.apply(found.branch, wins=wins, version=found.version, also=decided)
        return self.get(identity), applied

    def reject(self, identity: str, note: str, *, by: str) -> Proposal:
        """Refuse a proposal, with a reason; the branch stays as it is. Raises NotFoundError, UsageError, DecidedError."""
        if not note.strip():
            raise UsageError("a refusal has a reason", where="note", hint="say what is wrong with it")
        return self._settled(self._to_decide(identity), ProposalState.REJECTED, by, note)

    def withdraw(self, identity: str, *, by: str) -> Proposal:
        """Take one's own proposal back. Raises NotFoundError, UsageError, DecidedError."""
        found = self._to_decide(identity)
        if found.author != by:
            raise UsageError(f"it is {found.author}'s proposal", where="proposal", hint="reject it, if you may decide")
        return self._settled(found, ProposalState.WITHDRAWN, by, "")

    def _settled(self, found: Proposal, state: ProposalState, by: str, note: str) -> Proposal:
        with self._ledger.writing() as connection:
            self._decide(connection, found, state, by, note, None)
        return self.get(found.id)

    def _to_decide(self, identity: str) -> Proposal:
        found = self.get(identity)
        _check_open(found, found.state)
        return found

    def _check_other(self, found: Proposal, by: str) -> None:
        """Four eyes: neither who proposed it nor who wrote any of it."""
        branch = self._branches.branches.get(found.branch)
        if branch.id != found.branch_id:
            raise NotFoundError(
                f"the branch {found.branch!r} that was proposed was dropped", where="branch", hint="reject the proposal"
            )
        events = self._branches.branches.events(branch.id, 1, found.version)
        if by in {found.author, *(item.actor for item in events)}:
            raise OwnProposalError(
                f"{by} has written what is proposed", where="proposal", hint="somebody else has to approve it"
            )

    def _decide(
        self,
        connection: Connection,
        found: Proposal,
        state: ProposalState,
        by: str,
        note: str,
        sequence: int | None,
    ) -> None:
        own = proposal.c.id == found.id
        now = connection.execute(select(proposal.c.state).where(own)).scalar_one()
        _check_open(found, ProposalState(now))
        values = {"state": state.value, "decided_by": by, "decided_at": self._clock.now(), "note": note}
        connection.execute(update(proposal).where(own).values(**values, sequence=sequence))

    def _open_of(self, connection: Connection, branch: Branch) -> str | None:
        query = select(proposal.c.id).where(
            proposal.c.branch == branch.id, proposal.c.state == ProposalState.OPEN.value
        )
        found = connection.execute(query).scalar()
        return None if found is None else str(found)


def _no_proposal(identity: str) -> NotFoundError:
    return NotFoundError(f"there is no proposal {identity!r}", where="proposals", hint="list them")


def _check_open(found: Proposal, state: ProposalState) -> None:
    if state is not ProposalState.OPEN:
        raise DecidedError(f"the proposal was {state.value}", where=f"proposal {found.id}", hint="make another one")


def _proposal(row: Any) -> Proposal:
    return Proposal(
        row.id,
        row.branch,
        row.name,
        row.version,
        row.reason,
        row.author,
        in_utc(row.created_at),
        ProposalState(row.state),
        row.decided_by,
        None if row.decided_at is None else in_utc(row.decided_at),
        row.note,
        row.sequence,
    )

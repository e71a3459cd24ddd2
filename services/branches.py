"""Branches: begin one, change it, see what it changes, apply it to main, drop it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection

from core.clock import Clock, clock_for
from core.errors import JumeauError, UsageError
from core.failpoints import reach
from core.principal import Principal
from core.settings import Settings
from graph.history.branch_view import BranchView
from graph.history.branches import Branch, Branches, Told
from graph.history.draft import Draft
from graph.history.events import Run, order_of
from graph.history.ledger import MAIN, Ledger
from graph.history.merge import ELEMENT, Conflict, Merge, Merger, Wins, name_of, open_conflicts
from graph.history.renaming import refuse_renamed
from graph.history.retry import while_it_moves
from graph.model import Operation
from graph.schema.model import Schema
from graph.schema.named_kinds import changeable, kinds_in
from graph.schema.records import RecordValidator
from ingest.precedence import load_precedence
from ingest.reconcile import Reconciler
from services.edits import BY_HAND, Edits, NodeEdit, RelationEdit
from services.known_branches import known_branch
from services.limited_changes import LimitedChanges
from services.relation_conflicts import broken_rules

SOURCE: Final = "branch"
"""The source of runs that apply branches."""


class BranchConflictError(JumeauError):
    """Main has changed what the branch changes; nothing was applied. `details` lists the conflicts."""

    code = "BRANCH_CONFLICT"
    status = 409
    exit_code = 1


class StaleVersionError(JumeauError):
    """A branch has changed since it was looked at."""

    code = "STALE_VERSION"
    status = 409
    exit_code = 1


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a branch did, or would do. `sequence` is main's last event after it."""

    branch: str
    events: int
    conflicts: tuple[Conflict, ...]
    sequence: int
    run: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "branch": self.branch,
            "events": self.events,
            "conflicts": [conflict.to_dict() for conflict in self.conflicts],
            "sequence": self.sequence,
            "run": self.run or None,
        }


class BranchService:
    """The branches of one ledger."""

    def __init__(self, ledger: Ledger, schema: Schema, clock: Clock, actor: str) -> None:
        self.ledger = ledger
        self.schema = schema
        self._actor = actor
        self._limits: LimitedChanges | None = None
        self._clock = clock
        self._validator = RecordValidator(schema)
        self._reconciler = Reconciler(schema, BY_HAND, load_precedence(schema))
        self.branches = Branches(ledger, schema, clock)

    @classmethod
    def of(cls, settings: Settings, schema: Schema, ledger: Ledger) -> BranchService:
        """The branches of an installation."""
        return cls(ledger, schema, clock_for(settings.now), settings.actor)

    def by(
        self,
        actor: str,
        held: frozenset[str] | None = None,
        *,
        reads: frozenset[str] | None = None,
        kinds: frozenset[str] | None = None,
    ) -> BranchService:
        """The same branches for somebody else: what is written is theirs.

        `held` are their perimeters, `reads` the kinds that they may read and `kinds` those that they may change; None for all.
        From whom something is hidden, they know no branches but those that they began. All change what is theirs to change.
        """
        other = copy(self)
        other._actor = actor
        is_limited = (held, reads, kinds) != (None, None, None)
        other._limits = LimitedChanges(self.ledger, self.schema, held, reads, kinds) if is_limited else None
        return other

    def for_(self, principal: Principal, actor: str) -> BranchService:
        """The same branches for a principal, who writes under that name."""
        reads, kinds = kinds_in(self.schema, principal.reads), changeable(principal, self.schema)
        return self.by(actor, principal.perimeters, reads=reads, kinds=kinds)

    @property
    def author(self) -> str:
        """Whose name stands by what is written."""
        return self._actor

    @property
    def is_limited(self) -> bool:
        """Whether changes are limited to perimeters or kinds."""
        return self._limits is not None

    @property
    def knows_own_only(self) -> bool:
        """Whether something is hidden from whoever asks, so that they know no branches of others."""
        return self._limits is not None and self._limits.sees is not None

    def create(self, name: str, *, base: int | None = None, note: str = "") -> Branch:
        """Begin a branch, by default at the present. Raises UsageError."""
        return self.branches.create(name, base=base, actor=self._actor, note=note)

    def drop(self, name: str) -> Branch:
        """Delete a branch with all that was told on it. Raises NotFoundError."""
        return self.branches.drop(self.get(name).name)

    def get(self, name: str) -> Branch:
        """The branch of that name. Raises NotFoundError; for whoever knows their own only also where somebody else began it."""
        return known_branch(self.branches, name, self._actor if self.knows_own_only else None)

    def all(self) -> list[dict[str, Any]]:
        """Every branch, as JSON-ready data; `behind` counts the events of main that it does not see."""
        last = self.ledger.sequence()
        own = (branch for branch in self.branches.all() if not self.knows_own_only or branch.actor == self._actor)
        return [describe(branch, last) for branch in own]

    def view(self, name: str) -> BranchView:
        """What a branch holds, of what is seen. Raises NotFoundError."""
        return self._view(self.branches, self.get(name))

    def _view(self, told: Told, branch: Branch) -> BranchView:
        return BranchView(self.ledger, told, branch) if self._limits is None else self._limits.view(told, branch)

    # --- changing --------------------------------------------------------------------------------------------------

    def change(
        self,
        name: str,
        *,
        nodes: Sequence[NodeEdit] = (),
        relations: Sequence[RelationEdit] = (),
        delete: Sequence[str] = (),
        based_on: int | None = None,
        perimeter: str | None = None,
    ) -> tuple[Branch, list[str]]:
        """Change nodes and relations on a branch, all or nothing; a deleted node takes its relations with it.

        `based_on` is the branch's event that the asker has seen: nothing is written where what is changed was changed since.
        `perimeter` is that of new elements, for whoever is limited to several. Returns the branch and the ids of `nodes` and
        `relations`, in order. Raises NotFoundError, ChangeRefusedError, BranchConflictError, OutsidePerimeterError,
        OutsideKindsError.
        """
        view = self.view(name)
        edits, made = self._edits(view, nodes, relations, delete, perimeter)
        events = sorted(edits.events.values(), key=order_of)
        if self._limits is not None:
            self._limits.check(self.branches, view.branch, events)
        if based_on is not None:
            self._check_since(view, based_on, edits)
        changed = self.branches.append(
            view.branch, events, source=BY_HAND, actor=self._actor, identities=edits.identities
        )
        return changed, made

    def change_main(
        self,
        reason: str,
        *,
        nodes: Sequence[NodeEdit] = (),
        relations: Sequence[RelationEdit] = (),
        delete: Sequence[str] = (),
        based_on: int | None = None,
        perimeter: str | None = None,
    ) -> tuple[Applied, list[str]]:
        """Change main at once, in one batch, all or nothing, as a decision that has a reason.

        `based_on` is the event of main that the asker has seen, by default its last: what was changed since then, and is to be
        changed otherwise, stands against it. `perimeter` is that of new elements, for whoever is limited to several.
        Raises UsageError, NotFoundError, ChangeRefusedError, BranchConflictError, OutsidePerimeterError, OutsideKindsError,
        LedgerError.
        """
        if not reason.strip():
            raise UsageError("a change of main has a reason", where="reason", hint="say why, or change a branch")
        return while_it_moves(lambda: self._change_main(reason, nodes, relations, delete, based_on, perimeter))

    def _change_main(
        self,
        reason: str,
        nodes: Sequence[NodeEdit],
        relations: Sequence[RelationEdit],
        delete: Sequence[str],
        based_on: int | None,
        perimeter: str | None,
    ) -> tuple[Applied, list[str]]:
        last = self.ledger.sequence()
        if based_on is not None and not 0 <= based_on <= last:
            raise UsageError(f"main has no event {based_on}", where="based_on", hint=f"its last one is {last}")
        draft = Draft(last if based_on is None else based_on, self._actor, self._clock.now())
        edits, made = self._edits(self._view(draft, draft.branch), nodes, relations, delete, perimeter)
        if self._limits is not None:
            self._limits.check(draft, draft.branch, list(edits.events.values()))
        branch = draft.tell(sorted(edits.events.values(), key=order_of), BY_HAND, edits.identities)
        merge, standing = self._merged(draft, branch, None)
        if standing:
            raise refused(MAIN, self._shown(standing, draft, branch, merge.sequence))
        told = self._allowed(merge)
        if not merge.events:
            return Applied(MAIN, 0, (), merge.sequence), made
        run = self.ledger.begin_run(BY_HAND, self._actor, reason, str(uuid4()))
        return replace(self._bring(run, merge, draft.identities(branch), MAIN), events=told), made

    def _allowed(self, merge: Merge) -> int:
        """How many events of a merge whoever asks may know of. Raises NotFoundError, OutsidePerimeterError, OutsideKindsError."""
        if self._limits is None:
            return len(merge.events)
        main = Draft(merge.sequence, self._actor, self._clock.now())
        return self._limits.check(main, main.branch, merge.ordered())

    def _shown(self, standing: Sequence[Conflict], told: Told, branch: Branch, sequence: int) -> Sequence[Conflict]:
        """Those of the conflicts that whoever asks may know of."""
        return standing if self._limits is None else self._limits.shown(standing, told, branch, sequence)

    def _edits(
        self,
        view: BranchView,
        nodes: Sequence[NodeEdit],
        relations: Sequence[RelationEdit],
        delete: Sequence[str],
        perimeter: str | None,
    ) -> tuple[Edits, list[str]]:
        edits = Edits(self.schema, self._validator, self._reconciler, view)
        edits.delete(delete)
        made = [edits.node(edit) for edit in nodes] + [edits.relation(edit) for edit in relations]
        if self._limits is not None:
            self._limits.place(edits, view, perimeter)
        former = self.ledger.former(view.branch.base)
        refuse_renamed(edits.events.values(), former, view.branch.name)
        return edits, made

    def _check_since(self, view: BranchView, based_on: int, edits: Edits) -> None:
        """Raises BranchConflictError where the branch has changed, after an event, what is to be changed."""
        branch = view.branch
        if not 0 <= based_on <= branch.version:
            hint = f"its last one is {branch.version}"
            raise UsageError(f"the branch has no event {based_on}", where="based_on", hint=hint)
        since = self.branches.events(branch.id, based_on + 1, branch.version)
        standing = [
            Conflict(e.element, e.kind, name_of(e.after or e.before or {}, e.element), ELEMENT, "changed since")
            for e in (item.event for item in since)
            if e.element in edits.events
        ]
        if standing and self._limits is not None:
            seen = view.states([conflict.element for conflict in standing]).keys()
            raise refused(f"branch {branch.name}", [conflict for conflict in standing if conflict.element in seen])
        if standing:
            raise refused(f"branch {branch.name}", standing)

    # --- applying --------------------------------------------------------------------------------------------------

    def apply(
        self,
        name: str,
        *,
        wins: Wins | None = None,
        dry_run: bool = False,
        version: int | None = None,
        also: Callable[[Connection, Applied], None] | None = None,
    ) -> Applied:
        """Bring a branch's changes to main in one batch, or refuse and show what stands against it.

        `version` is the branch's event that was looked at: with later ones it is refused. `also` writes more in the same
        transaction. Raises NotFoundError, BranchAppliedError, BranchConflictError, StaleVersionError, OutsidePerimeterError,
        OutsideKindsError, LedgerError.
        """
        return while_it_moves(lambda: self._apply(name, wins, version, also, dry_run=dry_run))

    def _apply(
        self,
        name: str,
        wins: Wins | None,
        version: int | None,
        also: Callable[[Connection, Applied], None] | None,
        *,
        dry_run: bool,
    ) -> Applied:
        branch = self.get(name)
        if version is not None and branch.version != version:
            raise StaleVersionError(
                f"the branch {name!r} is at {branch.version}, {version} was looked at",
                where=f"branch {name}",
                hint="look at it again: it has changed since",
            )
        merge, standing = self._merged(self.branches, branch, wins)
        told = self._allowed(merge)
        every = (*merge.conflicts, *(c for c in standing if c not in merge.conflicts))
        shown = tuple(self._shown(every, self.branches, branch, merge.sequence))
        if dry_run:
            return Applied(name, told, shown, merge.sequence)
        if standing:
            raise refused(f"branch {name}", [conflict for conflict in standing if conflict in shown])
        run = self.ledger.begin_run(SOURCE, self._actor, f"branch {name}", f"{branch.id} {branch.version}")
        known = self.branches.identities(branch)
        mark = self.branches.mark_applied(branch)

        def write(connection: Connection, applied: Applied) -> None:
            mark(connection, applied.sequence)
            if also is not None:
                also(connection, applied)

        applied = self._bring(run, merge, known, name, write)
        reach("branch.applied")
        return replace(applied, events=told, conflicts=tuple(c for c in applied.conflicts if c in shown))

    def _merged(self, told: Told, branch: Branch, wins: Wins | None) -> tuple[Merge, list[Conflict]]:
        """The merge with main as it is now, and what stands against it."""
        merge = Merger(self.ledger, told, branch, wins).merge()
        return merge, [*open_conflicts(merge, wins), *broken_rules(self.schema, self.ledger, merge)]

    def _bring(
        self,
        run: Run,
        merge: Merge,
        known: Mapping[str, tuple[str, str]],
        name: str,
        also: Callable[[Connection, Applied], None] | None = None,
    ) -> Applied:
        """Write a merge to main in one batch."""
        new = {key: known[key] for key in known.keys() - self.ledger.identities(list(known)).keys()}
        operations = Counter(event.operation for event in merge.events.values())
        counters = {
            "created": operations[Operation.CREATE],
            "updated": len(merge.events) - operations[Operation.CREATE],
            "unchanged": 0,
            "rejected": 0,
        }

        def applied(last: int) -> Applied:
            return Applied(name, len(merge.events), tuple(merge.conflicts), last, run.id)

        _, last = self.ledger.append(
            run,
            merge.ordered(),
            identities=new,
            counters=counters,
            statuses={run.id: "complete"},
            expected=merge.sequence,
            also=None if also is None else lambda connection, sequence: also(connection, applied(sequence)),
        )
        return applied(last)


def describe(branch: Branch, last: int) -> dict[str, Any]:
    """A branch as JSON-ready data."""
    return {
        "name": branch.name,
        "base": branch.base,
        "events": branch.version,
        "behind": last - branch.base,
        "actor": branch.actor,
        "created_at": branch.created_at.isoformat(),
        "note": branch.note,
        "applied": branch.applied,
    }


def refused(what: str, standing: Sequence[Conflict]) -> BranchConflictError:
    """What to raise where conflicts stand against a change."""
    first = "; ".join(f"{c.kind} {c.name} {c.attribute}: {c.reason}" for c in standing[:3])
    seen = f"{len(standing)} conflicts with main, nothing was applied: {first}"
    return BranchConflictError(
        seen
        if standing
        else "main has changed since, nothing was applied",  # what it is about is not seen by the asker
        where=what,
        hint="--dry-run lists them; --ours keeps what main has, --theirs takes what the branch has",
        details={"conflicts": [conflict.to_dict() for conflict in standing[:100]]},
    )

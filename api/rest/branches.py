"""`/api/branches` and `/api/difference`: changes beside main, and what differs between two moments."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.deps import ToApply, ToBranch, ToCompare, ToLookBack
from api.rest.models import ErrorAnswer
from graph.history.merge import Wins
from services.branches import describe
from services.differences import SHOWN
from services.edits import NodeEdit, RelationEdit
from services.moments import Asked, sequence_of

router = APIRouter(prefix="/api", tags=["branches"], responses={409: {"model": ErrorAnswer}})

MOMENT = "A date (the end of that day, UTC), an instant, or #123 for an event of the ledger."


class BranchRequest(BaseModel):
    """A branch to begin."""

    model_config = ConfigDict(extra="forbid")

    name: str
    at: str | None = Field(default=None, description=f"Where it begins; by default the present. {MOMENT}")
    note: str = Field(default="", description="What it is for.")


class NodeModel(BaseModel):
    """A node as it is to be; with `id` changes of one that is there. Attributes that are not named stay, null takes one away."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    id: str | None = None
    properties: dict[str, Any] = Field(default_factory=dict)


class RelationModel(BaseModel):
    """A relation that is to be."""

    model_config = ConfigDict(extra="forbid")

    type: str
    start: str
    end: str
    properties: dict[str, Any] = Field(default_factory=dict)


class ChangesRequest(BaseModel):
    """Changes that are made together or not at all."""

    model_config = ConfigDict(extra="forbid")

    nodes: list[NodeModel] = Field(default_factory=list)
    relations: list[RelationModel] = Field(default_factory=list)
    delete: list[str] = Field(default_factory=list, description="Ids; a node takes its relations with it.")
    perimeter: str | None = Field(
        default=None,
        description="Of new nodes that would be in none of the caller's perimeters, where there are several.",
    )


class ApplyRequest(BaseModel):
    """How a branch is brought to main."""

    model_config = ConfigDict(extra="forbid")

    wins: Literal["ours", "theirs"] | None = Field(
        default=None, description="Where both changed the same: `ours` keeps main, `theirs` takes the branch; else 409."
    )
    dry_run: bool = Field(default=False, description="Write nothing; tell the conflicts.")


class DifferenceRequest(BaseModel):
    """Two moments. A branch without a moment is the branch as it is now."""

    model_config = ConfigDict(extra="forbid")

    since: str | None = Field(default=None, description=MOMENT)
    since_branch: str | None = None
    until: str | None = Field(default=None, description=f"By default the present. {MOMENT}")
    until_branch: str | None = None
    kind: str | None = Field(default=None, description="Only this kind, generic or relation type.")
    shown: int = Field(default=SHOWN, ge=0, le=SHOWN, description="Elements that are listed one by one.")


class BranchAnswer(BaseModel):
    """A branch. `behind` counts the events of main that it does not see."""

    name: str
    base: int
    events: int
    behind: int
    actor: str
    created_at: str
    note: str
    applied: int | None


class ChangesAnswer(BaseModel):
    """A branch after a change, and the ids of what was told, nodes first."""

    branch: BranchAnswer
    elements: list[str]


class ConflictModel(BaseModel):
    """What main and the branch both changed: the value at the base, on main and on the branch."""

    element: str
    kind: str
    name: str
    attribute: str
    reason: str
    base: Any
    main: Any
    branch: Any


class AppliedAnswer(BaseModel):
    """What applying did, or would do."""

    branch: str
    events: int
    conflicts: list[ConflictModel]
    sequence: int
    run: str | None


class DifferenceAnswer(BaseModel):
    """Counts of all that differs, and the first elements one by one."""

    model_config = ConfigDict(populate_by_name=True)

    since: dict[str, int] = Field(alias="from")
    to: dict[str, int]
    elements: int
    counts: list[dict[str, Any]]
    attributes: list[dict[str, Any]]
    changes: list[dict[str, Any]]


@router.get("/branches")
def branches(services: ToLookBack) -> list[BranchAnswer]:
    """Every branch, by name; of somebody with perimeters, those that they began."""
    return [BranchAnswer(**content) for content in services.branches.all()]


@router.post("/branches", status_code=201)
def create(body: BranchRequest, services: ToBranch) -> BranchAnswer:
    """Begin a branch."""
    services.call.target = body.name
    service = services.branches
    base = None if body.at is None else sequence_of(service.ledger, body.at)
    branch = service.create(body.name, base=base, note=body.note)
    return BranchAnswer(**describe(branch, service.ledger.sequence()))


@router.post("/branches/{name}/changes")
def change(name: str, body: ChangesRequest, services: ToBranch) -> ChangesAnswer:
    """Change elements on a branch, all or nothing. What the schema does not admit is refused with its reason."""
    service = services.branches
    branch, made = service.change(
        name,
        nodes=[NodeEdit(node.kind, node.properties, node.id) for node in body.nodes],
        relations=[RelationEdit(r.type, r.start, r.end, r.properties) for r in body.relations],
        delete=body.delete,
        perimeter=body.perimeter,
    )
    return ChangesAnswer(branch=BranchAnswer(**describe(branch, service.ledger.sequence())), elements=made)


@router.post("/branches/{name}/apply")
def apply(name: str, body: ApplyRequest, services: ToApply) -> AppliedAnswer:
    """Bring a branch's changes to main in one piece; with conflicts nothing is done, unless one side wins."""
    wins = None if body.wins is None else Wins(body.wins)
    applied = services.branches.apply(name, wins=wins, dry_run=body.dry_run)
    if not body.dry_run:
        services.twin.catch_up()
    return AppliedAnswer(**applied.to_dict())


@router.delete("/branches/{name}")
def drop(name: str, services: ToBranch) -> BranchAnswer:
    """Delete a branch and everything on it; main is not concerned."""
    service = services.branches
    return BranchAnswer(**describe(service.drop(name), service.ledger.sequence()))


@router.post("/difference", response_model_by_alias=True)
def difference(body: DifferenceRequest, services: ToCompare) -> DifferenceAnswer:
    """What leads from one moment to another, by element and attribute."""
    services.call.asked(body.model_dump_json())
    first, last = Asked(body.since, body.since_branch), Asked(body.until, body.until_branch)
    told = services.differences.between(first, last, kind=body.kind, shown=body.shown)
    services.call.told(len(told["changes"]))
    return DifferenceAnswer(**told)

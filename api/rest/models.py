"""Bodies of requests and answers, as OpenAPI documents them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

AS_OF = "Answer as the twin was: a date (the end of that day, UTC), an instant, or #123 for an event of the ledger."
BRANCH = "Answer as the twin is on this branch."
PERIMETERS = "Answer as for somebody who sees these perimeters only; never more than the caller sees."


class QueryRequest(BaseModel):
    """A Cypher query, read-only."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"query": "MATCH (s:Server {name: $name}) RETURN s.os_family AS os", "parameters": {"name": "SRV-1"}}
            ]
        },
    )

    query: str = Field(description="Cypher text.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="Values of `$parameters`; dates as ISO 8601.")
    perimeters: list[str] | None = Field(default=None, description=PERIMETERS)
    as_of: str | None = Field(default=None, description=AS_OF)
    branch: str | None = Field(default=None, description=BRANCH)


class CatalogueRequest(BaseModel):
    """Parameters of a named query."""

    model_config = ConfigDict(extra="forbid")

    parameters: dict[str, Any] = Field(
        default_factory=dict, description="By name; an element is named by id, name or alias."
    )
    perimeters: list[str] | None = Field(default=None, description=PERIMETERS)
    as_of: str | None = Field(default=None, description=AS_OF)
    branch: str | None = Field(default=None, description=BRANCH)


class MomentModel(BaseModel):
    """The state that was asked, where it is not the present of main."""

    sequence: int = Field(description="The last event of main that it has.")
    recorded_at: str | None = Field(description="When that event was recorded: ISO 8601, UTC.")
    branch: str | None
    branch_events: int = Field(description="Events of the branch that it has.")


class QueryAnswer(BaseModel):
    """Rows, with what is known about them."""

    columns: list[str]
    rows: list[list[Any]] = Field(description="Cells: scalars, lists, maps, nodes, relationships, paths.")
    backend: str
    engine: str = Field(description="native, index or fallback.")
    elapsed_ms: float
    sequence: int = Field(description="The ledger sequence that the rows reflect.")
    ledger_sequence: int
    truncated: bool = Field(description="Whether rows were cut at the row cap.")
    notes: list[str]
    sources: dict[str, str] = Field(description="For each source, the moment that its data is of.")
    moment: MomentModel | None = Field(default=None, description="Where `as_of` or `branch` was given.")
    hidden: int | None = Field(
        default=None,
        description="Where impact went through what is hidden: how many elements it reached that the asker may not see.",
    )


class Titles(BaseModel):
    """A title in two languages."""

    en: str
    fr: str


class CatalogueParameterModel(BaseModel):
    """A parameter of a named query; `type` is a scalar type or the kind of the element that the value names."""

    name: str
    type: str
    required: bool
    default: Any = None
    description: str


class CatalogueEntry(BaseModel):
    """A named query."""

    name: str
    title: Titles
    description: str
    parameters: list[CatalogueParameterModel]
    cypher: str


class CatalogueList(BaseModel):
    """The named queries."""

    queries: list[CatalogueEntry]


class Freshness(BaseModel):
    """How far the graph is behind the ledger."""

    up_to_date: bool
    events_behind: int


class Health(BaseModel):
    """Whether the twin answers, and how fresh its answers are."""

    status: str = Field(description="ok, or behind while the graph follows the ledger.")
    backend: str
    sequence: int = Field(description="The last ledger sequence that the graph has.")
    ledger_sequence: int
    freshness: Freshness


class Standing(BaseModel):
    """How one server stands, for probes."""

    status: str = Field(description="live, or ready.")


class Sequence(BaseModel):
    """A ledger sequence."""

    sequence: int


class StoreState(BaseModel):
    """What a store holds."""

    sequence: int
    checksum: str
    counts: dict[str, int]


class DifferenceModel(BaseModel):
    """An element, or an attribute of one, that a backend holds differently from the ledger."""

    kind: str
    element: str
    problem: str
    attribute: str | None
    expected: str | None
    found: str | None


class BackendState(StoreState):
    """What a backend holds, compared with the ledger."""

    url: str
    equal: bool
    differences: list[DifferenceModel]


class VerificationModel(BaseModel):
    """A comparison of the backend with the ledger."""

    ledger: StoreState
    backends: list[BackendState]
    equal: bool


class ErrorBody(BaseModel):
    """An error: a stable code, what was seen, where, and what to try."""

    code: str
    message: str
    where: str | None
    hint: str | None
    details: dict[str, Any]


class ErrorAnswer(BaseModel):
    """What every failure answers with."""

    error: ErrorBody


class HistoryRequest(BaseModel):
    """Whose history is asked for."""

    model_config = ConfigDict(extra="forbid")

    of: str = Field(description="Id, name, number, code or alias; an element that is gone by its id only.")
    kind: str = Field("ConfigurationItem", description="Kind among which the name is looked for.")
    relations: bool = Field(False, description="Whether the events of its relations are told too.")


class ChangeModel(BaseModel):
    """One attribute before and after an event; null where it had, or has, no value."""

    attribute: str
    before: Any
    after: Any


class HistoryEntryModel(BaseModel):
    """One event."""

    sequence: int
    at: str = Field(description="When it was recorded: ISO 8601, UTC.")
    actor: str
    source: str
    run: str
    operation: str = Field(description="create, update, delete or reclassify.")
    element: str
    kind: str = Field(description="Kind of a node, type of a relation.")
    other: str | None = Field(description="The element at the far end, for a relation.")
    other_name: str | None
    changes: list[ChangeModel]


class HistoryAnswer(BaseModel):
    """The history of an element, oldest first."""

    element: str
    entries: list[HistoryEntryModel]

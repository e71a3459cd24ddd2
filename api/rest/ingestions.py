"""`/api/ingestions`: loads over HTTP. A job is opened, takes files, is started, watched, cancelled, taken up again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.deps import Services, ToLoad, ToSeeLoads
from api.job_events import MEDIA_TYPE, JobEventResponse
from api.rest.jobs import JobErrorModel
from api.uploads import receive
from ingest.retirement import BRAKE
from services.access.rights import Action, require
from services.audit.entry import LONGEST_REASON
from services.jobs.job import JobState
from services.jobs.load_job import LoadJob, LoadOrder
from services.jobs.load_rights import require_load
from services.runs import progress_of

router = APIRouter(prefix="/api/ingestions", tags=["ingestion"])


class IngestionRequest(BaseModel):
    """What is to be loaded, and how: the options of `jumeau ingest`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"source": "csv", "dry_run": True, "reason": "weekly export of the CMDB"}]},
    )

    source: str = Field(description="The source, by which its mapping is found: csv, netbox, servicenow and so on.")
    dry_run: bool = Field(default=False, description="Write nothing; tell the difference that the load would make.")
    complete: bool = Field(default=False, description="This is all that the source has: retire what it tells no more.")
    brake: float = Field(
        default=BRAKE, ge=0, le=1, description="With `complete`: the largest share of the source's elements to retire."
    )
    reread: bool = Field(default=False, description="Read the export even if the same was loaded before.")
    branch: str | None = Field(default=None, description="Load onto this branch: main does not see it.")
    reason: str | None = Field(default=None, max_length=LONGEST_REASON, description="Why, for the audit trail.")


class StartRequest(BaseModel):
    """What changes in the order of a job: a dry run is started again as a load without another upload."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool | None = Field(default=None, description="In place of what the job was opened with.")


class FileModel(BaseModel):
    """A file that arrived whole."""

    name: str
    size: int = Field(description="Bytes.")
    sha256: str = Field(description="In hexadecimal.")


class OrderModel(BaseModel):
    """The order of a job."""

    source: str
    dry_run: bool
    complete: bool
    brake: float
    reread: bool
    branch: str | None
    reason: str | None


class JobProgressModel(BaseModel):
    """How far a job is. Counts of the run are those of its batches that were committed."""

    stage: str | None = Field(description="look through, nodes, references, relations, project.")
    rows: int = Field(description="Rows of that stage; of `project`, events.")
    total: int = Field(description="Rows in all; 0 for unknown.")
    batches: int | None = Field(default=None, description="Batches of the run.")
    events: int | None = Field(default=None, description="Events that the run has written.")
    counters: dict[str, int] = Field(default_factory=dict, description="created, updated, unchanged, rejected.")


class IngestionAnswer(BaseModel):
    """A job."""

    id: str
    state: JobState
    order: OrderModel
    files: list[FileModel] = Field(description="None once they are loaded, or refused.")
    actor: str = Field(description="Who opened it.")
    started_by: str | None
    opened_at: str = Field(description="ISO 8601, UTC, as all instants here.")
    started_at: str | None
    ended_at: str | None
    attempts: int = Field(description="How often it was started.")
    may_start: bool = Field(description="Whether it can be started, or started again and goes on.")
    cancelling: bool
    run: str | None = Field(description="The run in the ledger, once there is one.")
    progress: JobProgressModel
    report: dict[str, Any] | None = Field(
        description="What the load did, as `jumeau ingest --output json` tells it: counters, rejected rows, `difference` of a "
        "dry run, `retirement`."
    )
    error: JobErrorModel | None
    sequence: int | None = Field(description="The ledger's, after the load.")
    graph_sequence: int | None = Field(description="The graph's, once it has followed.")


ID = "The job's identifier."


@router.post("", status_code=201)
def open_job(body: IngestionRequest, services: ToLoad, response: Response) -> IngestionAnswer:
    """Open a job. Files are sent to it with PUT, one by one; nothing is read before it is started."""
    services.call.reason = body.reason
    if body.branch is not None:
        require(services.principal, Action.BRANCH)
    require_load(services.principal, services.twin.schema, body.source)
    job = services.jobs.open(LoadOrder(**body.model_dump()), services.actor)
    services.call.target = job.id
    response.headers["Location"] = f"{router.prefix}/{job.id}"
    return _answer(services, job)


@router.get("")
def list_jobs(
    services: ToSeeLoads,
    source: str | None = None,
    state: JobState | None = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> list[IngestionAnswer]:
    """The jobs of this server, the latest first."""
    found = [job for job in services.jobs.jobs(state=state) if source in (None, job.order.source)][:limit]
    services.call.told(len(found))
    return [_answer(services, job) for job in found]


@router.get("/{id}")
def see_job(id: str, services: ToSeeLoads) -> IngestionAnswer:
    """A job as it stands."""
    return _answer(services, services.jobs.job(id))


@router.put(
    "/{id}/files/{name:path}",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def upload(id: str, name: str, services: ToLoad, request: Request) -> FileModel:
    """Send one file of the export: the body is the file, as it is. One of the same name is replaced.

    With `Content-Digest: sha-256=:BASE64:` it is kept only if it arrived as it was sent.
    """
    file = await receive(request, services.jobs, id, name, services.twin.settings.upload_silence_s)
    return FileModel(name=file.name, size=file.size, sha256=file.sha256)


@router.post("/{id}/start", status_code=202)
def start(id: str, services: ToLoad, response: Response, body: StartRequest | None = None) -> IngestionAnswer:
    """Start a job, or start it again: a load that was cancelled or interrupted goes on where it stopped."""
    job = services.jobs.job(id)
    services.call.reason = job.order.reason
    if job.order.branch is not None:
        require(services.principal, Action.BRANCH)
    require_load(services.principal, services.twin.schema, job.order.source)
    started = services.jobs.begin(id, services.actor, dry_run=None if body is None else body.dry_run)
    response.headers["Location"] = f"{router.prefix}/{id}"
    return _answer(services, started)


@router.post("/{id}/cancel", status_code=202)
def cancel(id: str, services: ToLoad) -> IngestionAnswer:
    """Stop a job after the batch at hand. What was committed is kept; starting it again goes on there."""
    return _answer(services, services.jobs.cancel(id))


@router.delete("/{id}")
def discard(id: str, services: ToLoad) -> IngestionAnswer:
    """Take a job away, with the files that it still has. What it loaded stays: `jumeau ingest undo` takes that back."""
    return _answer(services, services.jobs.discard(id))


@router.get(
    "/{id}/events",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}}, 204: {"description": "It has ended, and all was told."}},
)
async def events(id: str, services: ToSeeLoads, request: Request) -> Response:
    """Watch a job: events `state` and `progress` as they happen, as server-sent events, until it ends.

    With `Last-Event-ID` only what came after; where nothing will come any more the answer is 204, which ends reconnecting.
    """
    return await JobEventResponse.open(services, services.jobs, request, id)


def _answer(services: Services, job: LoadJob) -> IngestionAnswer:
    """A job as it is told; of one that loads, with what its run has committed."""
    progress = JobProgressModel(stage=job.stage, rows=job.rows, total=job.total)
    if job.run is not None and job.state is JobState.RUNNING:
        run = progress_of(services.twin.ledger, job.run, services.principal)
        progress.batches, progress.events, progress.counters = run.batches, run.events, run.counters
    elif job.report is not None:
        progress.counters = job.report["counters"]
    return IngestionAnswer(
        id=job.id,
        state=job.state,
        order=OrderModel(**job.order.to_dict()),
        files=[FileModel(name=file.name, size=file.size, sha256=file.sha256) for file in job.files.values()],
        actor=job.actor,
        started_by=job.started_by,
        opened_at=job.opened_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        attempts=job.attempts,
        may_start=job.may_start,
        cancelling=job.is_cancelling,
        run=job.run,
        progress=progress,
        report=job.report,
        error=None if job.error is None else JobErrorModel(**job.error),
        sequence=job.sequence,
        graph_sequence=job.graph_sequence,
    )

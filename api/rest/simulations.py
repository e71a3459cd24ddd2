"""`/api/simulations`: simulations that a server plays: started from a scenario, watched, cancelled, read, kept in the graph."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from api.deps import ToSeeSimulations, ToSimulate
from api.job_events import MEDIA_TYPE, JobEventResponse
from api.rest.jobs import JobErrorModel
from api.rest.models import ErrorAnswer
from api.simulation_requests import SimulationRequest, begin
from core.errors import UsageError
from services.access.rights import Action
from services.jobs.job import JobState
from services.simulation.job import SimulationJob

router = APIRouter(
    prefix="/api/simulations",
    tags=["simulation"],
    responses={status: {"model": ErrorAnswer} for status in (409, 413, 415, 429, 507)},
)

JSON: Final = "application/json"
YAML: Final = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")
_OPTIONS: Final = ("branch", "as_of", "replications", "seed", "keep", "incidents", "insight", "detailed", "reason")


class ScenarioMediaTypeError(UsageError):
    """A simulation that is asked for neither in JSON nor with a scenario in YAML."""

    code = "SCENARIO_MEDIA_TYPE"
    status = 415


class SimulationProgressModel(BaseModel):
    """How far a simulation is."""

    stage: str | None = Field(description="build, replications, read event by event, keep, project.")
    done: int
    total: int = Field(description="0 for unknown.")


class KeptModel(BaseModel):
    """What was kept of a run in the graph."""

    run: str
    summaries: int
    incidents: int
    summaries_left_out: int
    incidents_left_out: int
    dropped: list[str] = Field(description="Runs that went to make room.")
    sequence: int


class PlayedModel(BaseModel):
    """What was played, in brief; `GET /api/simulations/{id}/result` has the whole."""

    scenario: str
    replications: int = Field(description="Of a comparison: those that pair up.")
    wanted: int
    stopped: str | None = Field(description="What ended it before all were done: cancelled, or time.")
    hours: float = Field(description="Simulated time of one replication.")
    sequence: int = Field(description="The event of the ledger that the estate reflects.")
    notes: list[str]
    kept: KeptModel | None
    simulated: bool = True


class SimulationAnswer(BaseModel):
    """A simulation."""

    id: str
    state: JobState
    order: dict[str, Any] = Field(description="What was asked for, scenarios as they are played.")
    actor: str = Field(description="Who asked for it.")
    opened_at: str = Field(description="ISO 8601, UTC, as all instants here.")
    started_at: str | None
    ended_at: str | None
    cancelling: bool
    progress: SimulationProgressModel
    report: PlayedModel | None
    run: str | None = Field(description="The run in the graph, where it was kept.")
    error: JobErrorModel | None
    sequence: int | None = Field(description="The ledger's, after the run was kept.")
    graph_sequence: int | None = Field(description="The graph's, once it has followed.")


@router.post(
    "",
    status_code=202,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                JSON: {"schema": SimulationRequest.model_json_schema()},
                YAML[0]: {"schema": {"type": "string", "description": "A scenario file. Options are in the address."}},
            },
        },
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": "With a scenario file as the body; in JSON it is a field of the body.",
                "schema": SimulationRequest.model_json_schema()["properties"][name],
            }
            for name in _OPTIONS
        ],
    },
)
async def start(request: Request, services: ToSimulate, response: Response) -> SimulationAnswer:
    """Have a scenario played, in JSON or as the YAML file that it is. It is refused at once where it is wrong or too large."""
    wanted = _wanted(request, await request.body())
    services.call.asked(wanted.text())
    job = await run_in_threadpool(begin, services, wanted)
    response.headers["Location"] = f"{router.prefix}/{job.id}"
    return _answer(job)


@router.get("")
def list_simulations(
    services: ToSeeSimulations,
    state: JobState | None = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> list[SimulationAnswer]:
    """The simulations of this server, the latest first. Kept runs are at `/api/simulation-runs`, whoever kept them."""
    found = services.simulations.jobs(state=state)[:limit]
    services.call.told(len(found))
    return [_answer(job) for job in found]


@router.get("/{id}")
def see_simulation(id: str, services: ToSeeSimulations) -> SimulationAnswer:
    """A simulation as it stands."""
    return _answer(services.simulations.job(id))


@router.get("/{id}/result", response_class=Response, responses={200: {"content": {JSON: {}}}})
def see_result(id: str, services: ToSeeSimulations) -> Response:
    """The whole of what was played: availability with intervals, what it teaches, or differences, all simulated."""
    return FileResponse(services.simulations.result(id), media_type=JSON, headers={"Cache-Control": "no-store"})


@router.post("/{id}/cancel", status_code=202)
def cancel(id: str, services: ToSimulate) -> SimulationAnswer:
    """Stop a simulation. The replications that are finished count, and are kept where two at least are."""
    return _answer(services.simulations.cancel(id))


@router.delete("/{id}")
def discard(id: str, services: ToSimulate) -> SimulationAnswer:
    """Take a simulation that has ended off the list, with its result. A run that was kept stays."""
    return _answer(services.simulations.discard(id))


@router.get(
    "/{id}/events",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}}, 204: {"description": "It has ended, and all was told."}},
)
async def events(id: str, services: ToSeeSimulations, request: Request) -> Response:
    """Watch a simulation: events `state` and `progress` as they happen, as server-sent events, until it ends.

    With `Last-Event-ID` only what came after; where nothing will come any more the answer is 204, which ends reconnecting.
    """
    return await JobEventResponse.open(services, services.simulations, request, id, Action.SIMULATE)


def _wanted(request: Request, body: bytes) -> SimulationRequest:
    """Raises ScenarioMediaTypeError, UsageError, RequestValidationError."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    options = dict(request.query_params)
    try:
        if given in YAML:
            strange = sorted(options.keys() - set(_OPTIONS))
            if strange:
                raise UsageError(f"there is no option {strange[0]!r}", where="query", hint=", ".join(_OPTIONS))
            text = body.decode("utf-8", "replace")
            return SimulationRequest.model_validate({**options, "scenario": text})
        if given != JSON:
            seen = given or "of no media type"
            raise ScenarioMediaTypeError(f"the body is {seen}", where="Content-Type", hint=f"{JSON} or {YAML[0]}")
        if options:
            raise UsageError("options are fields of the body", where="query", hint="leave them out of the address")
        return SimulationRequest.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False)) from error


def _answer(job: SimulationJob) -> SimulationAnswer:
    return SimulationAnswer(
        id=job.id,
        state=job.state,
        order=job.order.to_dict(),
        actor=job.actor,
        opened_at=job.opened_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        cancelling=job.is_cancelling,
        progress=SimulationProgressModel(stage=job.stage, done=job.rows, total=job.total),
        report=None if job.report is None else PlayedModel(**job.report),
        run=job.run,
        error=None if job.error is None else JobErrorModel(**job.error),
        sequence=job.sequence,
        graph_sequence=job.graph_sequence,
    )

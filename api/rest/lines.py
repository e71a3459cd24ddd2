"""`/api/lines`: production lines to play and to watch, and `/lines`, the page that does both with a form and no code."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.deps import Services, ToRead, ToTellReadings
from api.job_events import MEDIA_TYPE
from api.line_page import form_of_the_reference_line
from api.line_stream import OFTENEST_S, SELDOMEST_S, LineStream
from core.clock import SystemClock, in_utc
from core.principal import Principal
from services.simulation.live import parse_speed

if TYPE_CHECKING:
    from services.simulation.lines_asked import Ask, AskedLine

router = APIRouter(prefix="/api/lines", tags=["production lines"])

MOST_REPLICATIONS: Final = 2_000
MOST_READINGS: Final = 10_000
"""Of one request."""


class LineRequest(BaseModel):
    """Which line: exactly one of `name`, `reference` and `line`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reference": {"machine_a_time": 6, "arrival_rate": 4}}]}
    )

    name: str | None = Field(default=None, description="A line of the twin that the caller sees.")
    reference: dict[str, Any] | None = Field(
        default=None, description="Parameters of the reference line A, B, quality control; those not given are usual."
    )
    line: dict[str, Any] | None = Field(
        default=None, description="A whole line, as its file has it (simulate/line/line.schema.json)."
    )
    seed: int = Field(default=1, ge=0, lt=2**64)


class SimulateLineRequest(LineRequest):
    """What is played."""

    replications: int = Field(default=100, ge=2, le=MOST_REPLICATIONS)


class WatchLineRequest(LineRequest):
    """What is watched, and how fast. The same `started_at` shows the same moment to everybody, and goes on after an interruption."""

    speed: str = Field(description="How fast the clock goes, such as `1s=5min`: a second for five minutes.")
    every: float = Field(default=1.0, ge=OFTENEST_S, le=SELDOMEST_S, description="Seconds between two looks.")
    started_at: datetime | None = Field(default=None, description="When the clock was started; by default now.")


class ReadingsRequest(BaseModel):
    """Measured times, as a gateway of sensors tells them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"readings": [{"stage": "bake", "minutes": 13.9, "sensor": "oven-1", "at": "2025-01-01T08:00:00Z"}]}
            ]
        },
    )

    readings: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=MOST_READINGS,
        description="`stage` and `minutes` of one piece, `at` and `sensor` where known; what is no reading is told and passed over.",
    )
    propose: bool = Field(default=False, description="Propose what was measured where a stage has drifted.")


class LinesAnswer(BaseModel):
    """Lines that the caller sees, and the form of the reference line: each parameter with its default and what is refused."""

    lines: list[str]
    form: dict[str, Any]


@router.get("", response_model=LinesAnswer)
def lines(services: ToRead) -> dict[str, Any]:
    """The lines that there are, and the parameters of the prebuilt one."""
    from simulate.extra import needs_the_extra  # here, as below: who asks for no line loads nothing of simulation

    with needs_the_extra():
        from services.simulation.lines_asked import names

        return {
            "lines": names(services.twin.schema, _asking(services, services.principal)),
            "form": form_of_the_reference_line(),
        }


@router.post("/simulate", response_model=dict[str, Any])
def simulate(body: SimulateLineRequest, services: ToRead) -> dict[str, Any]:
    """Play a line: every figure with its 95 % interval, the bottleneck by three rules, and curves. Nothing is kept."""
    from simulate.extra import needs_the_extra

    services.call.asked(body.model_dump_json())
    with needs_the_extra():
        from services.simulation.lines_asked import line_of, played

        line = line_of(_asked(body), services.twin.schema, _asking(services, services.principal))
        told = played(line, body.seed, body.replications)
    services.call.told(1)
    return told


@router.post("/{name}/readings", response_model=dict[str, Any])
def readings(name: str, body: ReadingsRequest, services: ToTellReadings) -> dict[str, Any]:
    """Hold measured times against a kept line: what has drifted, the law that fits, and the proposal that somebody else approves.

    Twenty readings of a stage at least say something of it. An open proposal of the line stands until it is decided on.
    """
    from simulate.extra import needs_the_extra

    with needs_the_extra():
        from services.simulation.production_lines import ProductionLines

        twin = services.twin
        kept = ProductionLines(twin.ledger, twin.schema, twin.clock, services.actor)
        told = kept.told(name, body.readings, "readings over HTTP", propose=body.propose)
    services.call.told(told.readings)
    return told.to_dict()


@router.post(
    "/live",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "Events `line`, `figures`, `over`, `error`."}},
)
async def live(body: WatchLineRequest, services: ToRead, request: Request) -> Response:
    """Watch a line as it runs, as server-sent events: its figures, its bottleneck, and the last readings of its sensors."""
    services.call.asked(body.model_dump_json())
    return await run_in_threadpool(_stream, body, services, request)


def _stream(body: WatchLineRequest, services: Services, request: Request) -> LineStream:
    from simulate.extra import needs_the_extra

    speed = parse_speed(body.speed)
    with needs_the_extra():
        from services.simulation.line_watching import LineWatch
        from services.simulation.lines_asked import last_readings, line_of

    schema, clock = services.twin.schema, SystemClock()
    line = line_of(_asked(body), schema, _asking(services, services.principal))
    started = clock.now() if body.started_at is None else in_utc(body.started_at)
    watched = LineWatch(line, body.seed, speed, started)
    opening = {
        "line": line.name,
        "minutes": line.horizon,
        "speed": speed,
        "seed": body.seed,
        "started_at": started.isoformat(),
        "stages": [{"name": stage.name, "machines": stage.machines, "buffer": stage.buffer} for stage in line.stages],
        "simulated": True,
    }

    def look(principal: Principal) -> dict[str, Any]:
        told = last_readings(body.name, schema, _asking(services, principal))
        return watched.look(clock.now(), told).to_dict()

    return LineStream(services, request, opening, look, body.every)


def _asked(body: LineRequest) -> AskedLine:
    from services.simulation.lines_asked import AskedLine

    return AskedLine(body.name, body.reference, body.line)


def _asking(services: Services, principal: Principal) -> Ask:
    return lambda text, given: services.queries.cypher(text, given, principal).to_dict()

"""The tools: each a question through the services, with the rights of who asks. None of them changes anything, or keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.ask import Asking
from agent.conversation import turns
from api.deps import Services
from api.errors import PayloadError
from api.mcp.schema_text import describe
from api.rest.ask import EARLIER, LONGEST, UNDERSTOOD
from api.rest.models import AS_OF, BRANCH, PERIMETERS
from core.errors import NotFoundError
from core.principal import require_whole_estate
from services.access.rights import Action, require
from services.moments import Asked

MOST_REPLICATIONS: Final = 1_000
IMPACT: Final = "downstream_impact"
"""The query of the catalogue that says what may stop when an element stops."""


class Arguments(BaseModel):
    """What every tool may be told."""

    model_config = ConfigDict(extra="forbid")

    perimeters: list[str] | None = Field(default=None, description=PERIMETERS)


class OfAMoment(Arguments):
    """What may be asked about another moment than the present."""

    as_of: str | None = Field(default=None, description=AS_OF)
    branch: str | None = Field(default=None, description=BRANCH)

    @property
    def asked(self) -> Asked:
        """The moment that is meant."""
        return Asked(self.as_of, self.branch)


class AskArguments(OfAMoment):
    """A question in words."""

    question: str = Field(description="In French or English.", min_length=1, max_length=LONGEST)
    conversation: list[str] = Field(
        default_factory=list, max_length=EARLIER, description="Earlier questions, the latest last."
    )
    understood: dict[str, Any] | None = Field(default=None, description=UNDERSTOOD)
    language: Literal["fr", "en"] | None = Field(default=None, description="Of the answer; by default the question's.")


class QueryArguments(OfAMoment):
    """A query text."""

    cypher: str = Field(description="openCypher that reads.", min_length=1)
    parameters: dict[str, Any] = Field(default_factory=dict)


class SchemaArguments(Arguments):
    """A kind, or all of them."""

    kind: str | None = Field(default=None, description="Only this kind, with its attributes and relations.")


class ImpactArguments(OfAMoment):
    """An element."""

    of: str = Field(description="Id, name, number, code or alias of a configuration item.", min_length=1)


class HistoryArguments(Arguments):
    """An element, and how much of its history."""

    of: str = Field(description="Id, name, number, code or alias.", min_length=1)
    kind: str = Field(default="ConfigurationItem", description="Of which kind it is.")
    relations: bool = Field(default=False, description="Those of its relations too.")


class SimulateArguments(OfAMoment):
    """A scenario, played on the twin as it is, or as a branch makes it."""

    scenario: dict[str, Any] | str = Field(
        description="As a scenario file has it: name, duration, kinds, items, changes ...; or the text of such a file."
    )
    replications: int = Field(default=200, ge=2, le=MOST_REPLICATIONS)
    seed: int | None = Field(default=None, ge=0, lt=2**64)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what it is called and told, what it asks for, and what answers."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    action: Action
    answer: Callable[[Services, Any], dict[str, Any]]

    def call(self, services: Services, given: Mapping[str, Any]) -> dict[str, Any]:
        """The answer. Raises PayloadError, ForbiddenError, RestrictedError and what the services raise."""
        services.call.target = self.name
        services.call.action = self.action.value
        require(services.principal, self.action)
        try:
            arguments = self.arguments.model_validate(dict(given))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise PayloadError(first["msg"], where=where, hint=f"tools/list has the form of {self.name}") from None
        narrowed = services.principal.narrowed(arguments.perimeters)
        return self.answer(services.asked_by(narrowed, services.call), arguments)


def _ask(services: Services, given: AskArguments) -> dict[str, Any]:
    services.check_free_question()
    services.call.asked(given.question)
    earlier = turns(given.conversation, given.understood)
    asking = Asking(services.principal, earlier, given.language, given.asked)
    answer = services.asks.service().ask(given.question, asking)
    services.call.told(len(answer.rows), answer.sequence)
    return answer.to_dict()


def _query(services: Services, given: QueryArguments) -> dict[str, Any]:
    services.check_free_question()
    services.call.asked(given.cypher)
    with services.moments.reading(given.asked, services.principal) as (queries, _):
        result = queries.cypher(given.cypher, given.parameters, services.principal)
        services.call.told(len(result.answer.rows), result.ledger_sequence)
        return result.to_dict()


def _schema(services: Services, given: SchemaArguments) -> dict[str, Any]:
    return describe(services.twin.schema, given.kind)


def _impact(services: Services, given: ImpactArguments) -> dict[str, Any]:
    services.call.asked(given.of)
    with services.moments.reading(given.asked, services.principal) as (_, catalogue):
        result = catalogue.run(IMPACT, {"ci": given.of}, services.principal)
        services.call.told(len(result.answer.rows), result.ledger_sequence)
        return result.to_dict()


def _history(services: Services, given: HistoryArguments) -> dict[str, Any]:
    require_whole_estate(services.principal, "the history of an element")
    services.call.asked(given.of)
    told = services.history.of(given.of, kind=given.kind, relations=given.relations)
    services.call.told(len(told["entries"]))
    return told


def _simulate(services: Services, given: SimulateArguments) -> dict[str, Any]:
    """A run whose time is bounded like that of a query: the replications that were done by then count."""
    require_whole_estate(services.principal, "a simulation")
    services.call.asked(str(given.scenario))
    from simulate.extra import needs_the_extra  # here: who asks no simulation loads nothing of it

    with needs_the_extra():
        from services.simulation.bounds import Bounds
        from services.simulation.order import Order
        from services.simulation.run import simulate
        from services.simulation.snapshot import snapshot_of
        from simulate.builder.scenario import as_scenario, parse_scenario
    settings, moments = services.twin.settings, services.moments
    until = monotonic() + settings.query_timeout_s
    report = simulate(
        settings,
        parse_scenario(given.scenario) if isinstance(given.scenario, str) else as_scenario(given.scenario),
        given.asked,
        Order(
            given.replications,
            given.seed,
            pressed=lambda: int(monotonic() > until),
            bounds=Bounds.of(settings),
        ),
        estate=lambda asked: snapshot_of(moments, asked),
    )
    services.call.told(len(report.rows), report.sequence)
    return report.to_dict()


TOOLS: Final[Mapping[str, Tool]] = {
    tool.name: tool
    for tool in (
        Tool(
            "ask",
            "Ask in French or English",
            "Answers a question about the IT estate from rows, asks back (`clarify`), refuses, or says what the twin does not "
            "hold. The text, the Cypher, the rows, the assumptions and the evidence come together.",
            AskArguments,
            Action.READ,
            _ask,
        ),
        Tool(
            "query",
            "Query in Cypher",
            "Runs an openCypher query that reads, bounded in rows and time. Ask `schema` for kinds and relations first.",
            QueryArguments,
            Action.READ,
            _query,
        ),
        Tool(
            "schema",
            "Kinds, attributes and relations",
            "The kinds of the estate in brief, or one kind with its attributes, values and relations.",
            SchemaArguments,
            Action.READ,
            _schema,
        ),
        Tool(
            "impact",
            "What depends on an element",
            "Everything that depends on a configuration item, directly or through others: what may stop when it stops.",
            ImpactArguments,
            Action.READ,
            _impact,
        ),
        Tool(
            "history",
            "The history of an element",
            "Who changed an element, what, when, from which source, oldest first.",
            HistoryArguments,
            Action.LOOK_BACK,
            _history,
        ),
        Tool(
            "simulate",
            "Play a scenario",
            "Availability of what a scenario watches, with 95 % intervals, on the twin as it is or as a branch makes it. "
            "Nothing is kept.",
            SimulateArguments,
            Action.READ,
            _simulate,
        ),
    )
}


def tool_called(name: str) -> Tool:
    """The tool of that name. Raises NotFoundError."""
    found = TOOLS.get(name)
    if found is None:
        raise NotFoundError(f"there is no tool {name!r}", where="tools/call", hint=f"there are {', '.join(TOOLS)}")
    return found

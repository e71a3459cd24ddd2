"""`jumeau investigate`: a question in several steps, up to proposals that people decide on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from agent.gateway.opening import open_gateway
from agent.workflow.investigate import Investigations
from agent.workflow.report import report
from agent.workflow.state import Limits
from agent.workflow.tools import Tools, comparing
from cli.options import BackendOption, OutputOption
from cli.output import Output, print_json, print_rows, say
from core.errors import UsageError
from core.principal import LOCAL_OPERATOR
from core.settings import Settings, load_settings
from services.audit import reading
from services.branches import BranchService
from services.catalogue import CatalogueService
from services.proposals import ProposalService
from services.query import QueryService
from services.rendezvous import running_server
from services.twin import open_twin

TRACE = ("step", "what", "rows", "engine", "elapsed_ms", "error")


def investigate(
    question: Annotated[str | None, typer.Argument(help="What is to be looked into, in French or English.")] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", help="Id of an investigation to go on with, or to see.")
    ] = None,
    accept: Annotated[
        list[int] | None, typer.Option("--accept", help="Number of an action that becomes a proposal; repeat it.")
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="Longest time in all.")] = 60.0,
    queries: Annotated[int, typer.Option("--queries", min=1, max=100, help="Most queries in all.")] = 16,
    replications: Annotated[
        int, typer.Option("--replications", min=2, help="Of simulated years, with the extra `simulation`.")
    ] = 30,
    trace: Annotated[
        bool, typer.Option("--trace", help="Show each step with its query's name, rows and time.")
    ] = False,
    backend: BackendOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Look into a question: plan, query, analyse, simulate, compare, and say what could be done. No model is needed.

    The twin is only read. An action becomes a proposal where you accept it, and a change where somebody else approves that.
    Examples: jumeau investigate 'Quels sont les risques de nos serveurs ?' --trace
              jumeau investigate --resume 5f0c... --accept 1 --accept 3
    """
    if (question is None) == (resume is None):
        raise UsageError(
            "there is a question, or an investigation to go on with", where="investigate", hint="give one of them"
        )
    settings = load_settings(backend=backend)
    limits = Limits(queries=queries, seconds=seconds, replications=replications)
    with _investigations(settings, limits) as investigations:
        if question is not None:
            found = investigations.begin(question)
        else:
            found = investigations.resume(str(resume), accept)
    if output is Output.JSON:
        print_json({**found, "report": report(found)})
        return
    if trace:
        print_rows(TRACE, [[step.get(name) for name in TRACE] for step in found["trace"]], output)
    typer.echo(report(found), nl=False)
    say(f"investigation {found['id']}")


@contextmanager
def _investigations(settings: Settings, limits: Limits) -> Iterator[Investigations]:
    if settings.backend_url.startswith("embedded:") and running_server(settings.home) is not None:
        settings = settings.model_copy(update={"backend": "networkx"})  # the server has the store open
    with open_twin(settings, to_ask=True) as twin, reading.opened(settings) as recorder:
        queries = QueryService(twin)
        branches = BranchService.of(settings, twin.schema, twin.ledger)
        tools = Tools(
            queries,
            CatalogueService(twin, queries),
            twin.schema,
            LOCAL_OPERATOR,
            branches,
            ProposalService(branches, twin.clock),
            settings.actor,
            open_gateway(settings, twin.ledger, twin.clock, recorder),
            comparing(settings),
        )
        yield Investigations(settings.home, tools, limits)

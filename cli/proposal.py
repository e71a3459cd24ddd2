"""`jumeau proposal`: branches that somebody asks others to bring to main."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, say
from core.clock import clock_for
from core.errors import UsageError
from core.settings import Settings, load_settings
from graph.history.merge import Wins
from services.branches import BranchService
from services.ingestion import project
from services.proposals import Proposal, ProposalService, ProposalState
from services.twin import open_ledger

app = typer.Typer(no_args_is_help=True, help="Proposals: a branch comes to main when somebody else approves it.")

IdArgument = Annotated[str, typer.Argument(help="Id of the proposal.")]
LISTED = ("id", "branch", "version", "state", "author", "created_at", "decided_by", "reason", "note")


@app.command("create")
def create(
    branch: Annotated[str, typer.Argument(help="Name of the branch.")],
    reason: Annotated[str, typer.Argument(help="What it is for.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Propose a branch, as it is now. Example: jumeau proposal create move-to-lille 'data centre move, autumn'"""
    with _proposals() as (service, settings):
        made = service.propose(branch, reason, by=settings.actor)
    _print([made], output)


@app.command("list")
def list_proposals(
    every: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the proposals that are open, newest first."""
    with _proposals() as (service, _):
        found = service.all(() if every else (ProposalState.OPEN,))
    _print(found, output)


@app.command("approve")
def approve(
    proposal: IdArgument,
    note: Annotated[str, typer.Option("--note", help="What is to be remembered of the decision.")] = "",
    ours: Annotated[bool, typer.Option("--ours", help="Where both changed the same, main stays as it is.")] = False,
    theirs: Annotated[bool, typer.Option("--theirs", help="Where both changed the same, the branch wins.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Bring what was proposed to main. Whoever proposed it, or wrote any of it, cannot.

    Example: jumeau proposal approve 5c1e... --note 'window agreed'
    """
    if ours and theirs:
        raise UsageError("only one side can win", where="--ours, --theirs", hint="give one of them, or none")
    wins = Wins.OURS if ours else Wins.THEIRS if theirs else None
    with _proposals() as (service, settings):
        decided, applied = service.approve(proposal, note, by=settings.actor, wins=wins)
    project(settings)
    say(f"{applied.branch} changed {applied.events} elements of main")
    _print([decided], output)


@app.command("reject")
def reject(
    proposal: IdArgument,
    note: Annotated[str, typer.Argument(help="What is wrong with it.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Refuse a proposal; the branch stays as it is. Example: jumeau proposal reject 5c1e... 'not before the audit'"""
    with _proposals() as (service, settings):
        decided = service.reject(proposal, note, by=settings.actor)
    _print([decided], output)


@app.command("withdraw")
def withdraw(proposal: IdArgument, output: OutputOption = Output.TABLE) -> None:
    """Take one's own proposal back. Example: jumeau proposal withdraw 5c1e..."""
    with _proposals() as (service, settings):
        decided = service.withdraw(proposal, by=settings.actor)
    _print([decided], output)


@contextmanager
def _proposals() -> Iterator[tuple[ProposalService, Settings]]:
    """The proposals of this installation. They live in the ledger: a server that runs need not be asked."""
    settings = load_settings()
    schema, ledger = open_ledger(settings)
    try:
        branches = BranchService.of(settings, schema, ledger)
        yield ProposalService(branches, clock_for(settings.now)), settings
    finally:
        ledger.close()


def _print(found: Sequence[Proposal], output: Output) -> None:
    content = [proposal.to_dict() for proposal in found]
    if output is Output.JSON:
        print_json(content)
    else:
        print_rows(LISTED, [[item[name] for name in LISTED] for item in content], output)

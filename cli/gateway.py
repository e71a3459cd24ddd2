"""`jumeau gateway`: which uses of models there are, what they cost, and what was asked of whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import orjson
import typer

from agent.gateway.budgets import Budgets, Scope
from agent.gateway.calls import GROUPS, VERDICTS, Calls
from agent.gateway.gateway import DOOR
from agent.gateway.kept import Kept
from agent.gateway.policy import read_policy
from agent.gateway.use_cases import Stage, UseCases
from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, say
from core.clock import Clock, clock_for
from core.principal import LOCAL_OPERATOR
from core.settings import Settings, load_settings
from graph.history.ledger import Ledger
from services.audit import reading
from services.audit.trail import MOST
from services.twin import open_ledger

app = typer.Typer(no_args_is_help=True, help="The gateway to models: uses, budgets, figures, what was asked of whom.")
budgets_app = typer.Typer(
    no_args_is_help=True, help="Budgets of a month for users, teams and clients; calls stop at them."
)
uses_app = typer.Typer(no_args_is_help=True, help="The register of uses; models are asked for validated ones only.")
app.add_typer(budgets_app, name="budgets")
app.add_typer(uses_app, name="use-cases")

NameArgument = Annotated[str, typer.Argument(help="Name of the use.")]
ScopeArgument = Annotated[Scope, typer.Argument(help="user, team or client.")]
ClientOption = Annotated[str | None, typer.Option("--client", help="Of this client only.")]
AUDIT: tuple[str, ...] = (
    "number",
    "at",
    "who",
    "use",
    "model",
    "outcome",
    "code",
    "decision",
    "classes",
    "tokens_in",
    "tokens_out",
    "cost_micro",
    "call",
)


@app.command("usage")
def usage(
    by: Annotated[str, typer.Option("--by", help="One of " + ", ".join(GROUPS) + ".")] = "team",
    month: Annotated[str | None, typer.Option("--month", help="Of this month only, such as 2025-01.")] = None,
    client: ClientOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Calls, tokens, cost, what routing and kept answers saved, and what people thought of the answers.

    Amounts are in the policy's currency; `--output csv` is made to be invoiced on. `saved` is against the dearest model that
    could have been asked, or what an answer had cost that was kept.
    Examples: jumeau gateway usage --by client --month 2025-01 --output csv
              jumeau gateway usage --by stage
    """
    with _ledger() as (settings, ledger, clock):
        rows = Calls(ledger, clock, Budgets(ledger, clock)).usage(by, month=month, client=client)
        currency = read_policy(settings.model_policy).currency
    if output is Output.JSON:
        print_json({"by": by, "currency": currency, "rows": rows})
        return
    _print(rows, output)
    say(f"amounts in {currency}")


@app.command("audit")
def audit(
    who: Annotated[str | None, typer.Option("--who", help="Only of this account, or `local:ACTOR`.")] = None,
    outcome: Annotated[str | None, typer.Option("--outcome", help="answered, refused, failed or begun.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="From this date or instant on (ISO 8601, UTC).")] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many, newest first.", min=1, max=MOST)] = reading.PAGE,
    output: OutputOption = Output.TABLE,
) -> None:
    """What was asked of models: who, when, which, tokens, cost, classes of data, decision. Never the text, never a secret.

    The entries are part of the audit trail: `jumeau audit verify` tells whether anybody has changed one.
    Example: jumeau gateway audit --outcome refused
    """
    which = reading.wanted(who=who, door=DOOR, outcome=outcome, since=since)
    with reading.opened(load_settings()) as recorder:
        found = reading.page(recorder.trail, which, limit=limit)["entries"]
    rows = [_entry(entry) for entry in found]
    if output is Output.JSON:
        print_json(rows)
        return
    print_rows(AUDIT, [[row[name] for name in AUDIT] for row in rows], output)


@app.command("feedback")
def feedback(
    call: Annotated[str, typer.Argument(help="Id of the call, as the audit lists it.")],
    verdict: Annotated[str, typer.Argument(help=" or ".join(VERDICTS) + ".")],
    note: Annotated[str, typer.Option("--note", help="What was good or bad about it.")] = "",
) -> None:
    """Say what an answer was worth; the last word of each person counts. Example: jumeau gateway feedback 5f0c... bad"""
    with _ledger() as (settings, ledger, clock):
        Calls(ledger, clock, Budgets(ledger, clock)).rate(call, verdict, note, by=settings.actor)


@app.command("prompts")
def prompts(
    client: ClientOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST, help="How many, newest first.")] = 20,
    output: OutputOption = Output.TABLE,
) -> None:
    """Conversations that are still kept, with secrets and personal data masked. Example: jumeau gateway prompts --limit 5"""
    with _ledger() as (settings, ledger, clock):
        found = Kept(ledger, clock, read_policy(settings.model_policy)).prompts(client, limit)
    if output is Output.JSON:
        print_json(found)
        return
    columns = ("call", "client", "at", "prompt", "answer")
    said = [{**row, "prompt": orjson.dumps(row["prompt"]).decode()} for row in found]
    print_rows(columns, [[row[name] for name in columns] for row in said], output)


@app.command("purge")
def purge() -> None:
    """Take away conversations and answers that are older than the policy keeps them. Example: jumeau gateway purge"""
    with _ledger() as (settings, ledger, clock):
        gone = Kept(ledger, clock, read_policy(settings.model_policy)).purge()
    say(f"{gone['prompts']} conversations and {gone['answers']} kept answers were taken away")


@budgets_app.command("list")
def budgets_list(output: OutputOption = Output.TABLE) -> None:
    """Budgets with what is spent, what the month comes to at this pace, and the day on which they are spent."""
    with _ledger() as (_, ledger, clock):
        rows = [one.to_dict() for one in Budgets(ledger, clock).all()]
    print_json(rows) if output is Output.JSON else _print(rows, output)


@budgets_app.command("set")
def budgets_set(
    scope: ScopeArgument,
    name: Annotated[str, typer.Argument(help="Account, team or client.")],
    monthly: Annotated[float, typer.Option("--monthly", help="A month, in the policy's currency; 0 stops all calls.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Give somebody a budget, or another one. Example: jumeau gateway budgets set team payments --monthly 50"""
    with _ledger() as (settings, ledger, clock):
        made = Budgets(ledger, clock).set(scope, name, monthly, principal=LOCAL_OPERATOR, by=settings.actor)
    print_json(made.to_dict()) if output is Output.JSON else _print([made.to_dict()], output)


@budgets_app.command("drop")
def budgets_drop(scope: ScopeArgument, name: Annotated[str, typer.Argument(help="Account, team or client.")]) -> None:
    """Take a budget away. Example: jumeau gateway budgets drop team payments"""
    with _ledger() as (_, ledger, clock):
        Budgets(ledger, clock).drop(scope, name, principal=LOCAL_OPERATOR)


@uses_app.command("list")
def uses_list(output: OutputOption = Output.TABLE) -> None:
    """The register: purpose, owner, stage, evaluation, and what was decided."""
    with _ledger() as (_, ledger, clock):
        rows = [one.to_dict() for one in UseCases(ledger, clock).all()]
    print_json(rows) if output is Output.JSON else _print(rows, output)


@uses_app.command("register")
def uses_register(
    name: NameArgument,
    purpose: Annotated[str, typer.Argument(help="What it is for.")],
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it.")],
    stage: Annotated[
        Stage, typer.Option("--stage", help="experiment, or production: needs --evaluation.")
    ] = Stage.EXPERIMENT,
    provider: Annotated[list[str] | None, typer.Option("--provider", help="Only this provider; repeat it.")] = None,
    evaluation: Annotated[str, typer.Option("--evaluation", help="Where the figures of its evaluation are.")] = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Put a use on the register, or change one; it has to be validated then, by somebody else.

    Example: jumeau gateway use-cases register questions 'questions in plain words' --owner ana
    """
    with _ledger() as (settings, ledger, clock):
        made = UseCases(ledger, clock).register(
            name,
            purpose,
            owner=owner,
            stage=stage,
            providers=provider,
            evaluation=evaluation,
            principal=LOCAL_OPERATOR,
            by=settings.actor,
        )
    print_json(made.to_dict()) if output is Output.JSON else _print([made.to_dict()], output)


@uses_app.command("validate")
def uses_validate(
    name: NameArgument,
    note: Annotated[str, typer.Option("--note", help="What is to be remembered of the decision.")] = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Let a use be used. Whoever registered it cannot. Example: jumeau gateway use-cases validate questions"""
    with _ledger() as (settings, ledger, clock):
        made = UseCases(ledger, clock).validate(name, note, principal=LOCAL_OPERATOR, by=settings.actor)
    print_json(made.to_dict()) if output is Output.JSON else _print([made.to_dict()], output)


@uses_app.command("suspend")
def uses_suspend(
    name: NameArgument,
    note: Annotated[str, typer.Argument(help="Why.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Stop a use at once. Example: jumeau gateway use-cases suspend questions 'wrong answers on capacity'"""
    with _ledger() as (settings, ledger, clock):
        made = UseCases(ledger, clock).suspend(name, note, principal=LOCAL_OPERATOR, by=settings.actor)
    print_json(made.to_dict()) if output is Output.JSON else _print([made.to_dict()], output)


@contextmanager
def _ledger() -> Iterator[tuple[Settings, Ledger, Clock]]:
    settings = load_settings()
    _, ledger = open_ledger(settings)
    try:
        yield settings, ledger, clock_for(settings.now)
    finally:
        ledger.close()


def _print(rows: Sequence[dict[str, Any]], output: Output) -> None:
    columns = tuple(rows[0]) if rows else ("nothing yet",)
    print_rows(
        columns, [[", ".join(v) if isinstance(v := row[name], list) else v for name in columns] for row in rows], output
    )


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of the trail as one of a call; what it tells of the call lies in its reason."""
    told: dict[str, Any] = orjson.loads(entry["reason"]) if entry["reason"] else {}
    classes = ", ".join(f"{name} {count}" for name, count in told.get("classes", {}).items())
    own = {"use": entry["action"], "model": entry["target"], "classes": classes, "digest": entry["digest"]}
    plain = {name: entry[name] for name in ("number", "at", "who", "outcome", "code", "asked_sha256")}
    rest = ("decision", "why", "state", "tokens_in", "tokens_out", "cost_micro", "saved_micro", "call")
    return {**plain, **own, **{name: told.get(name) for name in rest}}

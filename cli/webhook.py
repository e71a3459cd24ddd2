"""`jumeau webhook`: addresses that are told what happens, signed and at least once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any

import orjson
import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, say
from core.errors import UsageError
from core.principal import LOCAL_OPERATOR
from core.settings import load_settings
from services.twin import open_ledger
from services.webhooks.hook import EventType, Hook
from services.webhooks.outbox import MessageState
from services.webhooks.service import OVERLAP, WebhookService

app = typer.Typer(no_args_is_help=True, help="Webhooks: a running server sends what happens, signed, to an address.")

NameArgument = Annotated[str, typer.Argument(help="Name of the webhook.")]
SecretOption = Annotated[
    str | None,
    typer.Option(
        "--secret-env", help="Variable of the server's environment with the secret; else one is made and shown once."
    ),
]
LISTED = ("name", "receiver", "owner", "events", "state", "reason", "failures", "next_at")
DELIVERY = ("id", "number", "type", "state", "attempts", "status", "error", "bytes", "created_at", "tried_at")
_OFFERED = ", ".join(event.value for event in EventType if event is not EventType.TEST)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What it is called here.")],
    url: Annotated[str, typer.Argument(help="https://..., or http:// on a network of JUMEAU_ALLOWED_NETWORKS.")],
    event: Annotated[
        list[str] | None, typer.Option("--event", help=f"One of {_OFFERED}; repeat it. Default: changes.")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Changes of this kind or type of relation only; repeat it.")
    ] = None,
    element: Annotated[list[str] | None, typer.Option("--id", help="Changes of this element only; repeat it.")] = None,
    filter: Annotated[
        str | None,
        typer.Option("--filter", help='Filter of one list, as JSON: {"servers": {"name": {"eq": "srv-1"}}}.'),
    ] = None,
    perimeter: Annotated[
        list[str] | None, typer.Option("--perimeter", help="Only what is in this perimeter; repeat it.")
    ] = None,
    secret_env: SecretOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Register a webhook: it is told what happens from now on. Its secret is shown once.

    Example: jumeau webhook add portal https://portal.example/hooks/twin --kind Server --kind Alert
    """
    with _webhooks() as service:
        hook, secret = service.add(
            LOCAL_OPERATOR.narrowed(perimeter),
            name,
            url,
            events=event or [EventType.CHANGES.value],
            kinds=kind,
            ids=element,
            filter=_filter(filter),
            secret_env=secret_env,
        )
    _print_kept(hook, secret, output)


@app.command("list")
def list_webhooks(output: OutputOption = Output.TABLE) -> None:
    """List the webhooks, with no more of their addresses than the host. Example: jumeau webhook list --output json"""
    with _webhooks() as service:
        _print(LISTED, [hook.to_dict() for hook in service.all(LOCAL_OPERATOR)], output)


@app.command("show")
def show(name: NameArgument, output: OutputOption = Output.TABLE) -> None:
    """Show one webhook and how it fares. Example: jumeau webhook show portal"""
    with _webhooks() as service:
        found = service.get(LOCAL_OPERATOR, name).to_dict()
    if output is Output.TABLE:
        print_rows(("what", "value"), [[key, _text(value)] for key, value in found.items()], output)
    else:
        _print(tuple(found), [found], output)


@app.command("test")
def try_out(name: NameArgument, output: OutputOption = Output.TABLE) -> None:
    """Send a message that tells nothing, now and once; fails where it is not taken. Example: jumeau webhook test portal"""
    with _webhooks() as service:
        outcome = service.test(LOCAL_OPERATOR, name)
    told = {"delivered": outcome.is_delivered, "status": outcome.status, "error": outcome.error}
    _print(tuple(told), [told], output)
    if not outcome.is_delivered:
        raise typer.Exit(1)


@app.command("pause")
def pause(name: NameArgument, output: OutputOption = Output.TABLE) -> None:
    """Tell a webhook nothing until it is resumed. Example: jumeau webhook pause portal"""
    with _webhooks() as service:
        _print(LISTED, [service.pause(LOCAL_OPERATOR, name).to_dict()], output)


@app.command("resume")
def resume(
    name: NameArgument,
    skip: Annotated[bool, typer.Option("--skip", help="Leave out the message that it stands at.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Go on where it stood: nothing that happened meanwhile is left out. Example: jumeau webhook resume portal"""
    with _webhooks() as service:
        _print(LISTED, [service.resume(LOCAL_OPERATOR, name, skip=skip).to_dict()], output)


@app.command("rotate")
def rotate(
    name: NameArgument,
    secret_env: SecretOption = None,
    hours: Annotated[float, typer.Option("--overlap-hours", help="How long the former secret signs as well.")] = OVERLAP
    / timedelta(hours=1),
    output: OutputOption = Output.TABLE,
) -> None:
    """Sign with another secret, shown once; the former one signs beside it for a while. Example: jumeau webhook rotate portal"""
    with _webhooks() as service:
        hook, secret = service.rotate(LOCAL_OPERATOR, name, secret_env=secret_env, overlap=timedelta(hours=hours))
    _print_kept(hook, secret, output)


@app.command("remove")
def remove(name: NameArgument, output: OutputOption = Output.TABLE) -> None:
    """Forget a webhook and all that waits for it. Example: jumeau webhook remove portal"""
    with _webhooks() as service:
        _print(LISTED, [service.remove(LOCAL_OPERATOR, name).to_dict()], output)


@app.command("deliveries")
def deliveries(
    name: NameArgument,
    state: Annotated[
        str | None, typer.Option("--state", help="Only " + ", ".join(one.value for one in MessageState) + ".")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many, newest first.")] = 50,
    output: OutputOption = Output.TABLE,
) -> None:
    """List what was sent, waits or is dead, never what it tells. Example: jumeau webhook deliveries portal --state dead"""
    with _webhooks() as service:
        found = service.deliveries(LOCAL_OPERATOR, name, state=state, limit=limit)
    _print(DELIVERY, [message.to_dict() for message in found], output)


@app.command("replay")
def replay(
    name: NameArgument,
    message: Annotated[str | None, typer.Argument(help="One dead message; by default all.")] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Send dead messages again, before what is newer. Example: jumeau webhook replay portal"""
    with _webhooks() as service:
        found = service.replay(LOCAL_OPERATOR, name, message)
    _print(DELIVERY, [one.to_dict() for one in found], output)


@contextmanager
def _webhooks() -> Iterator[WebhookService]:
    """The webhooks in the ledger's database, whether or not a server runs: it looks there before each delivery."""
    from api.webhook_filters import WebhookFilters  # here: GraphQL takes a while to start

    settings = load_settings()
    schema, ledger = open_ledger(settings)
    try:
        yield WebhookService(ledger, schema, settings, WebhookFilters(schema))
    finally:
        ledger.close()


def _filter(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"this is no JSON: {error.msg}", where="--filter", hint='{"servers": {...}}') from error
    if not isinstance(found, dict):
        raise UsageError("a filter is a JSON object", where="--filter", hint='{"servers": {...}}')
    return found


def _print_kept(hook: Hook, secret: str | None, output: Output) -> None:
    if output is Output.JSON:
        print_json({"secret": secret, "webhook": hook.to_dict()})
        return
    _print(LISTED, [hook.to_dict()], output)
    if secret is not None:
        say(f"the secret, shown this once: {secret}")


def _print(columns: Sequence[str], rows: list[dict[str, Any]], output: Output) -> None:
    if output is Output.JSON:
        print_json(rows)
        return
    print_rows(columns, [[_text(row[name]) for name in columns] for row in rows], output)


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return orjson.dumps(value).decode() if isinstance(value, dict) else value

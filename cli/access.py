"""`jumeau account` and `jumeau token`: who may come in when the server asks people to sign in."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import Annotated, Any

import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, say
from core.errors import UsageError
from core.settings import load_settings
from services.access import administration
from services.access.rights import Action, Role

accounts = typer.Typer(no_args_is_help=True, help="Local accounts: names, roles, perimeters, kinds.")
tokens = typer.Typer(no_args_is_help=True, help="Tokens of accounts, for programs.")

ACCOUNT = ("name", "roles", "perimeters", "reads", "changes", "enabled", "created_at", "created_by", "issuer")
TOKEN = ("id", "account", "note", "actions", "perimeters", "reads", "changes", "expires_at", "revoked_at")

RoleOption = Annotated[
    list[str] | None, typer.Option("--role", help="One of " + ", ".join(role.value for role in Role) + "; repeat it.")
]
PerimeterOption = Annotated[list[str] | None, typer.Option("--perimeter", help="A perimeter that it sees; repeat it.")]
WholeOption = Annotated[bool, typer.Option("--whole-estate", help="It sees everything.")]
ReadsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--reads", help="A kind of element that it may read, a generic, or a category such as operations; repeat it."
    ),
]
ChangesOption = Annotated[
    list[str] | None,
    typer.Option("--changes", help="A kind of element that it may change, named as for --reads; repeat it."),
]
PasswordOption = Annotated[
    str | None, typer.Option("--password-env", help="The environment variable with the password; else it is asked for.")
]


@accounts.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Name to sign in with.")],
    role: RoleOption = None,
    perimeter: PerimeterOption = None,
    whole_estate: WholeOption = False,
    reads: ReadsOption = None,
    changes: ChangesOption = None,
    password_env: PasswordOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Make an account: a reader of what is public, unless told otherwise. There is no default account and no default password.

    Without --reads it reads elements of every kind, without --changes it may change them as far as its roles let it.

    Example: jumeau account create ana --role owner --whole-estate --changes BusinessApplication
    """
    perimeters = None if whole_estate else perimeter or []
    made = administration.create_account(
        load_settings(),
        name,
        _password(password_env),
        role or [Role.READER.value],
        perimeters,
        reads=reads,
        changes=changes,
    )
    _print(ACCOUNT, [made.to_dict()], output)


@accounts.command("list")
def list_accounts(output: OutputOption = Output.TABLE) -> None:
    """List the accounts. Example: jumeau account list --output csv"""
    _print(ACCOUNT, [account.to_dict() for account in administration.accounts_of(load_settings())], output)


@accounts.command("change")
def change(
    name: Annotated[str, typer.Argument(help="The account.")],
    role: RoleOption = None,
    perimeter: PerimeterOption = None,
    whole_estate: WholeOption = False,
    reads: ReadsOption = None,
    changes: ChangesOption = None,
    every_kind: Annotated[
        bool, typer.Option("--every-kind", help="Lift its limits on kinds, but for those that are given.")
    ] = False,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable", help="Whether it may sign in.")] = None,
    new_password: Annotated[bool, typer.Option("--new-password", help="Ask for another password.")] = False,
    password_env: PasswordOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Change an account; what is not given stays. Tokens of a disabled account are refused at once.

    Example: jumeau account change ana --role reader --role change_manager --perimeter Payments
    """
    password = _password(password_env) if new_password or password_env is not None else None
    changed = administration.change_account(
        load_settings(),
        name,
        password=password,
        roles=role,
        perimeters=perimeter,
        whole_estate=whole_estate,
        reads=reads,
        changes=changes,
        every_kind=every_kind,
        enabled=enabled,
    )
    _print(ACCOUNT, [changed.to_dict()], output)


@tokens.command("create")
def create_token(
    account: Annotated[str, typer.Argument(help="The account that it stands for.")],
    days: Annotated[float, typer.Option("--days", help="How long it lasts; at most 366.")] = 90.0,
    note: Annotated[str, typer.Option("--note", help="What it is for.")] = "",
    action: Annotated[
        list[str] | None,
        typer.Option("--action", help="Only this: " + ", ".join(one.value for one in Action) + "; repeat it."),
    ] = None,
    perimeter: PerimeterOption = None,
    reads: ReadsOption = None,
    changes: ChangesOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Make a token; its secret is shown once, and never kept. Example: jumeau token create grafana --days 30 --action read"""
    secret, made = administration.issue_token(
        load_settings(),
        account,
        timedelta(days=days),
        note=note,
        actions=action,
        perimeters=perimeter,
        reads=reads,
        changes=changes,
    )
    if output is Output.JSON:
        print_json({"secret": secret, "token": made.to_dict()})
        return
    _print(TOKEN, [made.to_dict()], output)
    say(f"the secret, shown this once: {secret}")


@tokens.command("list")
def list_tokens(
    account: Annotated[str | None, typer.Option("--account", help="Only of this account.")] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List tokens, never their secrets. Example: jumeau token list --account grafana"""
    _print(TOKEN, [token.to_dict() for token in administration.tokens_of(load_settings(), account)], output)


@tokens.command("revoke")
def revoke(
    id: Annotated[str, typer.Argument(help="The id that `jumeau token list` shows.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """End a token now. Example: jumeau token revoke 3f0c1a77d2b9"""
    _print(TOKEN, [administration.revoke_token(load_settings(), id).to_dict()], output)


def _password(variable: str | None) -> str:
    """A password from the environment, or typed twice. Raises UsageError."""
    if variable is not None:
        password = os.environ.get(variable)
        if password is None:
            raise UsageError(f"{variable} is not set", where="--password-env", hint="set it to the password")
        return password
    if not sys.stdin.isatty():
        raise UsageError("a password cannot be typed here", where="stdin", hint="name a variable with --password-env")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _print(columns: tuple[str, ...], rows: list[dict[str, Any]], output: Output) -> None:
    if output is Output.JSON:
        print_json(rows)
        return
    shown = [[_cell(row[name]) for name in columns] for row in rows]
    print_rows(columns, shown, output)


def _cell(value: Any) -> Any:
    """Names with commas between; of several lists, of which each is a limit, with `and` between."""
    if not isinstance(value, list):
        return value
    return (
        " and ".join(", ".join(names) for names in value) if value and isinstance(value[0], list) else ", ".join(value)
    )

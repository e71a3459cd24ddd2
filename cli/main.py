"""The console command `jumeau`: thin commands over services. Errors end in one line with a stable code."""

from __future__ import annotations

import sys

import typer

from cli import (
    access,
    archive,
    ask,
    audit,
    backup,
    branch,
    catalogue,
    checkpoint,
    differences,
    gateway,
    generate,
    graph_commands,
    health,
    history,
    ingest_command,
    investigate,
    line,
    lint,
    match,
    mcp,
    merge,
    migrate,
    person,
    proposal,
    quarantine,
    query,
    reconciliation,
    schema_commands,
    serve,
    simulate,
    webhook,
)
from cli.answers import print_error
from cli.audited import AuditedGroup
from core.errors import JumeauError
from core.log import configure_logging
from core.settings import load_settings

app = typer.Typer(
    name="jumeau",
    cls=AuditedGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="A knowledge twin of an IT estate: load it, query it in Cypher, serve it in GraphQL.",
    epilog="Exit codes: 0 done, 1 unequal or rejected rows, 2 wrong use, 3 source refused, 4 store or server failed.",
)
app.command("query")(query.query)
app.command("ask")(ask.ask)
app.command("chat")(ask.chat)
app.command("mcp")(mcp.mcp)
app.command("history")(history.history)
app.command("diff")(differences.diff)
app.command("health")(health.health)
app.command("discrepancies")(reconciliation.discrepancies)
app.command("provenance")(reconciliation.provenance)
app.command("lint")(lint.lint)
app.command("match")(match.match)
app.command("merge")(merge.merge)
app.command("generate")(generate.generate)
app.command("export")(archive.export_command)
app.command("import")(archive.import_command)
app.command("investigate")(investigate.investigate)
app.command("serve")(serve.serve)
app.add_typer(ingest_command.app, name="ingest")
app.add_typer(graph_commands.app, name="graph")
app.add_typer(schema_commands.app, name="schema")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(migrate.app, name="migrate")
app.add_typer(branch.app, name="branch")
app.add_typer(proposal.app, name="proposal")
app.add_typer(checkpoint.app, name="checkpoint")
app.add_typer(backup.app, name="backup")
app.add_typer(person.app, name="person")
app.add_typer(access.accounts, name="account")
app.add_typer(access.tokens, name="token")
app.add_typer(webhook.app, name="webhook")
app.add_typer(audit.app, name="audit")
app.add_typer(reconciliation.app, name="override")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(quarantine.review, name="review")
app.add_typer(simulate.app, name="simulate")
app.add_typer(line.app, name="line")
app.add_typer(gateway.app, name="gateway")


def main() -> None:
    """Entry point: runs a command and turns errors into a line on standard error and an exit code."""
    try:
        settings = load_settings()
        configure_logging(settings.log_level, settings.log_format)
        app(prog_name="jumeau")
    except JumeauError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

"""Twins with something in every room, and all that their ledgers hold, to be compared."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, select

from core.clock import clock_for
from core.settings import Settings, load_settings
from graph.history.database import open_engine
from graph.history.ledger import Ledger
from graph.history.subjects import subject
from graph.history.tiers import settle
from services.access.accounts import Accounts
from services.access.tokens import Tokens
from services.backup.contents import tables_in
from services.backup.rows import lines
from services.branches import BranchService
from services.edits import NodeEdit
from services.ingestion import ingest
from services.persons import reveal
from services.twin import open_ledger
from tests.ingest.twin import write_files
from tests.services.access.conftest import CHEAP, PASSWORD

EXPORT = {
    "Team.csv": "key,name\n" + "".join(f"T{n},team {n}\n" for n in range(30)),
    "Person.csv": "key,pseudonym\n" + "".join(f"Someone.{n},Someone {n}\n" for n in range(12)),
    "Room.csv": "key,name\nM1,room 1\nM2,room 2\n,room without a key\n",
    "Rack.csv": "key,name\n" + "".join(f"R{n},rack {n}\n" for n in range(8)),
    "relations/LOCATED_IN.csv": "from_kind,from,to_kind,to\n" + "".join(f"Rack,R{n},Room,M1\n" for n in range(8)),
    "relations/MEMBER_OF_TEAM.csv": "from_kind,from,to_kind,to\n"
    + "".join(f"Person,Someone.{n},Team,T{n}\n" for n in range(12)),
}


def settings_of(home: Path, backend: str = "networkx", **more: object) -> Settings:
    return load_settings(home=home, backend=backend, now="2025-01-01", **more)


def lived_in(settings: Settings, folder: Path) -> Settings:
    """Load an export, reject a row, let somebody in, begin a branch, look behind a pseudonym."""
    ingest(settings, "csv", write_files(folder / "first", EXPORT))
    _spread_over_tiers(settings)
    fewer = EXPORT | {"Rack.csv": "key,name\n" + "".join(f"R{n},rack {n}\n" for n in range(7))}
    fewer["relations/LOCATED_IN.csv"] = EXPORT["relations/LOCATED_IN.csv"].replace("Rack,R7,Room,M1\n", "")
    ingest(settings, "csv", write_files(folder / "second", fewer), whole=True)
    schema, ledger = open_ledger(settings)
    clock = clock_for(settings.now)
    accounts = Accounts(ledger, clock, CHEAP)
    account = accounts.create("ana", PASSWORD, ["administrator"], None, by="test")
    Tokens(ledger, clock, accounts).issue(account, note="dashboards")
    branches = BranchService.of(settings, schema, ledger)
    branches.create("plan")
    branches.change("plan", nodes=[NodeEdit("Team", {"name": "a team of the plan"})])
    with ledger.reading() as connection:
        pseudonym = connection.execute(select(subject.c.pseudonym).order_by(subject.c.pseudonym)).scalars().first()
    ledger.close()
    assert pseudonym is not None
    assert reveal(settings, pseudonym, "the test asks").startswith("Someone")
    return settings


def _spread_over_tiers(settings: Settings) -> None:
    """Move what was loaded on, by as many steps as leave some of it in every tier but the newest."""
    _, ledger = open_ledger(settings)
    with ledger.writing() as connection:
        for before, last in ((0, 1), (2, 3), (11, 15)):
            settle(connection, before, last, step=1)
    ledger.close()


def everything(url: str) -> dict[str, list[bytes]]:
    """Every row of every table."""
    engine = open_engine(url)
    try:
        return rows_of(engine)
    finally:
        engine.dispose()


def rows_of(engine: Engine) -> dict[str, list[bytes]]:
    with engine.connect() as connection:
        return {table.name: list(lines(connection, table)) for table in tables_in(connection)}


def opened(settings: Settings) -> Ledger:
    return open_ledger(settings)[1]

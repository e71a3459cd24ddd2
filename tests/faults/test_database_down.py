"""The ledger's database is killed in the middle of a load: the load stops with a reason, and goes on when the database is back."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from core.clock import FrozenClock
from core.errors import LedgerError
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from ingest.job import IngestJob
from tests import postgresql_server as server
from tests.conftest import NIGHTLY
from tests.ingest.twin import SECRET, TestTwin, write_files
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.faults

DOWN_S = 30.0 if NIGHTLY else 1.0
EXPORT = {
    "Room.csv": "key,name\n" + "".join(f"M{n},room {n}\n" for n in range(200)),
    "Rack.csv": "key,name\n" + "".join(f"R{n},rack {n}\n" for n in range(200)),
    "relations/LOCATED_IN.csv": "from_kind,from,to_kind,to\n" + "".join(f"Rack,R{n},Room,M{n}\n" for n in range(200)),
}


class Cluster:
    """A PostgreSQL of this test's own, which it may kill."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="jumeau-down-"))
        self.process, self.url = server.start(self.folder)

    def kill(self) -> None:
        os.kill(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        if self.process.stdin is not None:
            self.process.stdin.close()

    def serve_again(self) -> None:
        (self.folder / "server.log").unlink()
        deadline = time.monotonic() + PATIENCE_S
        while True:  # until what is left of the killed server has gone
            try:
                self.process = server.serve(self.folder, make_url(self.url).port or 0)
                return
            except server.Unavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def close(self) -> None:
        server.stop(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    try:
        own = Cluster()
    except server.Unavailable as error:
        if os.environ.get("JUMEAU_REQUIRE_POSTGRESQL") == "1":
            pytest.fail(str(error))
        pytest.skip(f"no PostgreSQL: {error}")
    yield own
    own.close()


@pytest.fixture
def twin(schema: Schema, clock: FrozenClock, tmp_path: Path) -> Iterator[TestTwin]:
    """A load that was left alone."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", schema, clock)
    yield TestTwin(schema, ledger, clock, tmp_path)
    ledger.close()


def test_a_load_whose_database_dies_stops_and_goes_on_when_it_is_back(
    cluster: Cluster, twin: TestTwin, tmp_path: Path
) -> None:
    export = write_files(tmp_path / "export", EXPORT)
    twin.load_path("csv", export, batch_rows=20)
    ledger = Ledger(cluster.url, twin.schema, twin.clock)
    killed: list[int] = []

    def watch(stage: str, done: int, _total: int) -> None:
        if stage == "nodes" and done >= 200 and not killed:
            cluster.kill()
            killed.append(done)

    job = IngestJob(twin.schema, ledger, actor="tester", batch_rows=20, clock=twin.clock, personal_secret=SECRET)
    with pytest.raises(LedgerError) as stopped:
        job.run("csv", export, progress=watch)
    assert killed == [200]
    assert stopped.value.hint
    time.sleep(DOWN_S)
    cluster.serve_again()
    again = TestTwin(twin.schema, ledger, twin.clock, tmp_path)
    (interrupted,) = ledger.runs()
    report = again.load_path("csv", export, batch_rows=20)
    assert (interrupted.status, report.run, report.resumed) == ("incomplete", interrupted.id, True)
    assert again.checksum() == twin.checksum()
    assert len(again.nodes()) == 400
    ledger.close()

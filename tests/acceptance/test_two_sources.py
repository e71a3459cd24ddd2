"""Where do NetBox and ServiceNow disagree about a server? Asked of a generated estate in which the differences are known."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from core.clock import FrozenClock
from graph.history.ledger import Ledger
from graph.history.selection import contested
from graph.history.verify import ledger_checksum
from graph.schema.model import Schema
from ingest.discrepancies import Discrepancies
from ingest.estate_generator.generate import generate_estate
from ingest.job import IngestJob
from ingest.review import Review
from tests.acceptance.two_sources import TwoSources, write_two_sources


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> TwoSources:
    folder = tmp_path_factory.mktemp("two_sources")
    generate_estate(folder / "estate", servers=600, seed=5)
    return write_two_sources(folder / "estate", folder)


@pytest.mark.parametrize("order", list(permutations(("netbox", "servicenow_cmdb"))), ids="-".join)
def test_every_planted_difference_is_found_and_nothing_else(
    exports: TwoSources, schema: Schema, clock: FrozenClock, tmp_path: Path, order: tuple[str, ...]
) -> None:
    assert exports.missing
    assert exports.undecidable
    assert {attribute for _, attribute in exports.different} == {"status", "memory_gb", "name", "hostname"}
    paths = {"netbox": exports.netbox, "servicenow_cmdb": exports.servicenow}
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", schema, clock)
    try:
        job = IngestJob(schema, ledger, actor="tester", clock=clock)
        reports = [job.run(source, paths[source], reread=True) for source in order]
        assert reports[1].counters["rejected"] == len(exports.undecidable)
        finder = Discrepancies(schema)
        found = set()
        for state in contested(ledger):
            for d in finder.of(state).values():
                assert d.between("netbox", "servicenow_cmdb")
                found.add((str(state.properties["name"]), d.attribute))
        assert found == exports.different
        servers = set(schema.descendants["Server"])
        names = [str(s.properties["name"]) for s in ledger.present() if s.kind in servers]
        assert len(names) == len(set(names)) == exports.servers + len(exports.own)
        assert {row.source for row in Review(schema, ledger, actor="x").waiting()} == {order[1]}
        before = ledger_checksum(ledger, schema).checksum()
        for source in order:
            again = job.run(source, paths[source], reread=True).counters
            assert (again["created"], again["updated"]) == (0, 0)
        assert ledger_checksum(ledger, schema).checksum() == before
    finally:
        ledger.close()

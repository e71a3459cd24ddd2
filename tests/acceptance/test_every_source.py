"""Every source of real data goes in, and the three backends hold the same, element by element."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.console import Console
from tests.conftest import NIGHTLY
from tests.neo4j_server import Neo4jServer
from tests.part_of_an_export import part_of

pytestmark = [pytest.mark.real_data, pytest.mark.neo4j]

SOURCES = {
    "netbox": "netbox",
    "endoflife": "endoflife",
    "kev": "vuln_kev",
    "epss": "vuln_epss",
    "cve": "vuln_vulnrichment",
    "servicenow": "uci_servicenow_incidents",
    "backstage": "backstage",
}
ACCEPTED = (0, 1)
"""Exit codes of a load that went through: 1 says that rows were quarantined."""
SCORES = 1 if NIGHTLY else 40
"""Of the scores, which are nine tenths of all rows, every so many goes in."""
INCIDENTS = 1 if NIGHTLY else 5
"""And of the incidents, with everything that became of them; tests/ingest/test_real_data.py loads all."""
ASKED = "CVE-2024-3400"


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory, public_data: Path) -> dict[str, Path]:
    """The export of each source."""
    found = {source: public_data / folder for source, folder in SOURCES.items()}
    if not NIGHTLY:
        kept = {
            "epss": lambda number, line: number % SCORES == 0 or line.startswith(ASKED),
            "servicenow": lambda _, line: int(line.removeprefix("INC").partition(",")[0]) % INCIDENTS == 0,
        }
        for source, keep in kept.items():
            part = tmp_path_factory.mktemp(source)
            assert part_of(found[source], part, keep)
            found[source] = part
    return found


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, exports: dict[str, Path], neo4j_server: Neo4jServer) -> Console:
    """A twin on which a generated estate and every real source were loaded."""
    access = {"JUMEAU_NEO4J_USER": neo4j_server.user, "JUMEAU_NEO4J_PASSWORD": neo4j_server.password}
    home = tmp_path_factory.mktemp("twin")
    console = Console(home, access)
    generated = console.run("generate", "--servers", "300", "--out", str(home / "export"))
    assert generated.returncode == 0, generated.stderr
    for source, folder in {"csv": home / "export", **exports}.items():
        done = console.run("ingest", str(folder), "--source", source, "--output", "json")
        assert done.returncode in ACCEPTED, f"{source}: {done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return console


def test_the_three_backends_are_equal_after_every_source(console: Console, neo4j_server: Neo4jServer) -> None:
    rebuilt = console.run("graph", "rebuild", "--backend", neo4j_server.url)
    assert rebuilt.returncode == 0, rebuilt.stderr
    backends = ("embedded", neo4j_server.url, "networkx")
    report = console.json("graph", "verify", *(part for url in backends for part in ("--backend", url)))
    assert report["equal"]
    assert len({backend["checksum"] for backend in report["backends"]} | {report["ledger"]["checksum"]}) == 1
    assert len(report["backends"]) == 3
    counts = report["backends"][0]["counts"]
    assert counts["Vulnerability"] > 100_000 / SCORES
    assert counts["Incident"] > 5_000 / INCIDENTS
    assert counts["SoftwareVersion"] > 4_000
    assert counts["VirtualMachine"] > 180


def test_loading_every_source_again_changes_nothing_but_bookkeeping(console: Console, exports: dict[str, Path]) -> None:
    before = console.json("graph", "verify")["ledger"]["checksum"]
    for source, folder in exports.items():
        done = console.run("ingest", str(folder), "--source", source, "--output", "json")
        assert done.returncode in ACCEPTED, done.stderr
        counters = json.loads(done.stdout)["counters"]
        assert (counters["created"], counters["updated"]) == (0, 0), source
        assert counters["unchanged"] > 0, source
    after = console.json("graph", "verify")
    assert after["equal"]
    assert after["ledger"]["checksum"] == before


def test_facts_of_several_sources_meet_on_one_vulnerability(console: Console) -> None:
    answer = console.json(
        "query",
        "MATCH (v:Vulnerability {cve: $cve}) RETURN v.known_exploited AS kev, v.epss > 0.5 AS likely, count(*) AS n",
        "--param",
        f"cve={ASKED}",
    )
    assert answer["rows"] == [[True, True, 1]]

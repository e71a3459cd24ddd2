"""`jumeau simulate insight`: causes, single points of failure, recovery and load of a small twin."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.here import Here
from tests.cli.twin_of_files import ENDS, twin_of

SCENARIO = """\
name: A year
replications: 20
seed: 7
kinds:
  Server: {failure: {mean: 30 days}, repair: {mean: 1 day}}
  StorageVolume:
    failure: {mean: 60 days}
    repair: {mean: 2 h}
    backups: {every: 1 day, restore_probability: 1, restore: {mean: 4 h}}
load:
  growth: 0.5
  items: {Ledger: {arrivals: 45, service: {mean: 20 ms}}}
"""


FILES = {
    "BusinessService.csv": "key,name\nS1,Payments\nS2,Cards\n",
    "BusinessApplication.csv": "key,name,rto_minutes,rpo_minutes\nA1,Ledger,60,60\nA2,Cardholder,600000,\n",
    "PhysicalServer.csv": "key,name,hostname\nP1,one,one.bank\nP2,two,two.bank\n",
    "StorageVolume.csv": "key,name,size_gb,used_gb\nV1,volume,100,80\n",
    "RecoveryPlan.csv": "key,name,validated\nR1,Plan of Ledger,true\n",
    "RecoveryTest.csv": "key,name,done_on,result,failover_minutes,data_loss_minutes\n"
    "T1,First,2023-05-01,failed,500,10\nT2,Second,2024-05-01,passed,90,10\nT3,To come,2025-05-01,passed,1,1\n",
    "LoadTest.csv": "key,name,done_on,objective,measured\nL1,Spring,2023-06-01,100,300\nL2,Later,2024-06-01,200,300\n",
    "CapacitySample.csv": "key,name,metric,hostname,value,unit\n"
    "C1,cpu one,cpu,one.bank,90,percent\nC2,x,temperature,one.bank,40,celsius\n",
    "relations/USES.csv": ENDS
    + "BusinessService,S1,BusinessApplication,A1\nBusinessService,S2,BusinessApplication,A2\n",
    "relations/RUNS_ON.csv": ENDS
    + "BusinessApplication,A1,PhysicalServer,P1\nBusinessApplication,A2,PhysicalServer,P2\n",
    "relations/STORED_ON.csv": ENDS + "PhysicalServer,P1,StorageVolume,V1\n",
    "relations/COVERS.csv": ENDS + "RecoveryPlan,R1,BusinessApplication,A1\n",
    "relations/TESTS.csv": ENDS
    + "".join(f"RecoveryTest,T{n},RecoveryPlan,R1\n" for n in (1, 2, 3))
    + "LoadTest,L1,BusinessApplication,A2\nLoadTest,L2,BusinessApplication,A2\n",
}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Here:
    """A twin of two services, their applications on one server each with a volume, plans, tests and samples."""
    return twin_of(tmp_path_factory.mktemp("estate"), FILES)


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    path = tmp_path / "year.yml"
    path.write_text(SCENARIO, encoding="utf-8")
    return str(path)


def test_an_insight_tells_causes_recovery_and_load(console: Here, scenario: str) -> None:
    before = console.json("graph", "verify")
    told = console.json("simulate", "insight", "--scenario", scenario)
    assert (told["report"]["replications"], told["detailed"]) == (20, 20)
    causes = {one["name"]: one for one in told["contributions"]}
    assert set(causes) == {"one", "two", "volume"}
    assert causes["volume"]["brought_down"] == ["Payments"]
    assert 0 < causes["one"]["low"] < causes["one"]["hours"] < causes["one"]["high"]
    assert {one["name"] for one in told["single_points"]} == {"one", "two", "volume"}
    recovery = {row["name"]: row for row in told["recovery"]}
    ledger, cards = recovery["Ledger"], recovery["Cardholder"]
    assert ledger["plan"]["tested_on"] == "2024-05-01"
    assert ledger["findings"] == ["test_beyond_rto", "outages_beyond_rto", "losses_beyond_rpo"]
    assert 0 < ledger["lost"] <= ledger["losses"] * 24
    assert (cards["findings"], cards["losses"]) == (["no_plan"], 0)
    load = {(row["name"], row["basis"]): row for row in told["load"]}
    assert set(load) == {
        ("Ledger", "scenario"),
        ("Cardholder", "load test"),
        ("volume", "storage"),
        ("one", "sample cpu"),
    }
    assert load["Ledger", "scenario"]["utilisation"] == pytest.approx(0.9)
    assert load["Ledger", "scenario"]["saturation_on"] == "2025-04-06"  # ln(1 / 0.9) / ln 1.5 years
    tests = load["Cardholder", "load test"]
    assert (tests["points"], tests["growth_low"]) == (2, None)
    assert tests["growth"] == pytest.approx(1.0, rel=0.01)
    assert tests["saturation_on"] == "2025-08-03"  # from 200 to 300 while it doubles in a year
    assert console.json("graph", "verify") == before


def test_tables_show_the_parts_that_are_wanted(console: Here, scenario: str) -> None:
    few = ("--replications", "4")
    printed = console.run("simulate", "insight", "-s", scenario, "--part", "recovery", *few, "--output", "csv")
    assert printed.returncode == 0, printed.stderr
    assert printed.stdout.splitlines()[0].startswith("name,RTO h,outages")
    assert len(printed.stdout.splitlines()) == 3
    shown = console.run("simulate", "insight", "-s", scenario, *few, "--top", "1")
    assert shown.returncode == 0, shown.stderr
    for title in ("availability", "contributions", "single points", "recovery", "load"):
        assert title in shown.stdout
    assert "2 more" in shown.stderr


def test_pictures_of_every_part_are_drawn(console: Here, scenario: str, tmp_path: Path) -> None:
    few = ("--replications", "4", "--part", "load", "--plot", str(tmp_path), "--plot-format", "png")
    printed = console.run("simulate", "insight", "-s", scenario, *few)
    assert printed.returncode == 0, printed.stderr
    for name in ("availability", "contributions", "utilisation", "waits"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG"), name
        assert f"drawn: {tmp_path / name}.png" in printed.stderr


def test_a_run_draws_availability(console: Here, scenario: str, tmp_path: Path) -> None:
    printed = console.run("simulate", "run", "-s", scenario, "--replications", "4", "--plot", str(tmp_path))
    assert printed.returncode == 0, printed.stderr
    assert ">Payments<" in (tmp_path / "availability.svg").read_text(encoding="utf-8")


def test_what_is_not_there_is_refused(console: Here, tmp_path: Path) -> None:
    path = tmp_path / "broken.yml"
    path.write_text(SCENARIO.replace("Ledger:", "Nobody:"), encoding="utf-8")
    refused = console.run("simulate", "insight", "-s", str(path))
    assert (refused.returncode, "[SCENARIO]" in refused.stderr) == (2, True)

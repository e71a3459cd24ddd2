"""Twins of a few rows for tests of commands that simulate: an export as CSV, loaded into a home of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.acceptance.console import Console
from tests.cli.here import Here

ENDS: Final = "from_kind,from,to_kind,to\n"
PAIR: Final[Mapping[str, str]] = {
    "BusinessService.csv": "key,name\nS1,Payments\n",
    "BusinessApplication.csv": "key,name\nA1,Ledger\n",
    "PhysicalServer.csv": "key,name\nP1,one\nP2,two\n",
    "Cluster.csv": "key,name,quorum\nC1,pair,1\n",
    "relations/USES.csv": ENDS + "BusinessService,S1,BusinessApplication,A1\n",
    "relations/RUNS_ON.csv": ENDS
    + "BusinessApplication,A1,PhysicalServer,P1\nBusinessApplication,A1,PhysicalServer,P2\n",
    "relations/MEMBER_OF.csv": ENDS + "PhysicalServer,P1,Cluster,C1\nPhysicalServer,P2,Cluster,C1\n",
}
"""A service on an application on two servers of a cluster, one of which is enough."""


def twin_of(folder: Path, files: Mapping[str, str]) -> Here:
    """A console whose twin holds these files of an export. The day is the first of 2025."""
    console = Here(Console(folder / "home", {"JUMEAU_NOW": "2025-01-01"}))
    export = folder / "export"
    (export / "relations").mkdir(parents=True)
    for name, text in files.items():
        (export / name).write_text(text, encoding="utf-8")
    told = console.json("ingest", str(export), "--source", "csv")
    assert told["quarantined"] == [], told
    return console

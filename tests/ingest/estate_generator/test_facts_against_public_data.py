"""The tables of facts say what the public data say; skipped by name where those are absent."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from ingest.estate_generator.facts import load_versions, load_vulnerabilities

pytestmark = pytest.mark.real_data


def test_support_dates_are_those_of_endoflife_date(public_data: Path) -> None:
    cycles = {(row["product"], row["cycle"]): row for row in _rows(public_data / "endoflife/cycles_2024-08.csv.gz")}
    for version in load_versions():
        row = cycles[version.slug, version.cycle]
        dates = (version.released_on, version.end_of_active_support, version.end_of_support, version.end_of_life)
        told = (row["releaseDate"], row["eoas"], row["eol"], row["eoes"])
        assert [str(day) if day else None for day in dates] == [text if text[:2] == "20" else None for text in told]
        assert version.product == row["title"]


def test_exploited_vulnerabilities_are_in_the_catalogue_with_their_dates(public_data: Path) -> None:
    listed = {row["cveID"]: row for row in _rows(public_data / "vuln_kev/kev_added_to_2024.csv.gz")}
    for v in load_vulnerabilities():
        if v.exploited_on is None:
            assert v.cve not in listed
        else:
            assert (str(v.exploited_on), str(v.due_on)) == (listed[v.cve]["dateAdded"], listed[v.cve]["dueDate"])


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))

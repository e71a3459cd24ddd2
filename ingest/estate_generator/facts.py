"""The public facts under the synthetic estate: support dates of real products and real vulnerabilities.

Sources and licences: graph/schema/packs/it_estate/facts/SOURCES.md. A date that the source does not give stays None.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class SupportedVersion:
    """A release cycle of a product, with its dates."""

    product: str
    slug: str
    vendor: str
    category: str
    cycle: str
    version: str
    released_on: date
    end_of_active_support: date | None
    end_of_support: date | None
    end_of_life: date | None

    @property
    def name(self) -> str:
        return f"{self.product} {self.cycle}"


@dataclass(frozen=True, slots=True)
class KnownVulnerability:
    """A vulnerability of some versions of `products`. `exploited_on` is when it was listed as exploited, if it was.

    `known_on` is the first day on which somebody could have found it on a server.
    """

    cve: str
    vendor: str
    products: tuple[str, ...]
    title: str | None
    published_on: date | None
    exploited_on: date | None
    due_on: date | None
    cvss: float
    severity: str
    epss: float | None
    ransomware: bool

    @property
    def known_exploited(self) -> bool:
        return self.exploited_on is not None

    @property
    def year(self) -> int:
        """The year in the CVE number: when the number was reserved."""
        return int(self.cve[4:8])

    @property
    def known_on(self) -> date:
        return self.published_on or self.exploited_on or date(self.year, 12, 31)


def load_versions() -> tuple[SupportedVersion, ...]:
    """Every release cycle of the table, in its order."""
    return tuple(
        SupportedVersion(
            product=row["product"],
            slug=row["slug"],
            vendor=row["vendor"],
            category=row["category"],
            cycle=row["cycle"],
            version=row["version"] or row["cycle"],
            released_on=date.fromisoformat(row["released_on"]),
            end_of_active_support=_day(row, "end_of_active_support"),
            end_of_support=_day(row, "end_of_support"),
            end_of_life=_day(row, "end_of_life"),
        )
        for row in _rows("support_dates.csv")
    )


def load_vulnerabilities() -> tuple[KnownVulnerability, ...]:
    """Every vulnerability of both tables, in order of CVE number."""
    rows = [*_rows("exploited_vulnerabilities.csv"), *_rows("other_vulnerabilities.csv")]
    found = (
        KnownVulnerability(
            cve=row["cve"],
            vendor=row["vendor"],
            products=tuple(row["product"].split("|")),
            title=row.get("title") or None,
            published_on=_day(row, "published_on"),
            exploited_on=_day(row, "date_added"),
            due_on=_day(row, "due_on"),
            cvss=float(row["cvss"]),
            severity=row["severity"],
            epss=float(row["epss"]) if row["epss"] else None,
            ransomware=row.get("ransomware") == "true",
        )
        for row in rows
    )
    return tuple(sorted(found, key=lambda v: (v.year, int(v.cve[9:]))))


def _rows(table: str) -> list[dict[str, str]]:
    path = files("graph.schema") / "packs" / "it_estate" / "facts" / table
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def _day(row: Mapping[str, str], column: str) -> date | None:
    return date.fromisoformat(row[column]) if row.get(column) else None

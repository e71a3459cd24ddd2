"""endoflife.date: three different ends, never confused, and true or false is no date."""

from __future__ import annotations

from datetime import date

from tests.ingest.twin import TestTwin

CYCLES = (
    "product,title,category,cycle,releaseDate,lts,eoas,eol,eoes,discontinued,latest,latestReleaseDate\n"
    "rhel,Red Hat Enterprise Linux,os,8,2019-05-07,2029-05-31,2024-05-31,2029-05-31,2032-05-31,,8.10,2024-05-22\n"
    "rhel,Red Hat Enterprise Linux,os,9,2022-05-17,True,2027-05-31,2032-05-31,,,9.4,\n"
    "vm,Some VM,server-app,1,,,True,True,False,,,\n"
    "vm,Some VM,server-app,2,,,False,False,,2024-01-01,,\n"
)
IDENTIFIERS = (
    "product,kind,value\n"
    "rhel,cpe,cpe:/o:redhat:enterprise_linux\n"
    "rhel,cpe,cpe:2.3:o:redhat:enterprise_linux\n"
    "rhel,purl,pkg:generic/rhel\n"
    "rhel,repology,rhel\n"
    "lost,cpe,cpe:/a:lost:lost\n"
)


def test_products_and_cycles_with_their_dates(twin: TestTwin) -> None:
    report = twin.load("endoflife", {"cycles.csv": CYCLES, "identifiers.csv": IDENTIFIERS})
    assert report.counters["rejected"] == 0
    assert twin.nodes() == {
        ("SoftwareProduct", "Red Hat Enterprise Linux"): {
            "name": "Red Hat Enterprise Linux",
            "category": "operating_system",
            "cpe": ("cpe:/o:redhat:enterprise_linux", "cpe:2.3:o:redhat:enterprise_linux"),
            "purl": ("pkg:generic/rhel",),
        },
        ("SoftwareProduct", "Some VM"): {"name": "Some VM", "category": "middleware"},
        ("SoftwareVersion", "Red Hat Enterprise Linux 8"): {
            "name": "Red Hat Enterprise Linux 8",
            "version": "8",
            "cycle": "8",
            "released_on": date(2019, 5, 7),
            "end_of_active_support": date(2024, 5, 31),
            "end_of_support": date(2029, 5, 31),
            "end_of_life": date(2032, 5, 31),
            "latest_release": "8.10",
            "latest_released_on": date(2024, 5, 22),
        },
        ("SoftwareVersion", "Red Hat Enterprise Linux 9"): {
            "name": "Red Hat Enterprise Linux 9",
            "version": "9",
            "cycle": "9",
            "released_on": date(2022, 5, 17),
            "end_of_active_support": date(2027, 5, 31),
            "end_of_support": date(2032, 5, 31),
            "long_term_support": True,
            "latest_release": "9.4",
        },
        ("SoftwareVersion", "Some VM 1"): {"name": "Some VM 1", "version": "1", "cycle": "1", "support_ended": True},
        ("SoftwareVersion", "Some VM 2"): {
            "name": "Some VM 2",
            "version": "2",
            "cycle": "2",
            "support_ended": False,
            "discontinued_on": date(2024, 1, 1),
        },
    }
    assert twin.edges() == {
        ("Red Hat Enterprise Linux 8", "VERSION_OF", "Red Hat Enterprise Linux"),
        ("Red Hat Enterprise Linux 9", "VERSION_OF", "Red Hat Enterprise Linux"),
        ("Some VM 1", "VERSION_OF", "Some VM"),
        ("Some VM 2", "VERSION_OF", "Some VM"),
    }


def test_identifiers_of_a_product_without_cycles_are_counted_as_unmapped(twin: TestTwin) -> None:
    report = twin.load("endoflife", {"cycles.csv": CYCLES, "identifiers.csv": IDENTIFIERS})
    assert report.unmapped == {"identifiers without product": 1}
    (run,) = twin.states("ImportRun")
    assert "identifiers without product 1" in str(run.properties["description"])


def test_an_end_of_life_is_never_inferred_from_an_end_of_support(twin: TestTwin) -> None:
    twin.load("endoflife", {"cycles.csv": CYCLES})
    assert "end_of_life" not in twin.nodes()["SoftwareVersion", "Red Hat Enterprise Linux 9"]

"""Spellings matched to the world: right on spellings as people write them, with real products; told to the twin as a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UsageError
from core.settings import Settings, load_settings
from ingest.world.matcher import Matcher, WorldProduct
from ingest.world.report import MatchReport
from ingest.world.rules import MatchingRulesError, load_rules, normalised
from services.ingestion import ingest
from services.query import QueryService
from services.twin import open_twin
from services.world import MINIMUM, apply_matches, match_world
from tests.ingest.world.gold import GOLD

RHEL = WorldProduct("Red Hat Enterprise Linux", "p", {"8": "eight"}, ("cpe:/o:redhat:enterprise_linux",))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home", backend="networkx", now="2025-01-01")


def world_of(settings: Settings) -> MatchReport:
    with open_twin(settings) as twin:
        queries = QueryService(twin)
        return match_world(lambda text, given: queries.cypher(text, given).to_dict(), settings)


@pytest.fixture
def real_catalogue(settings: Settings, public_data: Path) -> Settings:
    ingest(settings, "endoflife", public_data / "endoflife")
    return settings


def csv(folder: Path, **tables: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "relations").mkdir(exist_ok=True)
    for name, text in tables.items():
        place = folder / "relations" if name.isupper() else folder
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.real_data
def test_what_is_applied_is_right_and_most_of_the_gold_is_found(real_catalogue: Settings, tmp_path: Path) -> None:
    rows = "".join(f'{number},"{spelling}"\n' for number, (spelling, _) in enumerate(GOLD))
    ingest(real_catalogue, "csv", csv(tmp_path / "estate", SoftwareVersion="key,name\n" + rows))
    told = {each.spelling.text: each for each in world_of(real_catalogue).spellings}
    wrong, missed = [], []
    same = [
        (s, meant) for s, meant in GOLD if s not in told
    ]  # spelled as the catalogue does: one node, nothing to match
    assert all(meant is not None and s == " ".join(filter(None, meant)) for s, meant in same), same
    gold = [pair for pair in GOLD if pair not in same]
    for spelling, meant in gold:
        match = told[spelling].match
        sure = match is not None and match.confidence >= MINIMUM
        found = None if match is None else (match.product, match.cycle)
        if sure and found != meant:
            wrong.append((spelling, found))
        elif meant is not None and found is None:
            missed.append(spelling)
    assert wrong == []
    assert missed == []
    known = [told[s].match for s, meant in gold if meant is not None and meant[1] is not None]
    applied = sum(match is not None and match.confidence >= MINIMUM for match in known)
    assert applied >= 0.95 * len(known), [m for m in known if m is not None and m.confidence < MINIMUM]


@pytest.mark.real_data
def test_matches_tell_the_twin_support_dates_and_are_taken_back_when_they_no_longer_hold(
    real_catalogue: Settings, tmp_path: Path
) -> None:
    estate = csv(
        tmp_path / "estate",
        SoftwareVersion="key,name,end_of_support\nA,RHEL 8.6,\nB,Oracle 12.1.0.2,2030-01-01\nC,CFT 3.8,\n",
        PhysicalServer="key,name\nS1,one\nS2,two\n",
        DatabaseInstance="key,name,engine\nD1,db,Postgres 13\n",
        RUNS_VERSION="from_kind,from,to_kind,to\nPhysicalServer,S1,SoftwareVersion,A\nPhysicalServer,S2,SoftwareVersion,A\n",
    )
    ingest(real_catalogue, "csv", estate)
    report = world_of(real_catalogue)
    first = report.spellings[0]
    assert (first.spelling.text, first.spelling.uses) == ("RHEL 8.6", 2)
    assert first.match is not None
    assert first.match.cpe == "cpe:2.3:o:redhat:enterprise_linux:8.6:*:*:*:*:*:*:*"
    assert [each.spelling.text for each in report.unmatched] == ["CFT 3.8"]
    assert {each.spelling.of for each in report.matched} == {"version", "engine"}
    assert apply_matches(real_catalogue, report).changed == 2
    assert ends(real_catalogue) == {"CFT 3.8": None, "Oracle 12.1.0.2": "2030-01-01", "RHEL 8.6": "2029-05-31"}
    assert apply_matches(real_catalogue, world_of(real_catalogue)).changed == 0, (
        "telling the same again changes nothing"
    )
    nothing = MatchReport(report.spellings, 1.0)
    assert apply_matches(real_catalogue, nothing).changed == 2
    assert ends(real_catalogue)["RHEL 8.6"] is None


def ends(settings: Settings) -> dict[str, str | None]:
    with open_twin(settings) as twin:
        text = "MATCH (v:SoftwareVersion) WHERE v.name IN $names RETURN v.name AS name, v.end_of_support AS ends"
        names = ["RHEL 8.6", "Oracle 12.1.0.2", "CFT 3.8"]
        return dict(QueryService(twin).cypher(text, {"names": names}).to_dict()["rows"])


def test_a_catalogue_that_was_not_loaded_is_asked_for(settings: Settings, tmp_path: Path) -> None:
    ingest(settings, "csv", csv(tmp_path / "estate", SoftwareVersion="key,name\nA,RHEL 8.6\n"))
    with pytest.raises(UsageError, match="no catalogue"):
        world_of(settings)


@pytest.mark.parametrize(
    ("spelling", "product", "cycle", "confidence"),
    [
        ("RHEL 8.6", "Red Hat Enterprise Linux", "8", 0.98),
        ("RHEL 5", "Red Hat Enterprise Linux", None, 0.686),  # a cycle that the catalogue does not have
        ("Red Hat Enterprise Linux 8", "Red Hat Enterprise Linux", "8", 0.98),
        ("", None, None, None),
        ("8", None, None, None),
    ],
)
def test_a_match_says_how_sure_it_is(
    spelling: str, product: str | None, cycle: str | None, confidence: float | None
) -> None:
    match = Matcher({RHEL.name: RHEL}, load_rules("it_estate")).match(spelling)
    found = None if match is None else (match.product, match.cycle, match.confidence)
    assert found == (None if product is None else (product, cycle, confidence))


def test_a_version_in_a_field_of_its_own_counts_with_the_name() -> None:
    match = Matcher({RHEL.name: RHEL}, load_rules("it_estate")).match("Red Hat Enterprise Linux", "8.4")
    assert match is not None
    assert (match.cycle, match.cpe) == ("8", "cpe:2.3:o:redhat:enterprise_linux:8.4:*:*:*:*:*:*:*")


BROKEN = [
    ("rules: [{name: a, product: b, pattern: '(', confidence: 1}]", "pattern is broken"),
    ("rules: [{name: a, product: b, pattern: 'x', confidence: 1}]", "no group 'version'"),
    ("rules: [{name: a, product: b, pattern: '(?P<version>x)', confidence: 2}]", "confidence is 2"),
    ("rules: [{name: a, colour: b}]", "wrong keys"),
    ("- x", "no list of `rules`"),
    ("rules: [", "cannot be read"),
]


@pytest.mark.parametrize(("text", "seen"), BROKEN)
def test_rules_that_are_broken_are_refused_by_place(text: str, seen: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MatchingRulesError, match=seen) as refusal:
        load_rules("it_estate", path)
    assert str(path) in str(refusal.value.where)


def test_spellings_are_compared_without_case_accents_and_trade_marks() -> None:
    assert normalised("  Micro­soft® Windows(TM)  Sérver_2019 ".replace("­", "")) == "microsoft windows server 2019"

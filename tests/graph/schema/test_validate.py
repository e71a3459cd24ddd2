"""`check_pack`: every way in which a pack can be broken is found, with its line, what was seen and what to try."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.schema.findings import Finding, Severity
from graph.schema.load import load_schema
from graph.schema.validate import check_pack
from tests.graph.schema.small_pack import FILES, write_pack

INVERSE = "    inverse: {label: {en: carries, fr: porte}, synonyms: {fr: [supporte]}}\n"
VALUES = "    red: {label: {en: red, fr: rouge}}\n    blue: {label: {en: blue, fr: bleu}}\n"

# (stem of the file, text that is replaced, what replaces it, code, line, part of what was seen, part of the hint)
BROKEN = [
    pytest.param("goods", "identity:", "identiti:", "UNKNOWN_KEY", 7, "`identiti`", "`identity`", id="unknown key"),
    pytest.param("goods", "enum: colour", "enum: color", "UNKNOWN_ENUM", 10, "`color`", "`colour`", id="unknown enum"),
    pytest.param("generics", "type: string", "type: text", "UNKNOWN_TYPE", 5, "type: text", "string", id="type"),
    pytest.param("goods", "is: Thing", "is: Thin", "UNKNOWN_GENERIC", 11, "`Thin`", "`Thing`", id="unknown generic"),
    pytest.param("goods", "is: Thing", "is: Bottle", "NOT_A_GENERIC", 11, "`Bottle`", "generics.yml", id="concrete"),
    pytest.param(
        "generics",
        "  Thing:\n",
        "  Thing:\n    is: Priced\n",
        "GENERIC_CYCLE",
        7,
        "Priced is Thing is Priced",
        "remove",
        id="cycle of generics",
    ),
    pytest.param(
        "goods",
        "colour: {enum: colour,",
        "since: {type: instant,",
        "TYPE_CONFLICT",
        10,
        "instant",
        "one type",
        id="one name, two types across a kind and a relation",
    ),
    pytest.param(
        "goods",
        "{required: true}",
        "{type: integer}",
        "TYPE_CONFLICT",
        9,
        "Bottle.name",
        "another name",
        id="redefinition with another type",
    ),
    pytest.param("goods", ", fr: étagère", "", "MISSING_LABEL", 13, "`fr`", "fr:", id="label in one language"),
    pytest.param("goods", "    label: {en: shelf, fr: étagère}\n", "", "MISSING_LABEL", 11, "Shelf", "label:", id="no label"),
    pytest.param("enums", ", fr: bleu", "", "MISSING_LABEL", 4, "`fr`", "fr:", id="value without label"),
    pytest.param("attributes", "label: {en: price, fr: prix}", "unit: cent", "MISSING_LABEL", 10, "price", "label:", id="no wording"),
    pytest.param("relations", INVERSE, "", "MISSING_LABEL", 2, "inverse", "inverse:", id="no inverse"),
    pytest.param("relations", "-> Shelf", "-> Self", "UNKNOWN_KIND", 8, "`Self`", "`Shelf`", id="triple of unknown kind"),
    pytest.param("relations", "Bottle -> Shelf", "Bottle Shelf", "BAD_TRIPLE", 8, "Bottle Shelf", "->", id="no arrow"),
    pytest.param("relations", "[Bottle", "[Bottle -> Shelf, Bottle", "DUPLICATE_TRIPLE", 8, "twice", "remove", id="triple twice"),
    pytest.param("relations", "[Bottle -> Shelf]", "[]", "MISSING_KEY", 8, "no triple", "list", id="no triple"),
    pytest.param("relations", "    group: structure\n", "", "MISSING_KEY", 2, "`group`", "group", id="no group"),
    pytest.param("relations", "max_out: 1", "max_out: 0", "BAD_BOUNDS", 5, "0", "at least 1", id="cardinality of zero"),
    pytest.param("relations", "max_out: 1", "max_out: 1.5", "WRONG_SHAPE", 5, "1.5", "whole", id="fraction"),
    pytest.param("relations", "acyclic: true", "acyclic: maybe", "WRONG_SHAPE", 4, "maybe", "true or false", id="flag"),
    pytest.param("relations", "STANDS_ON", "standsOn", "BAD_NAME", 2, "standsOn", "CAPITALS", id="relation name"),
    pytest.param("goods", "Shelf:", "shelf_1:", "BAD_NAME", 11, "shelf_1", "Capitalised", id="kind name"),
    pytest.param("goods", "colour: {", "Colour: {", "BAD_NAME", 10, "Colour", "lower_case", id="attribute name"),
    pytest.param("enums", "    red:", "    dark red:", "BAD_NAME", 3, "dark red", "underscores", id="enum value"),
    pytest.param("goods", "colour: {", "id: {", "RESERVED_NAME", 10, "Bottle.id", "already", id="reserved id"),
    pytest.param("goods", "colour: {", "_kind: {", "RESERVED_NAME", 10, "_kind", "`_`", id="reserved underscore"),
    pytest.param("goods", "[[name]]", "[[nam]]", "IDENTITY_UNKNOWN_ATTRIBUTE", 3, "`nam`", "`name`", id="identity"),
    pytest.param("goods", "[[name]]", "[name]", "WRONG_SHAPE", 7, "identity", "[[", id="identity of no lists"),
    pytest.param("goods", "identity: [[name]]", "matching: [[nam]]", "MATCHING_UNKNOWN_ATTRIBUTE", 3, "`nam`", "`name`", id="matching"),
    pytest.param("goods", "identity: [[name]]", "matching_on: STANDS_ON", "MISSING_KEY", 3, "`matching`", "[[", id="no matching"),
    pytest.param(
        "goods",
        "identity: [[name]]",
        "matching: [[name]]\n    matching_on: STAND_ON",
        "MATCHING_UNKNOWN_RELATION",
        3,
        "STAND_ON",
        "`STANDS_ON`",
        id="matching on no relation",
    ),
    pytest.param("goods", "{enum: colour,", "{enum: colour, absent_means: red,", "BAD_ABSENCE", 10, "Bottle.colour",
                 "relations", id="absence on a kind"),
    pytest.param("relations", "since: {type: date,", "since: {type: date, absent_means: never,", "BAD_ABSENCE", 10, "date",
                 "string", id="absence of a date"),
    pytest.param("relations", "since: {type: date,", "hue: {enum: colour, absent_means: green,", "BAD_ABSENCE", 10, "green",
                 "blue", id="absence is not of the enum"),
    pytest.param("attributes", "min: 0", "min: 5, max: 1", "BAD_BOUNDS", 2, "min 5", "swap", id="min above max"),
    pytest.param("goods", "{enum: colour,", "{enum: colour, min: 1,", "BAD_BOUNDS", 10, "bounds", "remove", id="text bounds"),
    pytest.param("attributes", "min: 0", "enum: colour", "ENUM_NEEDS_STRING", 2, "money", "string", id="enum of money"),
    pytest.param("attributes", "min: 0", "personal: secret", "UNKNOWN_PERSONAL_CLASS", 2, "secret", "none", id="class"),
    pytest.param("goods", "{enum: colour, ", "{", "MISSING_TYPE", 10, "Bottle.colour", "type:", id="no type"),
    pytest.param("goods", "  Shelf:", "  Bottle:", "DUPLICATE_KEY", 11, "line 3", "keep one", id="kind twice in a file"),
    pytest.param("enums", VALUES, "    {}\n", "EMPTY_ENUM", 2, "no value", "label", id="empty enum"),
    pytest.param("pack", "version: 3", "version: 0", "MISSING_KEY", 2, "version", "from 1", id="version of zero"),
    pytest.param("goods", "kinds:", "kindz:", "UNKNOWN_KEY", 2, "kindz", "kinds", id="misspelt section"),
    pytest.param("goods", "synonyms: {en: [flask]", "synonyms: {en: flask", "WRONG_SHAPE", 6, "not a list", "brackets", id="synonyms"),
    pytest.param("goods", "fr: bouteille}", "fr: bouteille, gender: f}", "WRONG_SHAPE", 5, "no gender", "feminine", id="gender"),
    pytest.param("goods", "{en: bottle", "{en: {a: b}", "WRONG_SHAPE", 5, "single value", "one value", id="nested label"),
    pytest.param("goods", "identity: [[name]]", "identity: &a [[name]]\n    description: *a", "ALIAS", 8, "anchor", "write", id="anchor"),
]  # fmt: skip


@pytest.mark.parametrize(("stem", "old", "new", "code", "line", "seen", "hint"), BROKEN)
def test_a_broken_pack_is_refused_at_its_line(
    tmp_path: Path, stem: str, old: str, new: str, code: str, line: int, seen: str, hint: str
) -> None:
    text = FILES[f"{stem}.yml"]
    assert old in text
    findings = check_pack(write_pack(tmp_path, **{stem: text.replace(old, new)}))
    found = [f for f in findings if f.code == code and f.line == line]
    assert found, f"no {code} at line {line} in {findings}"
    assert any(seen in f.seen and hint in f.hint and f.severity is Severity.ERROR for f in found), found


def test_what_every_relation_has_is_on_each_but_those_of_bookkeeping(tmp_path: Path) -> None:
    shared = "every_relation:\n  hue: {enum: colour, absent_means: red, label: {en: hue, fr: teinte}}\n"
    text = FILES["relations.yml"].replace("    acyclic: true\n", "    acyclic: true\n    bookkeeping: true\n")
    plain = load_schema(write_pack(tmp_path / "plain", relations=shared + FILES["relations.yml"]))
    books = load_schema(write_pack(tmp_path / "books", relations=shared + text))
    assert list(plain.relations["STANDS_ON"].attributes) == ["hue", "since"]
    assert plain.relations["STANDS_ON"].attributes["hue"].absent_means == "red"
    assert list(books.relations["STANDS_ON"].attributes) == ["since"]


def test_a_sound_pack_has_no_finding(tmp_path: Path) -> None:
    assert check_pack(write_pack(tmp_path)) == []


def test_broken_yaml_is_reported_with_line_and_column(tmp_path: Path) -> None:
    findings = check_pack(write_pack(tmp_path, enums="enums:\n  colour: {red: [}\n"))
    broken = next(f for f in findings if f.code == "BROKEN_YAML")
    assert (Path(broken.file).name, broken.line, broken.column) == ("enums.yml", 2, 18)
    assert broken.where.endswith("enums.yml:2:18")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("kinds:\n  Caf\xe9: {}\n".encode("latin-1"), "BROKEN_ENCODING", id="not UTF-8"),
        pytest.param(b"", "WRONG_SHAPE", id="empty file"),
        pytest.param(b"- a\n- b\n", "WRONG_SHAPE", id="a list"),
        pytest.param(b"kinds: [Bottle]\n", "WRONG_SHAPE", id="kinds as a list"),
        pytest.param(b"kinds: {A: 1}\n", "WRONG_SHAPE", id="kind as a number"),
        pytest.param(b"kinds: {? [a] : 1}\n", "WRONG_SHAPE", id="key that is no text"),
        pytest.param(b"a: 1\n---\nb: 2\n", "BROKEN_YAML", id="two documents"),
        pytest.param(b"kinds:\n\t- a\n", "BROKEN_YAML", id="tab as indentation"),
        pytest.param(b"a: " + b"[" * 100_000, "BROKEN_YAML", id="endless brackets"),
        pytest.param(b"kinds: !!python/name:os.system {}\n", "WRONG_SHAPE", id="tag"),
        pytest.param(b"a: \x01\n", "BROKEN_YAML", id="control character"),
    ],
)
def test_a_file_that_cannot_be_understood_is_named(tmp_path: Path, raw: bytes, code: str) -> None:
    directory = write_pack(tmp_path)
    (directory / "more.yml").write_bytes(raw)
    found = [f for f in check_pack(directory) if f.code == code]
    assert [Path(f.file).name for f in found] == ["more.yml"]
    assert found[0].hint


def test_a_directory_without_pack_file_is_refused(tmp_path: Path) -> None:
    findings = check_pack(write_pack(tmp_path, without="pack.yml"))
    assert [(Path(f.file).name, f.code) for f in findings] == [("pack.yml", "MISSING_FILE")]


def test_a_file_that_would_not_be_read_is_reported(tmp_path: Path) -> None:
    directory = write_pack(tmp_path)
    (directory / "more.yaml").write_text("kinds: {}\n")
    assert [f.code for f in check_pack(directory)] == ["UNKNOWN_FILE"]


def test_a_kind_defined_in_two_files_is_refused_naming_both(tmp_path: Path) -> None:
    directory = write_pack(tmp_path)
    (directory / "more.yml").write_text("kinds:\n  Shelf:\n    label: {en: board, fr: planche}\n")
    (finding,) = check_pack(directory)
    assert (finding.code, finding.line) == ("DUPLICATE_KIND", 2)
    assert "goods.yml:11" in finding.seen


def test_a_relation_of_a_bookkeeping_kind_must_be_bookkeeping(tmp_path: Path) -> None:
    goods = FILES["goods.yml"].replace("public: true", "bookkeeping: true")
    findings = check_pack(write_pack(tmp_path, goods=goods))
    assert {f.code for f in findings} == {"BOOKKEEPING_MIX"}
    relations = FILES["relations.yml"].replace("acyclic: true", "bookkeeping: true")
    assert check_pack(write_pack(tmp_path, goods=goods, relations=relations)) == []


@pytest.mark.parametrize(
    ("stem", "old", "new", "code", "seen"),
    [
        pytest.param("goods", "colour: {", "order: {", "RESERVED_IN_GSQL", "`order`", id="attribute of a GSQL word"),
        pytest.param("goods", "en: shelf,", "en: Bottle,", "AMBIGUOUS_LABEL", "`bottle`", id="two kinds, one label"),
        pytest.param("goods", "{enum: colour,", "{type: string,", "UNUSED", "`colour`", id="enum that nobody uses"),
        pytest.param("goods", "is: Priced", "is: Thing", "UNUSED", "`Priced`", id="generic that nobody is"),
    ],
)
def test_what_will_hurt_later_is_a_warning(tmp_path: Path, stem: str, old: str, new: str, code: str, seen: str) -> None:
    findings = check_pack(write_pack(tmp_path, **{stem: FILES[f"{stem}.yml"].replace(old, new)}))
    warnings = [f for f in findings if f.severity is Severity.WARNING]
    assert warnings == findings
    assert any(f.code == code and seen in f.seen for f in warnings), findings


def test_one_check_tells_every_flaw_errors_first(tmp_path: Path) -> None:
    goods = FILES["goods.yml"].replace("enum: colour", "enum: color").replace("is: Thing", "is: Thin")
    findings = check_pack(write_pack(tmp_path, goods=goods))
    severities = [f.severity for f in findings]
    assert severities == sorted(severities, key=lambda s: s.value)
    assert [f.code for f in findings if f.severity is Severity.ERROR] == ["UNKNOWN_ENUM", "UNKNOWN_GENERIC"]


def test_a_finding_is_json_ready() -> None:
    finding = Finding("a.yml", 3, "BROKEN_YAML", "x", "y", column=7)
    assert finding.to_dict() == {
        "file": "a.yml",
        "line": 3,
        "column": 7,
        "code": "BROKEN_YAML",
        "severity": "error",
        "seen": "x",
        "hint": "y",
    }


def test_every_sound_pack_on_the_shelf_loads_and_has_no_finding() -> None:
    assert check_pack("it_estate") == []
    assert load_schema("it_estate").name == "it_estate"


def test_an_address_alone_matches_nothing(tmp_path: Path) -> None:
    goods = FILES["goods.yml"].replace("identity: [[name]]", "matching: [[name], [ip_address]]")
    goods = goods.replace(
        "      colour: {", "      ip_address: {type: string, label: {en: address, fr: adresse}}\n      colour: {"
    )
    codes = [finding.code for finding in check_pack(write_pack(tmp_path, goods=goods))]
    assert codes == ["MATCHING_BY_ADDRESS"]

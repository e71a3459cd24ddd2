"""`jumeau lint`: findings with file, line and column; corrections where there is exactly one; exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.lint import findings_of
from cli.main import app
from graph.cypher.guard import DEFAULT_LIMITS
from graph.queries.catalogue import FOLDER
from graph.schema.model import Schema

PLAIN = """// two questions
MATCH (s:Servr) RETURN s.name AS name;

MATCH (t:Team)
RETURN t.nmae AS name; MATCH (s:Server) RETURN s.name AS n
"""


@pytest.fixture(scope="module")
def runner() -> CliRunner:
    return CliRunner()


def test_the_catalogue_has_no_errors(schema: Schema) -> None:
    for path in FOLDER.glob("*.cypher"):
        found = findings_of(path, path.read_text(encoding="utf-8"), schema, DEFAULT_LIMITS)
        assert [finding for finding in found if finding.severity == "error"] == []


def test_the_first_error_of_each_statement_is_found_at_its_place_in_the_file(tmp_path: Path, runner: CliRunner) -> None:
    path = tmp_path / "questions.cypher"
    path.write_text(PLAIN)
    done = runner.invoke(app, ["lint", str(path), "--output", "json"])
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert (report["files"], report["errors"]) == (1, 2)
    places = [(d["line"], d["column"], d["code"], d["fixable"]) for d in report["diagnostics"]]
    assert places == [(2, 10, "UNKNOWN_KIND", True), (5, 10, "UNKNOWN_PROPERTY", True)]
    assert report["diagnostics"][0]["excerpt"].splitlines()[1].strip() == "^^^^^"
    assert report["diagnostics"][0]["suggestions"] == ["Server"]


def test_fix_writes_what_has_one_correction_and_nothing_else(tmp_path: Path, runner: CliRunner) -> None:
    path = tmp_path / "questions.cypher"
    path.write_text(PLAIN)
    done = runner.invoke(app, ["lint", "--fix", str(path)])
    assert done.exit_code == 0, done.output
    assert path.read_text() == PLAIN.replace("Servr", "Server").replace("nmae", "name")
    path.write_text("MATCH (s:Zzzz) RETURN s;")
    assert runner.invoke(app, ["lint", "--fix", str(path)]).exit_code == 1
    assert path.read_text() == "MATCH (s:Zzzz) RETURN s;"


def test_the_head_of_a_catalogue_file_is_checked(tmp_path: Path, schema: Schema) -> None:
    path = tmp_path / "lonely_servers.cypher"
    text = "// title.en: Lonely servers\n// param x: integer\nMATCH (s:Server) RETURN s.name AS name\n"
    path.write_text(text)
    found = findings_of(path, text, schema, DEFAULT_LIMITS)
    assert [(f.severity, f.code) for f in found] == [("error", "CATALOGUE")]
    assert "title.fr" in found[0].message


def test_a_default_bound_is_a_warning_and_no_error(tmp_path: Path, runner: CliRunner) -> None:
    path = tmp_path / "open.cypher"
    path.write_text("RETURN 1 AS one;\nMATCH (a:Server {name: 'x'})-[*]->(b) RETURN b;\n")
    done = runner.invoke(app, ["lint", str(path), "-o", "json"])
    assert done.exit_code == 0
    (finding,) = json.loads(done.stdout)["diagnostics"]
    assert (finding["severity"], finding["line"]) == ("warning", 2)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("RETURN 1;\n\nMATCH (n) DELETE n;", "NOT_READ_ONLY", 3),
        ("RETURN 1;\nRETURN 'open", "SYNTAX", 2),
        ("RETURN 1 RETURN 2", "SYNTAX", 1),
        ("MATCH (a)-[*1..99]->(b) RETURN b", "UNBOUNDED", 1),
    ],
)
def test_other_errors_have_their_line(text: str, code: str, line: int, schema: Schema, tmp_path: Path) -> None:
    found = findings_of(tmp_path / "x.cypher", text, schema, DEFAULT_LIMITS)
    assert [(finding.code, finding.line) for finding in found] == [(code, line)]


def test_a_file_that_is_not_there_is_wrong_use(runner: CliRunner) -> None:
    done = runner.invoke(app, ["lint", "/nowhere/x.cypher"])
    assert done.exit_code != 0
    assert "cannot be read" in str(done.exception)

"""The interactive console: statements over several lines, commands, completion, history; by pipe and at a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.asking import Asking, asking
from cli.completion import Completion
from cli.console import Console
from cli.output import Output
from cli.statements import split_statements
from core.settings import load_settings
from graph.cypher.prepare import prepare
from graph.queries.catalogue import load_catalogue
from graph.schema.model import Schema
from tests.acceptance.console import ROOT
from tests.acceptance.console import Console as Command
from tests.patience import PATIENCE_S


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("twin")


@pytest.fixture(scope="module")
def twin(home: Path) -> Iterator[Asking]:
    with asking(load_settings(home=home, backend="networkx", now="2025-01-01")) as twin:
        yield twin


Talk = Callable[..., tuple[str, str, Console]]


@pytest.fixture
def talk(twin: Asking, capsys: pytest.CaptureFixture[str]) -> Talk:
    def say_lines(*lines: str) -> tuple[str, str, Console]:
        console = Console(twin, Output.CSV)
        console.run(iter(lines))
        captured = capsys.readouterr()
        return captured.out, captured.err, console

    return say_lines


# --- statements --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "statements", "rest"),
    [
        ("RETURN 1;", ["RETURN 1"], ""),
        ("RETURN 1; RETURN 2;", ["RETURN 1", " RETURN 2"], ""),
        ("RETURN 1", [], "RETURN 1"),
        ("RETURN ';' AS a; RETURN", ["RETURN ';' AS a"], " RETURN"),
        ('RETURN "a;\\";" AS a;', ['RETURN "a;\\";" AS a'], ""),
        ("RETURN 1 AS `a;b`;", ["RETURN 1 AS `a;b`"], ""),
        ("RETURN 1 // a; b\n;", ["RETURN 1 // a; b\n"], ""),
        ("RETURN 1 /* ; */;", ["RETURN 1 /* ; */"], ""),
        ("RETURN 'open; ;", [], "RETURN 'open; ;"),
        (";;;", [], ""),
    ],
)
def test_a_statement_ends_at_a_semicolon_that_is_no_text(text: str, statements: list[str], rest: str) -> None:
    found, left = split_statements(text)
    assert [statement for _, statement in found] == statements
    assert left == rest
    assert all(text[at:].startswith(statement) for at, statement in found)


# --- talking -----------------------------------------------------------------------------------------------------------


def test_a_query_takes_several_lines_and_a_line_several_queries(talk: Talk) -> None:
    out, _, console = talk("RETURN", "  1 AS one", "; RETURN 2 AS two; RETURN", "3 AS three;")
    assert out == "one\n1\ntwo\n2\nthree\n3\n"
    assert console.failed == 0


def test_what_is_left_without_a_semicolon_is_asked_at_the_end(talk: Talk) -> None:
    assert talk("RETURN 1 AS one")[0] == "one\n1\n"


def test_parameters_are_set_shown_and_forgotten(talk: Talk) -> None:
    out, err, console = talk(
        ":param name 'x y'", ":param least=3", ":params", "RETURN $least + 1 AS n;", ":params clear"
    )
    assert out == "n\n4\n"
    assert "$least = 3" in err
    assert console.parameters == {}


def test_an_error_is_told_with_its_line_and_the_console_goes_on(talk: Talk) -> None:
    out, err, console = talk("MATCH (s:Servr) RETURN s;", "RETURN 1 AS one;", ":nonsense")
    assert out == "one\n1\n"
    assert "[UNKNOWN_KIND]" in err
    assert "^^^^^" in err
    assert "did you mean Server" in err
    assert "[USAGE]" in err
    assert console.failed == 2


def test_output_explain_run_and_quit(talk: Talk, schema: Schema) -> None:
    out, err, _ = talk(
        ":output table",
        ":explain MATCH (s:Server)-[:OWNED_BY*]->(t) RETURN t.name AS n;",
        ":output csv",
        ":run dependency_cycles",
        ":run downstream_impact",
        ":quit",
        "RETURN 1 AS never;",
    )
    assert "-- bind" in out
    assert "-- guard" in out
    assert "-- compile: networkx" in out
    assert ",".join(prepare(load_catalogue()["dependency_cycles"].text, schema).columns) in out
    assert "needs the parameter 'ci'" in err
    assert "never" not in out


def test_explaining_may_be_switched_on(talk: Talk) -> None:
    out, err, _ = talk(":explain", "RETURN 1 AS one;", ":explain", "RETURN 1 AS one;")
    assert out.startswith("stage,query,findings\nparse,")
    assert out.endswith("one\n1\n")
    assert "queries are explained" in err


# --- completion --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "word", "expected"),
    [
        ("MAT", "MAT", "MATCH"),
        ("MATCH (s:Phys", "s:Phys", "s:PhysicalServer"),
        ("MATCH (s)-[:OWNED", ":OWNED", ":OWNED_BY"),
        ("MATCH (s)-[:OWNED_BY|RUNS_O", "RUNS_O", "RUNS_ON"),
        ("RETURN s.cpu_c", "s.cpu_c", "s.cpu_cores"),
        ("RETURN $na", "$na", "$name"),
        ("RETURN toUp", "toUp", "toUpper("),
        (":ru", ":ru", ":run"),
        (":run downstream_im", "downstream_im", "downstream_impact"),
        (":run downstream_impact c", "c", "ci="),
        (":output j", "j", "json"),
        (":explain MATCH (s:Phys", "s:Phys", "s:PhysicalServer"),
    ],
)
def test_words_are_completed_by_what_may_stand_there(line: str, word: str, expected: str, schema: Schema) -> None:
    completion = Completion(schema, load_catalogue(), {"name": "x"})
    assert expected in completion.candidates(line, word)
    complete = completion.completer(lambda: line)
    first = complete(word, 0)
    assert first in completion.candidates(line, word)
    assert complete(word, 10_000) is None


# --- as a command ------------------------------------------------------------------------------------------------------


def test_a_pipe_may_stand_for_a_person(home: Path) -> None:
    command = Command(home, {"JUMEAU_BACKEND": "networkx"})
    done = command.run("query", "-o", "csv", stdin="RETURN 1 AS one;\nRETURN\n2 AS two;\nRETURN x;\n")
    assert done.stdout == "one\n1\ntwo\n2\n"
    assert "[UNKNOWN_VARIABLE]" in done.stderr
    assert done.returncode == 2


def test_parameters_come_from_a_file_and_options_win(home: Path, tmp_path: Path) -> None:
    command = Command(home, {"JUMEAU_BACKEND": "networkx"})
    wanted = tmp_path / "wanted.yml"
    wanted.write_text("least: 3\nday: 2025-01-31\nnames: [a, b]\n")
    text = "RETURN $least AS least, date($day) AS day, size($names) AS names"
    done = command.run("query", text, "--params-file", str(wanted), "-p", "least=4", "-o", "csv")
    assert done.stdout == "least,day,names\n4,2025-01-31,2\n"
    wanted.write_text("- a\n- b\n")
    assert "[USAGE]" in command.run("query", text, "--params-file", str(wanted)).stderr


def test_explain_prints_every_stage_and_the_statement(home: Path) -> None:
    done = Command(home).run(
        "query", "--explain", "MATCH (s:Server) WHERE s.name = $name RETURN reduce(a = 0, x IN [1] | a + x)"
    )
    assert done.returncode == 0, done.stderr
    assert "-- pushdown\n   MATCH (s:Server {name: $name})" in done.stdout
    assert "engine: fallback" in done.stdout
    assert "reduce" in done.stdout.rpartition("reason:")[2]


def test_at_a_terminal_there_is_a_prompt_completion_and_a_history(home: Path, tmp_path: Path) -> None:
    main, terminal = pty.openpty()
    environment = {
        **os.environ,
        "JUMEAU_HOME": str(home),
        "JUMEAU_BACKEND": "networkx",
        "HOME": str(tmp_path),
        "TERM": "dumb",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "query", "-o", "csv"],
        stdin=terminal, stdout=terminal, stderr=terminal, cwd=ROOT, env=environment, close_fds=True,
    )  # fmt: skip
    os.close(terminal)
    try:
        assert "jumeau> " in _read_until(main, "jumeau> ")
        os.write(main, b"RETURN\n")
        _read_until(main, "...> ")
        os.write(main, b"41 + 1 AS answer;\n")
        assert "42" in _read_until(main, "jumeau> ")
        os.write(main, b":qui\t\n")
        assert process.wait(timeout=PATIENCE_S) == 0
    finally:
        process.kill()
        os.close(main)
    history = tmp_path / ".jumeau_history"
    assert "41 + 1 AS answer;" in history.read_text()
    assert history.stat().st_mode & 0o077 == 0


def _read_until(descriptor: int, text: str, timeout_s: float = 30.0) -> str:
    seen = ""
    end = time.monotonic() + timeout_s
    while text not in seen and time.monotonic() < end:
        if select.select([descriptor], [], [], 0.2)[0]:
            seen += os.read(descriptor, 4096).decode()
    return seen

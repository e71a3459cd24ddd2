"""The reference of settings is complete, and no page, file or line of code names a setting that does not exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.oidc_settings import OidcSettings
from core.settings import ConnectionSettings, QuerySettings, Settings, load_settings
from docs.generate import PAGES
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "reference" / "settings.md"
SETTINGS = {f"JUMEAU_{name.upper()}" for name in Settings.model_fields}
FOR_DEVELOPERS = {
    "JUMEAU_ADVISORIES",
    "JUMEAU_FAILPOINT",
    "JUMEAU_FAILPOINT_LOG",
    "JUMEAU_FAILPOINT_STOP",
    "JUMEAU_FAILPOINT_TRACE",
    "JUMEAU_NEO4J_ERASE",
    "JUMEAU_NIGHTLY",
    "JUMEAU_REQUIRE_NEO4J",
    "JUMEAU_REQUIRE_OIDC",
    "JUMEAU_REQUIRE_POSTGRESQL",
    "JUMEAU_TCK",
    "JUMEAU_TEST_POSTGRESQL",
}
"""Read by tests, failpoints and make, no settings of an installation."""
NAME = re.compile(r"\bJUMEAU_[A-Z0-9_]*[A-Z0-9]\b")


def documented(page: str) -> list[dict[str, tuple[str, str]]]:
    """Of each table of the page: the first cell of a row to its default and its meaning."""
    tables = [block for block in page.split("\n\n") if block.startswith("| ")]
    rows = [[re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines()[2:]] for table in tables]
    return [{row[0].strip(" `"): (row[2].strip(), row[3].strip()) for row in table} for table in rows]


def test_every_setting_is_documented_and_nothing_else_with_its_default_and_its_meaning() -> None:
    settings, connections, queries, oidc = documented(PAGE.read_text(encoding="utf-8"))
    for told, model in ((connections, ConnectionSettings), (queries, QuerySettings), (oidc, OidcSettings)):
        assert set(told) == set(model.model_fields)
    assert set(settings) == SETTINGS
    assert {
        name for table in (settings, connections, queries, oidc) for name, row in table.items() if len(row[1]) < 10
    } == set()
    assert settings["JUMEAU_PORT"][0] == "`8000`"
    assert settings["JUMEAU_CONNECTIONS"][0] == "`{}`"
    assert settings["JUMEAU_LEDGER"][0] == ""


def test_a_setting_that_is_added_or_taken_away_makes_the_page_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = dict(Settings.model_fields)
    monkeypatch.setattr(Settings, "__pydantic_fields__", {n: f for n, f in fields.items() if n != "port"})
    assert "JUMEAU_PORT" not in documented(PAGES[PAGE]())[0]
    monkeypatch.setattr(Settings, "__pydantic_fields__", {**fields, "new_one": fields["port"]})
    assert "JUMEAU_NEW_ONE" in documented(PAGES[PAGE]())[0]


def test_no_file_names_a_setting_that_does_not_exist() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    texts = {".py", ".md", ".yml", ".yaml", ".sh", ".tpl", ".json", ".toml", ".env", ""}
    strange: dict[str, set[str]] = {}
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix not in texts or not path.is_file() or path == Path(__file__):
            continue
        found = set(NAME.findall(path.read_text(encoding="utf-8", errors="replace"))) - SETTINGS - FOR_DEVELOPERS
        if found:
            strange[name] = found
    assert strange == {}


@pytest.mark.parametrize("line", ['neo4j_password = "s3cret"', 'personal_secret = "sixteen characters"'])
def test_a_secret_in_the_file_is_refused(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jumeau.toml").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="a secret is given in a file") as refused:
        load_settings()
    assert line.split('"')[1] not in str(refused.value)

"""The documentation is true: generated pages have not drifted, and the commands in it run."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest
from pydantic import BaseModel

from core.clock import SystemClock
from core.settings import Settings, load_settings
from docs.generate import PAGES, TABLES, error_classes
from services.access.oidc.provider import IdentityProvider
from tests.acceptance.forked import run
from tests.conftest import ROOT

DOCS = ROOT / "docs"
WITH_SETTINGS = [path for path in sorted(DOCS.rglob("*.md")) if "```toml" in path.read_text(encoding="utf-8")]
WITH_COMMANDS = [path for path in sorted(DOCS.rglob("*.md")) if "```console" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_a_generated_page_has_not_drifted(path: Path) -> None:
    assert path.exists(), f"run `make docs`: {path.relative_to(ROOT)} is missing"
    assert path.read_text(encoding="utf-8") == PAGES[path](), f"run `make docs`: {path.relative_to(ROOT)} has drifted"


def test_every_setting_says_what_it_is_for() -> None:
    described: list[type[BaseModel]] = [Settings, *TABLES.values()]
    assert [name for one in described for name, field in one.model_fields.items() if not field.description] == []


def test_every_error_code_says_what_it_means() -> None:
    assert [cls.__name__ for cls in error_classes() if not (cls.__doc__ or "").strip()] == []


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda p: p.name)
def test_the_commands_of_a_page_run_in_order(page: Path, tmp_path: Path) -> None:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("JUMEAU_")}
    environment = {**inherited, "PYTHONPATH": str(ROOT), "JUMEAU_NOW": "2025-01-01"}
    text = page.read_text(encoding="utf-8")
    for name, content in re.findall(r"```(?:json|yaml|toml) (\S+)\n(.*?)```", text, re.DOTALL):
        (tmp_path / name).write_text(content, encoding="utf-8")  # files that the commands of the page are given
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    assert lines
    for line in lines:
        command, _, remark = line.partition(" # ")
        name, *arguments = shlex.split(command)
        assert name == "jumeau"
        done = run(arguments, environment, tmp_path, timeout_s=300)
        assert (done.returncode != 0) == ("fails" in remark), f"{line}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", WITH_SETTINGS, ids=lambda p: p.name)
def test_the_settings_of_a_page_are_settings(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        (tmp_path / "jumeau.toml").write_text(block, encoding="utf-8")
        oidc = load_settings().oidc
        if oidc is not None:
            IdentityProvider(oidc, SystemClock(), {str(oidc.client_secret_env): "secret"})  # refuses what it cannot use


@pytest.mark.parametrize("page", sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]), ids=str)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []

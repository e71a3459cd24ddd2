"""`jumeau webhook`: registered at the machine, kept in the ledger's database, with a secret that is shown once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.console import Console
from tests.cli.here import Here
from tests.conftest import ROOT
from tests.services.webhooks.receiver import Receiver

SETTINGS = {"JUMEAU_BACKEND": "networkx", "JUMEAU_ALLOWED_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def console(tmp_path: Path) -> Here:
    return Here(Console(tmp_path / "home", SETTINGS))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().serving() as receiver:
        yield receiver


def test_a_webhook_is_made_tried_listed_and_removed(console: Here, receiver: Receiver) -> None:
    made = console.json("webhook", "add", "portal", receiver.url, "--kind", "Server", "--event", "changes")
    assert made["webhook"]["kinds"] == ["Server"]
    assert console.json("webhook", "test", "portal") == [{"delivered": True, "status": 204, "error": ""}]
    assert receiver.received[0].is_signed_with(made["secret"])
    rotated = console.json("webhook", "rotate", "portal", "--overlap-hours", "1")
    receiver.answers = [302]
    failed = console.run("webhook", "test", "portal")
    assert failed.returncode == 1
    assert "redirections are not followed" in failed.stdout
    assert receiver.received[1].is_signed_with(made["secret"])
    assert receiver.received[1].is_signed_with(rotated["secret"])
    assert [hook["state"] for hook in console.json("webhook", "pause", "portal")] == ["paused"]
    assert [hook["state"] for hook in console.json("webhook", "resume", "portal")] == ["active"]
    assert console.json("webhook", "deliveries", "portal") == []
    assert console.run("webhook", "replay", "portal").returncode == 2
    for shown in (("list",), ("show", "portal"), ("list", "--output", "csv")):
        told = console.run("webhook", *shown)
        assert "portal" in told.stdout
        for secret in (made["secret"], rotated["secret"], "path-that-is-a-secret"):
            assert secret not in told.stdout + told.stderr
    assert [hook["name"] for hook in console.json("webhook", "remove", "portal")] == ["portal"]
    assert console.json("webhook", "list") == []


def test_what_is_wrong_is_said(console: Here, receiver: Receiver) -> None:
    for arguments, code in (
        (("add", "p", "https://192.168.0.1/x"), "ADDRESS_REFUSED"),
        (("add", "p", receiver.url, "--filter", "{servers"), "USAGE"),
        (("add", "p", receiver.url, "--filter", "[]"), "USAGE"),
        (("add", "p", receiver.url, "--event", "run.finished", "--perimeter", "P"), "RESTRICTED"),
        (("show", "p"), "NOT_FOUND"),
    ):
        done = console.run("webhook", *arguments)
        assert done.returncode == 2
        assert code in done.stderr
    refused = console.run("webhook", "add", "p", "https://192.168.0.1/x").stderr
    assert "JUMEAU_ALLOWED_NETWORKS" in refused


def test_the_secret_is_not_in_the_list_of_a_backup_nor_in_the_trail(
    console: Here, receiver: Receiver, tmp_path: Path
) -> None:
    made = console.json("webhook", "add", "portal", receiver.url)
    backup = tmp_path / "twin.backup"
    told = console.run("backup", "create", str(backup))
    assert told.returncode == 0, told.stderr
    told_of = told.stdout + told.stderr + console.run("audit", "list", "--output", "json").stdout
    assert "webhook add" in told_of
    assert made["secret"] not in told_of
    assert "path-that-is-a-secret" not in told_of


def test_the_receiver_of_the_how_to_takes_what_is_signed_and_nothing_else(console: Here) -> None:
    page = (ROOT / "docs" / "how-to" / "send-webhooks.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    made = console.json("webhook", "add", "later", "https://portal.example/hook")
    given = {**os.environ, "WEBHOOK_SECRET": made["secret"], "PORT": "0"}
    with subprocess.Popen([sys.executable, "-c", program], env=given, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            port = int(running.stdout.readline().rsplit(":", 1)[1])
            url = f"http://127.0.0.1:{port}/hook"
            console.json("webhook", "remove", "later")
            other = console.json("webhook", "add", "portal", url)
            assert console.json("webhook", "test", "portal", code=1)[0]["status"] == 401
            assert other["secret"] != made["secret"]
            variables = {"PORTAL_WEBHOOK_SECRET": made["secret"]}
            knowing = Here(Console(console.console.home, {**SETTINGS, **variables}))
            knowing.json("webhook", "rotate", "portal", "--secret-env", "PORTAL_WEBHOOK_SECRET")
            assert knowing.json("webhook", "test", "portal")[0]["status"] == 204
            assert running.stdout.readline().strip() == "test {'webhook': 'portal'}"
        finally:
            running.kill()

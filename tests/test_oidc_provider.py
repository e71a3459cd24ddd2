"""The OpenID provider that the tests start for themselves."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from scripts.oidc.distribution import HERE, OidcProviderUnavailableError, prepare_distribution
from scripts.oidc.launch import start
from tests.conftest import ROOT
from tests.oidc_provider import ACCOUNTS, CLIENTS, TestedProvider, new_key
from tests.patience import PATIENCE_S


def test_what_is_installed_is_pinned_by_hashes_and_names_no_place() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert len(packages) > 10
    assert [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")] == []
    assert "resolved" not in json.dumps(lock)
    assert {package["license"] for package in packages.values()} <= {"MIT", "ISC"}
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert all(re.fullmatch(r"[\d.]+", version) for version in wanted.values())


def test_a_half_made_installation_is_not_taken_for_a_complete_one(
    oidc_provider: TestedProvider, tmp_path: Path
) -> None:
    made = prepare_distribution(tmp_path, report=lambda _: None)
    (made / "complete").unlink()
    (made / "node_modules" / "oidc-provider" / "lib" / "provider.js").unlink()
    assert prepare_distribution(tmp_path, report=lambda _: None) == made
    assert (made / "node_modules" / "oidc-provider" / "lib" / "provider.js").exists()


def test_the_provider_listens_on_the_loopback_interface_only_and_ends_when_it_is_stopped(
    oidc_provider: TestedProvider,
) -> None:
    process = start(keys=[new_key().as_dict(private=True)], clients=CLIENTS, accounts=ACCOUNTS)
    listening = {c.laddr.ip for c in psutil.Process(process.pid).net_connections() if c.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}
    found = httpx.get(f"{process.issuer}/.well-known/openid-configuration", trust_env=False).json()
    assert found["issuer"] == process.issuer
    process.stop()
    process.stop()
    assert not process.running


@pytest.mark.faults
def test_the_provider_dies_with_the_process_that_started_it(oidc_provider: TestedProvider) -> None:
    code = (
        "import time; from scripts.oidc.launch import start; from tests.oidc_provider import ACCOUNTS, CLIENTS, new_key;"
        "print(start(keys=[new_key().as_dict(private=True)], clients=CLIENTS, accounts=ACCOUNTS).pid, flush=True);"
        "time.sleep(120)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    with starter:
        assert starter.stdout is not None
        provider = psutil.Process(int(starter.stdout.readline()))
        os.kill(starter.pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_S
    while provider.is_running() and provider.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not provider.is_running() or provider.status() == psutil.STATUS_ZOMBIE


def test_a_provider_that_cannot_start_says_why(oidc_provider: TestedProvider) -> None:
    taken = int(oidc_provider.issuer.rpartition(":")[2])
    with pytest.raises(OidcProviderUnavailableError, match="EADDRINUSE"):
        start(keys=[new_key().as_dict(private=True)], clients=CLIENTS, accounts=ACCOUNTS, port=taken)


def test_a_machine_without_node_is_told_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OidcProviderUnavailableError, match="no `node` in PATH"):
        start(keys=[], clients=[], accounts={}, packages=tmp_path)
    with pytest.raises(OidcProviderUnavailableError, match="no `npm` in PATH"):
        prepare_distribution(tmp_path / "cache", report=lambda _: None)

"""Dockerfile and docker-compose.yml, as far as they can be checked without a container engine: none runs these tests.

Where `make compose` has built it, the program of the Compose specification reads the file too.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from api.app import describe_rest
from cli.main import app
from core.settings import Settings, load_settings
from scripts.compose import COMPOSE
from scripts.go_program import ProgramUnavailableError
from tests.conftest import ROOT

DOCKERFILE = (ROOT / "deploy" / "docker" / "Dockerfile").read_text(encoding="utf-8")
LOCK = ROOT / "deploy" / "docker" / "requirements.lock"
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
VARIABLE = re.compile(r"\$\{(\w+)([^}]*)\}")
PINNED = re.compile(r"[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z]+)*")
KEYS = {
    "build",
    "image",
    "user",
    "environment",
    "ports",
    "networks",
    "volumes",
    "tmpfs",
    "stop_grace_period",
    "depends_on",
} | {
    "healthcheck",
    "read_only",
    "init",
    "restart",
    "cap_drop",
    "security_opt",
    "shm_size",
}


def instructions(name: str) -> list[str]:
    """The arguments of every instruction of a kind, in order, lines joined."""
    joined = re.sub(r"\\\n", " ", DOCKERFILE)
    return re.findall(rf"^{name} +(.+)$", joined, re.MULTILINE)


# --- docker-compose.yml --------------------------------------------------------------------------------------------------


def test_a_twin_its_ledger_and_its_graph_are_described_in_keys_of_the_specification() -> None:
    assert set(FILE) - {"x-hardened"} == {"name", "services", "networks", "volumes"}
    assert set(SERVICES) == {"twin", "ledger", "graph"}
    assert {key for service in SERVICES.values() for key in service} <= KEYS


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_an_image_of_a_version_and_tells_whether_it_is_well(name: str) -> None:
    service = SERVICES[name]
    assert PINNED.fullmatch(service["image"]), service["image"]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert {"interval", "timeout", "start_period", "retries"} <= service["healthcheck"].keys()


def test_every_service_runs_without_root_rights_on_a_root_file_system_that_nobody_can_write() -> None:
    for name, service in SERVICES.items():
        uid, gid = (int(number) for number in service["user"].split(":"))
        assert uid > 0, name
        assert gid > 0, name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert any(mount.startswith("/tmp:") for mount in service["tmpfs"]), name
        assert "privileged" not in service, name


def test_no_password_has_a_default_and_none_is_written_down() -> None:
    for service in SERVICES.values():
        for key, value in service["environment"].items():
            for variable, rest in VARIABLE.findall(value):
                assert rest.startswith(":?"), f"{variable} starts without a value"
            if re.search("PASSWORD|SECRET|AUTH$", key):
                assert VARIABLE.search(value), key


def test_every_setting_exists_and_its_value_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = SERVICES["twin"]["environment"]
    assert {name.removeprefix("JUMEAU_").lower() for name in given} <= set(Settings.model_fields)
    monkeypatch.chdir(tmp_path)
    for name, value in given.items():
        monkeypatch.setenv(name, VARIABLE.sub("0123456789abcdef", value))
    settings = load_settings()
    assert settings.ledger_url == "postgresql+psycopg://jumeau:0123456789abcdef@ledger:5432/jumeau"
    assert settings.backend_url == "neo4j://graph:7687"
    assert settings.access == "accounts"
    assert settings.stop_s < int(SERVICES["twin"]["stop_grace_period"].removesuffix("s"))


def test_every_volume_and_network_is_declared_and_used_and_nothing_of_the_machine_is_mounted() -> None:
    volumes = {mount.split(":")[0] for service in SERVICES.values() for mount in service["volumes"]}
    networks = {name for service in SERVICES.values() for name in service["networks"]}
    assert volumes == set(FILE["volumes"])
    assert networks == set(FILE["networks"])
    assert f"home:{SERVICES['twin']['environment']['JUMEAU_HOME']}" in SERVICES["twin"]["volumes"]


def test_only_the_twin_is_reached_from_outside_and_from_this_machine_only() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"twin"}
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["twin"]["ports"])
    assert FILE["networks"]["stores"]["internal"] is True
    assert {name for name, service in SERVICES.items() if "front" in service["networks"]} == {"twin"}


def test_the_twin_waits_for_stores_that_are_well() -> None:
    waits = SERVICES["twin"]["depends_on"]
    assert {name: wait["condition"] for name, wait in waits.items()} == {
        "ledger": "service_healthy",
        "graph": "service_healthy",
    }


def test_docker_compose_reads_the_file_where_it_is_installed() -> None:
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
    ):
        pytest.skip("no `docker compose` here: the file is checked by its structure only")
    secrets = dict.fromkeys(("LEDGER_PASSWORD", "GRAPH_PASSWORD", "PERSONAL_SECRET"), "x")
    for environment, code in (({**os.environ, **secrets}, 0), (dict(os.environ), 1)):
        command = [
            "docker",
            "compose",
            "-f",
            str(ROOT / "docker-compose.yml"),
            "--env-file",
            "/dev/null",
            "config",
            "-q",
        ]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert min(done.returncode, 1) == code, done.stderr


# --- read by the program of the specification ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compose() -> Path:
    try:
        return COMPOSE.find()
    except ProgramUnavailableError as error:
        pytest.skip(f"docker-compose.yml is checked by its structure only: {error}")


def read_by(program: Path, text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What the program makes of a file whose secrets are given."""
    path = folder / "docker-compose.yml"
    path.write_text(VARIABLE.sub("0123456789abcdef", text), encoding="utf-8")
    return subprocess.run(
        [str(program), "-format", "json", path.name],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_file_is_rendered_as_the_specification_has_it(compose: Path, tmp_path: Path) -> None:
    done = read_by(compose, TEXT, tmp_path)
    assert done.returncode == 0, done.stderr
    services = json.loads(done.stdout)["services"]
    assert services.keys() == SERVICES.keys()
    for name, service in services.items():
        assert (service["read_only"], service["cap_drop"], service["user"]) == (True, ["ALL"], SERVICES[name]["user"])
    (port,) = services["twin"]["ports"]
    assert (port["host_ip"], port["published"], port["target"]) == ("127.0.0.1", "8000", 8000)
    assert {waits["condition"] for waits in services["twin"]["depends_on"].values()} == {"service_healthy"}


@pytest.mark.parametrize(
    ("written", "wrongly"),
    [
        pytest.param("read_only: true", "read_onli: true", id="a key that there is not"),
        pytest.param("condition: service_healthy", "condition: healthy", id="a condition that there is not"),
        pytest.param("stop_grace_period: 30s", "stop_grace_period: [30]", id="a value of another form"),
    ],
)
def test_a_file_with_a_fault_is_refused(written: str, wrongly: str, compose: Path, tmp_path: Path) -> None:
    assert written in TEXT
    assert read_by(compose, TEXT.replace(written, wrongly), tmp_path).returncode != 0


def test_new_secrets_are_for_their_owner_differ_each_time_and_are_never_written_over(tmp_path: Path) -> None:
    seen = set()
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        subprocess.run(
            [str(ROOT / "deploy" / "docker" / "new-secrets.sh")], cwd=folder, check=True, capture_output=True
        )
        content = (folder / ".env").read_text(encoding="utf-8")
        wanted = {name for s in SERVICES.values() for v in s["environment"].values() for name, _ in VARIABLE.findall(v)}
        values = dict(line.split("=") for line in content.splitlines())
        assert set(values) == wanted
        assert all(re.fullmatch("[0-9a-f]{48,64}", value) for value in values.values())
        assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
        again = subprocess.run([str(ROOT / "deploy" / "docker" / "new-secrets.sh")], cwd=folder, capture_output=True)
        assert again.returncode != 0
        assert (folder / ".env").read_text(encoding="utf-8") == content
        seen |= set(values.values())
    assert len(seen) == 6


# --- Dockerfile ----------------------------------------------------------------------------------------------------------


def test_the_image_is_made_in_stages_from_versions_and_runs_as_nobody_of_the_machine() -> None:
    stages = instructions("FROM")
    assert len(stages) == 2
    assert all(PINNED.fullmatch(stage.split()[0]) for stage in stages)
    assert instructions("USER") == [SERVICES["twin"]["user"]]
    assert DOCKERFILE.index("USER ") > DOCKERFILE.rindex("RUN ")


def test_what_the_image_copies_is_there_and_is_let_through_to_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for line in instructions("COPY"):
        if not line.startswith("--from"):
            source = line.split()[0]
            assert (ROOT / source).exists(), source
            assert any(f"!{part}" in ignored for part in (source, *map(str, Path(source).parents))), source


def test_everything_that_a_server_imports_is_in_the_image(tmp_path: Path) -> None:
    for line in instructions("COPY"):
        source = line.split()[0]
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, tmp_path / source, ignore=shutil.ignore_patterns("__pycache__"))
    told = "import cli.main, api.app, api.server, services.follower_process; print(api.app.__file__)"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JUMEAU_")} | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(str(tmp_path))


def test_packages_are_installed_by_their_digests_and_are_those_of_the_project() -> None:
    assert any("--require-hashes" in line and "--only-binary" in line for line in instructions("RUN"))
    text = LOCK.read_text(encoding="utf-8")
    whole = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", text, re.MULTILINE)
    assert len(pins) > 30
    for name, version in pins:
        assert re.search(rf"^{re.escape(name)}=={re.escape(version)}[ ;\\]", whole, re.MULTILINE), (
            f"run `make lock`: {name}"
        )
    assert set(re.findall(r"sha256:[0-9a-f]{64}", text)) <= set(re.findall(r"sha256:[0-9a-f]{64}", whole))
    assert "://" not in text
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [one for part in ("agent", "postgresql", "simulation") for one in extras[part]] + project["dependencies"]
    assert {re.split(r"[\[>=]", one)[0].lower() for one in wanted} <= {name for name, _ in pins}
    assert not {"pytest", "mypy", "hypothesis", "testcontainers"} & {name for name, _ in pins}


def test_the_commands_paths_and_settings_of_the_image_exist() -> None:
    assert instructions("ENTRYPOINT") == ['["jumeau"]']
    assert instructions("CMD")[-1] == '["serve"]'
    assert "serve" in typer.main.get_command(app).commands  # type: ignore[attr-defined]
    asked = [
        re.findall(r"http://127\.0\.0\.1:8000([/\w]+)", text)
        for text in (DOCKERFILE, str(SERVICES["twin"]["healthcheck"]))
    ]
    assert asked == [["/health/live"], ["/health/ready"]], (
        "an image is to be ended where it hangs; who waits for the twin, waits for answers"
    )
    assert {path for (path,) in asked} <= describe_rest()["paths"].keys()
    assert {name.lower() for name in re.findall(r"JUMEAU_(\w+)=", DOCKERFILE)} <= set(Settings.model_fields)

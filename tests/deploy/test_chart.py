"""The Helm chart: its values, its schema and its templates name the same things; with a helm, what it renders is looked at.

Without a helm the second half is skipped, by name: `python -m scripts.helm` builds one.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.app import describe_rest
from core.settings import Settings, load_settings
from scripts.go_program import ProgramUnavailableError
from scripts.helm.build import HELM, find
from tests.conftest import ROOT

CHART = ROOT / "deploy" / "helm" / "jumeau"
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
TEMPLATES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((CHART / "templates").iterdir()))
SETTINGS = {f"JUMEAU_{name.upper()}" for name in Settings.model_fields}
OLDEST = ("--kube-version", "1.25.0")  # that the chart is for; a helm that was not released takes 1.20
SEVERAL = {"replicaCount": 3, "backend.url": "neo4j://neo4j:7687", "ledger.external": "true"}


def paths(content: Mapping[str, Any], schema: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """The name of every value whose schema says what is in it."""
    for name, value in content.items():
        inner = schema["properties"].get(name, {})
        if isinstance(value, dict) and "properties" in inner:
            yield from paths(value, inner, f"{before}{name}.")
        else:
            yield before + name


def described(schema: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, inner in schema["properties"].items():
        if "properties" in inner:
            assert inner["additionalProperties"] is False, name
            yield from described(inner, f"{before}{name}.")
        else:
            yield before + name


def test_values_schema_and_templates_name_the_same_values() -> None:
    given = set(paths(VALUES, SCHEMA))
    assert given == set(described(SCHEMA)) - {"global"}
    assert SCHEMA["additionalProperties"] is False
    used = set(re.findall(r"\.Values\.([A-Za-z.]+)", TEMPLATES))
    assert {name for name in used if not any(one == name or one.startswith(name + ".") for one in given)} == set()
    assert {name for name in given if name not in used} == set()


def test_every_setting_that_the_chart_names_exists() -> None:
    kept_back = SCHEMA["properties"]["settings"]["propertyNames"]["not"]["enum"]
    assert set(kept_back) <= SETTINGS
    named = set(re.findall(r"name: (JUMEAU_\w+)", TEMPLATES))
    assert named == set(kept_back)
    assert {f"JUMEAU_{name.upper()}" for name, field in Settings.model_fields.items() if not field.repr} <= named


def test_files_that_are_no_templates_are_yaml_and_the_version_is_that_of_the_project() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert chart["apiVersion"] == "v2"
    assert f'version = "{chart["appVersion"]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_without_a_helm_it_is_said_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramUnavailableError, match=r"python -m scripts\.helm"):
        find()
    with pytest.raises(ProgramUnavailableError, match="no `go` in PATH"):
        HELM.build(lambda _: None)


def test_a_build_that_fails_tells_what_go_said_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "go").write_text("#!/bin/sh\necho checksum mismatch >&2\nexit 1\n", encoding="utf-8")
    (tmp_path / "go").chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ProgramUnavailableError, match="checksum mismatch"):
        HELM.build(lambda _: None)
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


# --- rendered by a helm --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def helm() -> Path:
    try:
        return find()
    except ProgramUnavailableError as error:
        pytest.skip(f"NO HELM, the chart is neither rendered nor linted: {error}")


class Render:
    """`helm template` and what came of it."""

    def __init__(self, helm: Path, **values: object) -> None:
        given = {"secrets.existing": "jumeau", **values}
        options: list[str] = []
        for name, value in given.items():  # a setting is a text, whatever it looks like
            options += ["--set-string" if name.startswith("settings.") else "--set", f"{name}={value}"]
        self.done = subprocess.run(
            [str(helm), "template", "twin", str(CHART), *OLDEST, *options],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def objects(self) -> dict[str, dict[str, Any]]:
        """By kind; each one once."""
        assert self.done.returncode == 0, self.done.stderr
        found = [content for content in yaml.safe_load_all(self.done.stdout) if content]
        assert len({content["kind"] for content in found}) == len(found)
        return {content["kind"]: content for content in found}

    def pod(self) -> dict[str, Any]:
        spec: dict[str, Any] = self.objects()["StatefulSet"]["spec"]["template"]["spec"]
        return spec

    def refusal(self) -> str:
        assert self.done.returncode != 0, "it was rendered"
        return self.done.stderr


def several(helm: Path, **more: object) -> Render:
    return Render(helm, **SEVERAL, **more)


def test_the_chart_has_no_fault_that_helm_finds(helm: Path) -> None:
    for values in (
        {},
        SEVERAL,
        {"ingress.enabled": "true", "ingress.tlsSecret": "t", "serviceMonitor.enabled": "true"},
    ):
        options = [part for name, value in values.items() for part in ("--set", f"{name}={value}")]
        command = [str(helm), "lint", "--strict", str(CHART), *OLDEST, "--set", "secrets.existing=jumeau", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_one_pod_a_service_and_a_policy_are_what_there_is_without_asking_for_more(helm: Path) -> None:
    objects = Render(helm).objects()
    assert set(objects) == {"StatefulSet", "Service", "NetworkPolicy"}
    assert objects["StatefulSet"]["spec"]["replicas"] == 1
    chosen = objects["StatefulSet"]["spec"]["selector"]["matchLabels"]
    assert chosen.items() <= objects["StatefulSet"]["spec"]["template"]["metadata"]["labels"].items()
    assert objects["Service"]["spec"]["selector"] == chosen
    assert objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == chosen
    assert objects["NetworkPolicy"]["spec"]["ingress"][0]["from"] == [{"podSelector": {}}]


def test_every_container_runs_without_root_rights_on_a_root_file_system_that_nobody_can_write(helm: Path) -> None:
    pod = Render(helm, **{"firstAccount.name": "ana", "firstAccount.existingSecret": "first"}).pod()
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in (*pod["initContainers"], *pod["containers"]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/var/lib/jumeau", "/tmp"}


@pytest.mark.parametrize("values", [{}, SEVERAL], ids=["one", "several"])
def test_secrets_are_named_and_settings_are_taken(
    values: dict[str, object], helm: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (container,) = Render(helm, **values, **{"settings.JUMEAU_ROW_CAP": "5000"}).pod()["containers"]
    monkeypatch.chdir(tmp_path)
    for variable in container["env"]:
        secret = re.search("PASSWORD|SECRET|LEDGER|TOKEN", variable["name"])
        assert ("valueFrom" in variable) == bool(secret), variable
        if secret:
            assert variable["valueFrom"]["secretKeyRef"]["name"] == "jumeau"
        monkeypatch.setenv(variable["name"], variable.get("value", "postgresql://somebody@somewhere/jumeau"))
    settings = load_settings()
    assert (settings.row_cap, settings.access, settings.port) == (5000, "accounts", 8000)
    assert settings.backend == values.get("backend.url", "embedded")
    assert ("postgresql" in settings.ledger_url) is bool(values)


def test_a_pod_has_the_time_to_stop_and_probes_that_exist(helm: Path) -> None:
    pod = Render(helm, stopSeconds=40, drainSeconds=7).pod()
    (container,) = pod["containers"]
    assert pod["terminationGracePeriodSeconds"] == 52
    told = {v["name"]: v.get("value") for v in container["env"]}
    assert (told["JUMEAU_STOP_S"], told["JUMEAU_DRAIN_S"]) == ("40", "7")
    asked = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
    assert asked == {"startup": "/health/live", "liveness": "/health/live", "readiness": "/health/ready"}
    assert set(asked.values()) <= describe_rest()["paths"].keys()
    assert container["ports"] == [{"name": "http", "containerPort": 8000, "protocol": "TCP"}]


@pytest.mark.parametrize(
    ("values", "seen"),
    [
        pytest.param({"replicaCount": 2}, "one process serves an embedded store", id="two on the embedded store"),
        pytest.param({**SEVERAL, "ledger.external": "false"}, "one ledger for all", id="two ledgers"),
        pytest.param({"secrets.existing": ""}, "secrets.existing is required", id="no secret"),
        pytest.param({"firstAccount.name": "ana"}, "firstAccount.existingSecret is required", id="no first password"),
        pytest.param({"ingress.enabled": "true"}, "ingress.tlsSecret is required", id="no TLS"),
        pytest.param({"image.tag": "latest"}, "tag", id="an image that changes"),
        pytest.param({"settings.JUMEAU_NEO4J_PASSWORD": "s3cret"}, "JUMEAU_NEO4J_PASSWORD", id="a secret as a value"),
        pytest.param({"replicas": 2}, "replicas", id="a value that there is not"),
        pytest.param({"backend.url": "tigergraph://x"}, "backend", id="another backend"),
    ],
)
def test_what_cannot_run_is_refused_before_it_is_installed(values: dict[str, object], seen: str, helm: Path) -> None:
    assert seen in Render(helm, **values).refusal()


def test_several_pods_share_a_ledger_and_a_neo4j(helm: Path) -> None:
    render = several(helm)
    assert render.objects()["StatefulSet"]["spec"]["replicas"] == 3
    named = {variable["name"] for variable in render.pod()["containers"][0]["env"]}
    assert {"JUMEAU_LEDGER", "JUMEAU_NEO4J_PASSWORD", "JUMEAU_PERSONAL_SECRET"} <= named


def test_what_is_asked_for_is_added(helm: Path) -> None:
    objects = Render(
        helm,
        **{
            "ingress.enabled": "true",
            "ingress.tlsSecret": "certificate",
            "serviceMonitor.enabled": "true",
            "networkPolicy.egress[0].to[0].namespaceSelector.matchLabels.name": "stores",
            "image.digest": "sha256:" + "0" * 64,
        },
    ).objects()
    assert objects["Ingress"]["spec"]["tls"] == [{"hosts": ["twin.example"], "secretName": "certificate"}]
    assert objects["ServiceMonitor"]["spec"]["endpoints"][0]["path"] == "/metrics"
    assert objects["NetworkPolicy"]["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert {port["port"] for port in objects["NetworkPolicy"]["spec"]["egress"][0]["ports"]} == {53}
    assert objects["StatefulSet"]["spec"]["template"]["spec"]["containers"][0]["image"].endswith("@sha256:" + "0" * 64)

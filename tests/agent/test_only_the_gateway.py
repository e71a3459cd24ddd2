"""Nothing but the gateway reaches a model: read from the imports of every module of the project."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

ROOMS = ("core", "graph", "analytics", "migrations", "ingest", "simulate", "services", "agent", "api", "cli")
MODELS = {
    *("openai", "anthropic", "mistralai", "boto3", "botocore", "google", "vertexai", "requests", "litellm", "ollama"),
    *("langchain_openai", "langchain_aws", "langchain_google_vertexai", "langchain_anthropic", "langchain_mistralai"),
    *("langchain_community", "langchain_ollama"),
}
CHAT = {"langchain.chat_models", "langchain_core.language_models", "langchain"}
ADAPTERS = {Path("agent/models/adapters.py"), Path("agent/models/foreign.py")}
OPENING = Path("agent/gateway/opening.py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(one.value) for one in node.args[:1] if isinstance(one, ast.Constant))


@cache
def modules() -> tuple[tuple[Path, set[str]], ...]:
    paths = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    return tuple((path.relative_to(ROOT), set(imports(path))) for path in paths)


def test_chat_models_and_their_packages_are_imported_by_the_adapters_only() -> None:
    found = {
        path
        for path, names in modules()
        if any(name.partition(".")[0] in MODELS or name in CHAT or name.startswith("langchain.chat") for name in names)
    }
    assert found == ADAPTERS


def test_the_adapters_are_imported_by_the_opening_of_the_gateway_only() -> None:
    adapters = {"agent.models.adapters", "agent.models.foreign", "agent.models.egress"}
    found = {path for path, names in modules() if names & adapters and path.parent != Path("agent/models")}
    assert found == {OPENING}
    within = {path for path, names in modules() if "agent.models.adapters" in names}
    assert within == {OPENING}


def test_no_module_of_the_agent_imports_by_a_name_that_it_puts_together() -> None:
    strange = {
        path.relative_to(ROOT): ast.unparse(node)
        for path in sorted((ROOT / "agent").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (name := ast.unparse(node.func).rpartition(".")[2]) in ("import_module", "__import__", "run_module", "exec")
        and not (name == "import_module" and isinstance(node.args[0], ast.Constant))
    }
    assert strange == {}

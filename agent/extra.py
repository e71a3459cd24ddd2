"""The extras that the agent's optional parts need, told where one is absent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from core.errors import ConfigurationError

_MODELS: Final = frozenset(
    {"boto3", "botocore", "google", "langchain", "langchain_aws", "langchain_core", "langchain_google_vertexai"}
    | {"langchain_neo4j", "langchain_openai", "langsmith", "openai", "requests", "vertexai"}
)
_STEPS: Final = frozenset({"langgraph", "langchain_core", "mcp"})


class AgentExtraError(ConfigurationError):
    """An optional part of the agent is asked for, and its libraries are not installed."""

    code = "AGENT_EXTRA"


@contextmanager
def needs_the_models() -> Iterator[None]:
    """Run what imports the libraries of models. Raises AgentExtraError where one of them is not installed."""
    with _needing("agent-llm", _MODELS):
        yield


@contextmanager
def needs_the_steps() -> Iterator[None]:
    """Run what imports the library of the workflow. Raises AgentExtraError where it is not installed."""
    with _needing("agent", _STEPS):
        yield


@contextmanager
def _needing(extra: str, libraries: frozenset[str]) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in libraries:
            raise
        raise AgentExtraError(
            f"{name} is not installed", where=f"extra {extra}", hint=f"pip install 'jumeau[{extra}]'"
        ) from error

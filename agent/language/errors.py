"""What may go wrong before a question is understood."""

from __future__ import annotations

from core.errors import JumeauError


class AgentExtraMissingError(JumeauError):
    """A library of the `agent` extra is not installed."""

    code = "AGENT_EXTRA_MISSING"

    def __init__(self, library: str) -> None:
        super().__init__(f"{library} is not installed", where="agent", hint="pip install 'jumeau[agent]'")

"""Run an investigation as a graph of steps, and take it up again: before proposals a person decides, whenever that is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from agent.extra import needs_the_steps
from agent.workflow.state import Investigation, Language, Limits
from agent.workflow.steps import Steps
from agent.workflow.tools import Tools
from core.errors import NotFoundError, UsageError
from core.sensitive import NEVER_TOLD, masked

FILE: Final = "investigations.db"
ORDER: Final = ("plan", "query", "analyse", "simulate", "compare", "propose")
_MOST_STEPS: Final = len(ORDER) + 2


class Investigations:
    """Those of one home. What is asked of the twin is asked with the rights of `tools.principal`."""

    def __init__(self, home: Path, tools: Tools, limits: Limits | None = None) -> None:
        self._tools = tools
        with needs_the_steps():
            from langgraph.graph import END, START, StateGraph

            from agent.workflow.saver import FileSaver

            self._saver = FileSaver(home / FILE)
            steps = Steps(tools, limits or Limits())
            graph = StateGraph(Investigation)
            for name in ORDER:
                graph.add_node(name, getattr(steps, name))
            for before, after in zip((START, *ORDER), (*ORDER, END), strict=True):
                graph.add_edge(before, after)
            self._graph = graph.compile(checkpointer=self._saver, interrupt_before=["propose"])

    def begin(self, question: str, language: Language | None = None) -> Investigation:
        """Investigate a question, up to what could be done about what is found. Raises UsageError."""
        if not question.strip() or len(question) > 2_000:
            raise UsageError("a question has 1 to 2,000 characters", where="question", hint="ask one thing")
        identity = str(uuid4())
        kept = masked(question, NEVER_TOLD)  # the state lies on disk
        state: Investigation = {"id": identity, "question": kept, "asker": self._asker()}
        if language is not None:
            state["language"] = language
        self._graph.invoke(state, self._config(identity))
        return self.get(identity)

    def resume(self, identity: str, accepted: Sequence[int] | None = None) -> Investigation:
        """Go on where it stopped. Before proposals only with the numbers of the actions that a person accepts; none ends it.

        Raises NotFoundError, UsageError.
        """
        found = self._owned(identity)
        config = self._config(identity)
        if found.next == ("propose",):
            if accepted is None:
                return self.get(identity)
            wrong = [number for number in accepted if not 1 <= number <= len(found.values.get("actions", []))]
            if wrong:
                raise UsageError(
                    f"there is no action {wrong[0]}", where="--accept", hint="their numbers are in the report"
                )
            self._graph.update_state(config, {"accepted": list(dict.fromkeys(accepted))})
        elif accepted:
            raise UsageError("nothing waits for a decision", where="--accept", hint="it is done, or was not that far")
        if found.next:
            self._graph.invoke(None, config)
        return self.get(identity)

    def get(self, identity: str) -> Investigation:
        """What is known by now; `waiting` says that a person has to decide. Raises NotFoundError."""
        found = self._owned(identity)
        values: Investigation = {**found.values, "waiting": found.next == ("propose",)}  # type: ignore[typeddict-item]
        return values

    def _owned(self, identity: str) -> Any:
        """The state of an investigation of who asks: nobody goes on with another's rights, or sees what another saw."""
        found = self._graph.get_state(self._config(identity))
        if not found.values or found.values.get("asker") != self._asker():
            raise NotFoundError(
                f"there is no investigation {identity!r}", where="investigations", hint="begin another one"
            )
        return found

    def _asker(self) -> list[Any]:
        """Who asks, and what they see: with fewer rights than before, an investigation is another one's."""
        principal = self._tools.principal
        return [principal.id, self._tools.actor, principal.outlook]

    def _config(self, identity: str) -> Any:
        return {"configurable": {"thread_id": identity}, "recursion_limit": _MOST_STEPS}

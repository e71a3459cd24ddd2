"""The GSQL of a step, shown beside its Cypher; it is compiled, never run here."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from agent.query.emit import Step
from core.errors import UnsupportedConstructError
from graph.backends.tigergraph.compiler import GsqlCompiler
from graph.cypher.prepare import prepare
from graph.cypher.printer import print_tree
from graph.schema.model import Schema

KEPT: Final = 256


class Gsql:
    """Compiles to GSQL for one schema; texts that were compiled are kept. Safe for several threads."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._known = lru_cache(KEPT)(self._compiled)

    def text(self, step: Step) -> str | None:
        """The installed query; None where GSQL cannot say it."""
        return self._known(print_tree(step.query))

    def _compiled(self, cypher: str) -> str | None:
        try:
            return GsqlCompiler(prepare(cypher, self._schema), self._schema, name="question").text()
        except UnsupportedConstructError:
            return None

"""Asks a graph that nobody prepared: its clauses are read over a derived schema; same emitter, our executor in open mode.

Questions in French are read by the grammar that reads them of an estate, over the same schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.clauses.parser import ClauseParser
from agent.evaluation.derived_schema import derive
from agent.evaluation.open_graph import NOW, OpenGraph
from agent.evaluation.run import Ask
from agent.language.folding import composed
from agent.language.idioms import Idioms
from agent.language.load_names import load_index
from agent.language.outcome import Parse
from agent.language.parser import Parser
from agent.language.tokens import tokenise
from agent.language.turns import detect_language
from agent.query.emit import emit
from graph.cypher.printer import print_tree
from graph.schema.model import Schema, ValueType


class OpenAsker:
    """The road of questions over an open graph, without ledger, perimeters or models: what a graph as files has.

    Names are those that nodes have; texts that are no list of values may be named as well.
    """

    def __init__(self, graph: OpenGraph) -> None:
        self._graph = graph
        self._schema = derive(graph)
        self._clauses = ClauseParser(self._schema, self._rows)
        self._grammar = Parser(self._schema, Idioms(value_attributes=_texts(self._schema)))
        self._names = load_index(self._schema, self._grammar.idioms, self._rows)

    def after(self, questions: Sequence[str]) -> Ask:
        def ask(question: str) -> Mapping[str, Any]:
            parsed = self._parse(question, questions)
            if parsed.question is None:
                return {"outcome": parsed.outcome}
            (step, *_) = emit(parsed.question, self._schema, {})
            rows = self._graph.run(step.query, step.parameters)
            return {"outcome": parsed.outcome, "cypher": print_tree(step.query), "rows": rows}

        return ask

    def _parse(self, question: str, earlier: Sequence[str]) -> Parse:
        """Clauses in English; what goes on from an earlier question, and French, is for the grammar. Either refuses orders."""
        if earlier or detect_language(tokenise(composed(question)), "en") == "fr":
            return self._grammar.parse(question, self._names, NOW, tuple(earlier))
        return self._clauses.parse(question)

    def _rows(self, text: str, _: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        return self._graph.rows(text)


def _texts(schema: Schema) -> dict[str, list[str]]:
    """The attributes of each kind whose texts may be named: no lists of values, and not the name itself."""
    return {
        kind.name: [
            a.name
            for a in kind.attributes.values()
            if a.type is ValueType.STRING and a.enum is None and a.name != "name"
        ]
        for kind in schema.concrete_kinds()
    }

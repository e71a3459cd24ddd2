"""Asks a graph that nobody prepared: the same grammar over a derived schema, the same emitter, our executor in open mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.evaluation.derived_schema import derive
from agent.evaluation.open_graph import NOW, OpenGraph
from agent.evaluation.run import Ask
from agent.language.idioms import Idioms
from agent.language.load_names import load_index
from agent.language.parser import Parser
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
        self._parser = Parser(self._schema, Idioms(value_attributes=_texts(self._schema)))
        self._names = load_index(self._schema, self._parser.idioms, self._rows)

    def after(self, questions: Sequence[str]) -> Ask:
        def ask(question: str) -> Mapping[str, Any]:
            parsed = self._parser.parse(question, self._names, NOW, tuple(questions))
            if parsed.question is None:
                return {"outcome": parsed.outcome}
            (step, *_) = emit(parsed.question, self._schema, {})
            rows = self._graph.run(step.query, step.parameters)
            return {"outcome": parsed.outcome, "cypher": print_tree(step.query), "rows": rows}

        return ask

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

"""A second opinion for a twin's grammar, where the policy of the house names a model."""

from __future__ import annotations

from agent.gateway.gateway import Gateway
from agent.models.names import links_by_query
from agent.models.producer import ModelProducer
from agent.models.second_opinion import SecondOpinion
from agent.producer import Producer
from agent.query import model as m
from agent.query.check import check
from graph.queries.catalogue import load_catalogue
from graph.schema.model import Schema
from services.query import QueryService


def with_second_opinion(grammar: Producer, gateway: Gateway, queries: QueryService, schema: Schema) -> Producer:
    """The grammar and a model beside it; the grammar alone where there is no model to be asked."""
    if not gateway.policy.providers:
        return grammar
    catalogue = load_catalogue()

    def known(question: m.Question) -> None:
        check(question, schema, catalogue)

    return SecondOpinion(grammar, ModelProducer(gateway, schema, known, links_by_query(queries, schema)))

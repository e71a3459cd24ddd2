"""Kept simulation runs as every door reads them: with the rights of who asks, each reading told to the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.deps import Services
from core.errors import NotFoundError
from core.principal import require_whole_estate
from services.query import QueryService
from services.simulation.documents import INSIGHT, Documents
from services.simulation.reading import Ask, found


def asked_of(services: Services, queries: QueryService) -> Ask:
    """Asks in Cypher, within the perimeters of who asks."""

    def ask(text: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        result = queries.cypher(text, parameters, services.principal)
        services.call.told(len(result.answer.rows), result.ledger_sequence)
        return result.to_dict()

    return ask


def insight_of(services: Services, name: str) -> dict[str, Any]:
    """What a kept run teaches of the whole estate. Raises RestrictedError, NotFoundError where nobody has asked for that."""
    require_whole_estate(services.principal, "what a simulation teaches")
    run = found(asked_of(services, services.queries), name)
    document = Documents(services.twin.ledger).get(run["id"], INSIGHT)
    if document is None:
        raise NotFoundError(
            "nobody has asked yet what this run teaches",
            where="insight",
            hint="POST /api/simulations with `of`, or startSimulation(of:), plays it again and keeps that",
        )
    return {"run": run["id"], **document}

"""What a mutation does for somebody who may do it, on record before it is done; what stood against it is part of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLObjectType, GraphQLResolveInfo

from api.deps import Services
from api.graphql.change_types import FAILURES, failure_of
from api.graphql.context import GraphQLContext
from core.errors import JumeauError
from core.principal import require_whole_estate
from services.access.rights import Action, require

Info = GraphQLResolveInfo[GraphQLContext]
Failures = Mapping[type[JumeauError], GraphQLObjectType]


def act(
    info: Info,
    action: Action,
    do: Callable[[Services], Any],
    *,
    whole: str | None = None,
    failures: Failures = FAILURES,
) -> Any:
    """What is done, or what stood against it: an error of `failures`. `whole`: what it is, if it is for those who see everything.

    Raises RequestTimeError, ForbiddenError, ReadOnlyError, RestrictedError, AuditUnavailableError.
    """
    info.context.budget.left()
    services = info.context.services
    services.call.action = action.value
    require(services.principal, action)
    services.check_writing()
    if whole is not None:
        require_whole_estate(services.principal, whole)
    services.call.begin()  # on record before it is done
    try:
        return do(services)
    except tuple(failures) as error:
        return failure_of(error, failures)

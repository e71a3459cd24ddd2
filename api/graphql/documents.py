"""A GraphQL document that was parsed and checked, fit to run or refused; and how errors of ours are told in GraphQL."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode
from graphql import OperationType as Kind

from api.errors import unexpected
from api.graphql.errors import GraphQLValidationFault
from api.graphql.extent import DocumentExtent, Extent
from core.errors import JumeauError

NOTHING = DocumentExtent((), 0, 0)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document that may run, with its extent; or what is wrong with it."""

    document: DocumentNode
    extent: DocumentExtent
    errors: tuple[GraphQLError, ...] = ()

    def operation(self, name: str | None) -> tuple[Kind, Extent] | None:
        """The kind and the extent of the operation that is to run, None where execution will refuse to choose."""
        named = [(node, extent) for node, extent in self.extent.operations if name is None or _named(node) == name]
        return (named[0][0].operation, named[0][1]) if len(named) == 1 else None


class RefusedDocument(Exception):  # what it carries are the errors
    """A document that does not parse, is beyond the limits, or does not fit the schema."""

    def __init__(self, errors: tuple[GraphQLError, ...]) -> None:
        super().__init__(errors)
        self.errors = errors

    @property
    def code(self) -> str:
        """That of the first error."""
        return str((self.errors[0].extensions or {})["code"])


def _named(operation: OperationDefinitionNode) -> str | None:
    return None if operation.name is None else operation.name.value


def cause_of(error: GraphQLError) -> JumeauError:
    """What an error of execution is told as; an unexpected one is logged and says nothing of its inside."""
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, JumeauError):
        return cause
    if cause is None or isinstance(cause, GraphQLError):
        return GraphQLValidationFault(error.message)
    log.error("graphql_failed", path=error.path, exc_info=cause)
    return unexpected()


def explained(error: GraphQLError) -> GraphQLError:
    """An error of execution with its code."""
    return coded(cause_of(error), error)


def coded(cause: JumeauError, at: GraphQLError | None = None) -> GraphQLError:
    """An error of ours as GraphQL tells it: the code and what else is known in its extensions."""
    content = cause.to_dict()
    message = content.pop("message")
    return GraphQLError(
        message,
        nodes=at.nodes if at else None,
        source=at.source if at else None,
        positions=at.positions if at else None,
        path=at.path if at else None,
        original_error=cause,
        extensions=content,
    )

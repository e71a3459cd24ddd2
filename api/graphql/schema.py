"""GraphQL behind Strawberry's router: documents parsed and checked once, executed in a worker thread, errors with codes.

Types are made of graphql-core objects (`api.graphql.types`), since they come from a schema and not from classes;
Strawberry carries the protocol: HTTP, GraphiQL, and later websockets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NoReturn

import structlog
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    execute_sync,
    get_operation_ast,
    parse,
    print_schema,
    validate,
)
from starlette.concurrency import run_in_threadpool
from strawberry.exceptions import MissingQueryError
from strawberry.schema.base import BaseSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api.errors import unexpected
from api.graphql.context import GraphQLContext
from api.graphql.errors import GraphQLSyntaxFault, GraphQLValidationFault
from core.errors import JumeauError

DOCUMENTS = 256
"""Documents whose parsed form is kept."""

MAX_TOKENS = 10_000

log = structlog.get_logger(__name__)


class TwinSchema(BaseSchema):
    """A GraphQL schema over a twin. `new_context` makes what one request needs, of what the router knows of it."""

    schema_converter: Any = None  # Strawberry's own way of making types, which is not used here
    query: Any = None
    mutation: Any = None
    subscription: Any = None
    schema_directives: list[object] = []  # noqa: RUF012
    exception_handlers: tuple[Any, ...] = ()

    def __init__(self, schema: GraphQLSchema, new_context: Callable[[Any], GraphQLContext]) -> None:
        self.config = StrawberryConfig()
        self.schema = schema
        self._new_context = new_context
        self._checked = lru_cache(DOCUMENTS)(self._check)

    def execute_sync(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Execute a document: errors are part of the result.

        Raises MissingQueryError without one, InvalidOperationTypeError for an operation that may not come this way (a
        mutation in a GET).
        """
        if not query:
            raise MissingQueryError
        context = self._new_context(context_value)
        document, errors = self._checked(query)
        if errors:
            return ExecutionResult(data=None, errors=list(errors))
        _check_operation(document, operation_name, allowed_operation_types)
        result = execute_sync(
            self.schema,
            document,
            root_value=root_value,
            context_value=context,
            variable_values=variable_values,
            operation_name=operation_name,
        )
        return ExecutionResult(
            data=result.data,
            errors=[_explained(error) for error in result.errors] if result.errors else None,
            extensions=context.extensions() or None,
        )

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Execute a document in a worker thread, since backends block."""
        return await run_in_threadpool(
            self.execute_sync,
            query,
            variable_values,
            context_value,
            root_value,
            operation_name,
            allowed_operation_types,
        )

    async def subscribe(self, *arguments: Any, **options: Any) -> NoReturn:
        """Refused: this schema has no subscription type."""
        raise GraphQLValidationFault("there are no subscriptions", hint="ask again with a query")

    async def stream(self, *arguments: Any, **options: Any) -> NoReturn:
        """Refused: this schema has no subscription type."""
        raise GraphQLValidationFault("there are no subscriptions", hint="ask again with a query")

    def get_type_by_name(self, name: str) -> None:
        """None: no type is a Strawberry class."""

    def get_directive_by_name(self, graphql_name: str) -> None:
        """None: no directive is a Strawberry class."""

    def as_str(self) -> str:
        """The schema definition language."""
        return print_schema(self.schema)

    def _check(self, text: str) -> tuple[DocumentNode, tuple[GraphQLError, ...]]:
        try:
            document = parse(text, max_tokens=MAX_TOKENS)
        except GraphQLSyntaxError as error:
            return DocumentNode(), (_coded(GraphQLSyntaxFault(error.message), error),)
        faults = validate(self.schema, document)
        return document, tuple(_coded(GraphQLValidationFault(fault.message), fault) for fault in faults)


def _check_operation(document: DocumentNode, name: str | None, allowed: Iterable[OperationType] | None) -> None:
    found = get_operation_ast(document, name)
    if allowed is not None and found is not None:
        type_ = OperationType(found.operation.value)
        if type_ not in allowed:
            raise InvalidOperationTypeError(type_)


def _explained(error: GraphQLError) -> GraphQLError:
    """An error of execution with its code; an unexpected one is logged and says nothing of its inside."""
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, JumeauError):
        return _coded(cause, error)
    if cause is None or isinstance(cause, GraphQLError):
        return _coded(GraphQLValidationFault(error.message), error)
    log.error("graphql_failed", path=error.path, exc_info=cause)
    return _coded(unexpected(), error)


def _coded(cause: JumeauError, at: GraphQLError | None = None) -> GraphQLError:
    content = cause.to_dict()
    message = content.pop("message")
    return GraphQLError(
        message,
        nodes=at.nodes if at else None,
        source=at.source if at else None,
        positions=at.positions if at else None,
        path=at.path if at else None,
        extensions=content,
    )

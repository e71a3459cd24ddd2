"""GraphQL behind Strawberry's router: documents parsed and checked once, executed in a worker thread, errors with codes.

Types are made of graphql-core objects (`api.graphql.types`), since they come from a schema and not from classes;
Strawberry carries the protocol: HTTP, GraphiQL and websockets.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from inspect import isawaitable
from typing import Any, NoReturn

import structlog
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    execute_sync,
    print_schema,
    subscribe,
    validate,
)
from graphql import (
    ExecutionResult as Executed,
)
from graphql import (
    OperationType as Kind,
)
from graphql.execution import Executor, MiddlewareManager
from starlette.concurrency import run_in_threadpool
from strawberry.exceptions import MissingQueryError
from strawberry.schema.base import BaseSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from api.errors import unexpected
from api.graphql.context import GraphQLContext
from api.graphql.errors import (
    GraphQLSyntaxFault,
    GraphQLValidationFault,
    OperationMethodError,
    SubscriptionTransportError,
)
from api.graphql.extent import DocumentExtent, Extent
from api.graphql.limits import STANDARD, DocumentLimits
from api.graphql.persisted import PersistedDocuments
from core.errors import JumeauError
from services.access.rights import Action, allowed
from services.audit.call import NOBODY

DOCUMENTS = 256
"""Documents whose parsed form is kept."""

TOGETHER = 2
"""Root fields from which on a query is planned before it is run."""

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


class Planner(Executor[Any]):
    """Comes to every root field, whatever became of the one before, and to nothing below them."""

    def complete_value(self, *_arguments: Any, **_options: Any) -> None:
        return None

    def handle_field_error(self, *_arguments: Any, **_options: Any) -> None:
        """Nothing: what is wrong with a field is said when it is resolved."""


class TwinSchema(BaseSchema):
    """A GraphQL schema over a twin. `new_context` makes what one request needs, of what the router knows of it."""

    schema_converter: Any = None  # Strawberry's own way of making types, which is not used here
    query: Any = None
    mutation: Any = None
    subscription: Any = None
    schema_directives: list[object] = []  # noqa: RUF012
    exception_handlers: tuple[Any, ...] = ()

    def __init__(
        self,
        schema: GraphQLSchema,
        new_context: Callable[[Any], GraphQLContext],
        limits: DocumentLimits = STANDARD,
        persisted: PersistedDocuments | None = None,
    ) -> None:
        self.config = StrawberryConfig()
        self.schema = schema
        self._new_context = new_context
        self._limits = limits
        self._persisted = persisted or PersistedDocuments()
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
        """Execute a document. Errors are part of the result.

        Raises MissingQueryError, and OperationMethodError where the operation may not come by this way.
        """
        context = self._new_context(context_value)
        try:
            return self._executed(
                context,
                query,
                variable_values,
                root_value,
                operation_name,
                allowed_operation_types,
                operation_extensions,
            )
        finally:
            context.keep_call()

    def _executed(
        self,
        context: GraphQLContext,
        query: str | None,
        variable_values: dict[str, Any] | None,
        root_value: Any | None,
        operation_name: str | None,
        allowed_operation_types: Iterable[OperationType] | None,
        operation_extensions: dict[str, Any] | None,
    ) -> ExecutionResult:
        services = context.services
        try:
            checked = self._admit(query, context, variable_values, operation_extensions)
            operation = checked.operation(operation_name)
            _check_method(operation, allowed_operation_types)
            if operation is not None and operation[0] is Kind.SUBSCRIPTION:
                raise SubscriptionTransportError(
                    "a subscription has more than one answer",
                    where="subscription",
                    hint="open a websocket at /graphql with the protocol graphql-transport-ws",
                )
            self._plan(checked, context, variable_values, operation_name)
        except OperationMethodError:
            raise
        except RefusedDocument as refused:
            services.call.ended_with(str((refused.errors[0].extensions or {})["code"]), GraphQLValidationFault.status)
            return PreExecutionError(data=None, errors=list(refused.errors))
        except JumeauError as refusal:
            services.call.ended_with(refusal.code, refusal.status)
            return PreExecutionError(data=None, errors=[coded(refusal)])
        result = execute_sync(
            self.schema,
            checked.document,
            root_value=root_value,
            context_value=context,
            variable_values=variable_values,
            operation_name=operation_name,
            hide_suggestions=self._limits.is_closed,
        )
        if context.results:
            last = max(answered.ledger_sequence for answered in context.results)
            services.call.told(sum(len(answered.answer.rows) for answered in context.results), last)
        causes = [_cause(error) for error in result.errors or ()]
        if causes:
            services.call.ended_with(causes[0].code, causes[0].status)
        errors = [coded(cause, error) for cause, error in zip(causes, result.errors or (), strict=True)] or None
        if result.data is None and not any(error.path for error in errors or ()):
            # execution has not begun: a variable does not fit, or the operation is not there
            return PreExecutionError(data=None, errors=errors)
        return ExecutionResult(data=result.data, errors=errors, extensions=context.extensions() or None)

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
            operation_extensions,
        )

    async def subscribe(self, *arguments: Any, **options: Any) -> NoReturn:
        """Refused: whatever carries several answers uses `stream`."""
        raise NotImplementedError

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        """The answers to an operation: those of a subscription, or the one of a query or mutation."""
        return self._answers(query, variable_values, context_value, operation_name, operation_extensions)

    async def _answers(
        self,
        query: str | None,
        variables: dict[str, Any] | None,
        context_value: Any,
        operation_name: str | None,
        extensions: dict[str, Any] | None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        try:
            context = await run_in_threadpool(self._new_context, context_value)
            checked = await run_in_threadpool(self._admit, query, context, variables, extensions)
        except RefusedDocument as refused:
            context.services.call.ended_with(GraphQLValidationFault.code, GraphQLValidationFault.status)
            await run_in_threadpool(context.keep_call)
            yield PreExecutionError(data=None, errors=list(refused.errors))
            return
        except MissingQueryError:
            yield PreExecutionError(data=None, errors=[coded(GraphQLValidationFault("there is no document"))])
            return
        except JumeauError as refusal:
            yield PreExecutionError(data=None, errors=[coded(refusal)])
            return
        operation = checked.operation(operation_name)
        if operation is None or operation[0] is not Kind.SUBSCRIPTION:
            yield await self.execute(query, variables, context_value, None, operation_name, None, extensions)
            return
        begun = subscribe(
            self.schema,
            checked.document,
            context_value=context,
            variable_values=variables,
            operation_name=operation_name,
            hide_suggestions=self._limits.is_closed,
        )
        source = await begun if isawaitable(begun) else begun
        if isinstance(source, Executed):
            causes = [_cause(error) for error in source.errors or ()]
            if causes:
                context.services.call.ended_with(causes[0].code, causes[0].status)
        try:
            await run_in_threadpool(context.keep_call)
        except JumeauError as refusal:
            yield PreExecutionError(data=None, errors=[coded(refusal)])
            return
        if isinstance(source, Executed):
            yield PreExecutionError(data=None, errors=[_explained(error) for error in source.errors or ()])
            return
        try:
            async for result in source:
                yield ExecutionResult(result.data, [_explained(error) for error in result.errors or ()] or None)
        except JumeauError as end:
            yield ExecutionResult(data=None, errors=[coded(end)])
        except Exception as error:
            log.error("subscription_failed", exc_info=error)
            yield ExecutionResult(data=None, errors=[coded(unexpected())])
        finally:
            await source.aclose()  # type: ignore[attr-defined]

    def get_type_by_name(self, name: str) -> None:
        """None: no type is a Strawberry class."""

    def get_directive_by_name(self, graphql_name: str) -> None:
        """None: no directive is a Strawberry class."""

    def as_str(self) -> str:
        """The schema definition language."""
        return print_schema(self.schema)

    def _admit(
        self,
        query: str | None,
        context: GraphQLContext,
        variables: dict[str, Any] | None,
        extensions: dict[str, Any] | None,
    ) -> CheckedDocument:
        """The document that is meant, fit to run. Raises MissingQueryError, RefusedDocument, JumeauError."""
        principal = context.services.principal
        is_free = not self._persisted.only or Action.QUERY_FREELY in allowed(principal)
        text = self._persisted.text(query, extensions, is_free=is_free)
        if text is None:
            raise MissingQueryError
        context.services.call.asked(text)
        checked = self._checked(text)
        if checked.errors:
            raise RefusedDocument(checked.errors)
        self._limits.check_variables(variables)
        self._limits.check_introspection(checked.extent, known=principal != NOBODY)
        self._persisted.keep(text, extensions)
        return checked

    def _check(self, text: str) -> CheckedDocument:
        """Parsed, within the limits, valid; each step only where the one before it found nothing."""
        try:
            document, extent = self._limits.parse(text)
        except GraphQLSyntaxFault as fault:
            cause = fault.__cause__
            at = cause if isinstance(cause, GraphQLSyntaxError) else None
            return CheckedDocument(DocumentNode(), NOTHING, (coded(fault, at),))
        except JumeauError as refusal:
            return CheckedDocument(DocumentNode(), NOTHING, (coded(refusal),))
        faults = validate(self.schema, document, hide_suggestions=self._limits.is_closed)
        return CheckedDocument(
            document, extent, tuple(coded(GraphQLValidationFault(fault.message), fault) for fault in faults)
        )

    def _plan(
        self,
        checked: CheckedDocument,
        context: GraphQLContext,
        variables: dict[str, Any] | None,
        operation_name: str | None,
    ) -> None:
        """Reckon all root fields of a query before the first of them is run; one alone reckons for itself.

        Raises TooManyNodesError, RequestTooCostlyError.
        """
        operation = checked.operation(operation_name)
        if operation is None or operation[0] is not Kind.QUERY or operation[1].roots < TOGETHER:
            return
        context.is_shared = True
        refusals: list[JumeauError] = []

        def plan(_resolve: Any, _root: Any, info: Any, **arguments: Any) -> None:
            try:
                context.plan(info, arguments)
            except JumeauError as refusal:
                refusals.append(refusal)

        execute_sync(  # resolves nothing: what it gives is of no interest
            self.schema,
            checked.document,
            context_value=context,
            variable_values=variables,
            operation_name=operation_name,
            middleware=MiddlewareManager(plan),
            executor_class=Planner,
        )
        if refusals:
            raise refusals[0]


def _check_method(operation: tuple[Kind, Extent] | None, ways: Iterable[OperationType] | None) -> None:
    """Refuse an operation that is no query where only queries may come: a link must change nothing."""
    if operation is not None and ways is not None and operation[0].value not in {way.value for way in ways}:
        raise OperationMethodError(
            f"a {operation[0].value} cannot be asked for with GET", where="GET /graphql", hint="send it with POST"
        )


def _named(operation: OperationDefinitionNode) -> str | None:
    return None if operation.name is None else operation.name.value


def _cause(error: GraphQLError) -> JumeauError:
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


def _explained(error: GraphQLError) -> GraphQLError:
    """An error of execution with its code."""
    return coded(_cause(error), error)


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

"""GraphQL behind Strawberry's router: documents parsed and checked once, executed in a worker thread, errors with codes.

Types are made of graphql-core objects (`api.graphql.types`), since they come from a schema and not from classes;
Strawberry carries the protocol: HTTP, GraphiQL and websockets.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import nullcontext
from functools import lru_cache
from inspect import isawaitable
from typing import Any, NoReturn

import structlog
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
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
from api.gate import Gate, OverloadedError, TooManyRequestsError
from api.graphql.context import GraphQLContext
from api.graphql.documents import NOTHING, CheckedDocument, RefusedDocument, cause_of, coded, explained
from api.graphql.errors import (
    GraphQLSyntaxFault,
    GraphQLValidationFault,
    OperationMethodError,
    SubscriptionTransportError,
)
from api.graphql.executor import TwinExecutor
from api.graphql.extent import Extent
from api.graphql.limits import STANDARD, DocumentLimits
from api.graphql.persisted import PersistedDocuments
from api.graphql.sessions import SESSION
from core.errors import JumeauError
from core.principal import NOBODY
from services.access.rights import Action, allowed

DOCUMENTS = 256
"""Documents whose parsed form is kept."""

TOGETHER = 2
"""Root fields from which on a query is planned before it is run."""

log = structlog.get_logger(__name__)


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
        gate: Gate | None = None,
    ) -> None:
        self.config = StrawberryConfig()
        self.schema = schema
        self._new_context = new_context
        self._limits = limits
        self._persisted = persisted or PersistedDocuments()
        self._gate = gate  # for what is asked over websockets: requests have passed it
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
            checked = self._admit(query, context, variable_values, operation_extensions)
            operation = checked.operation(operation_name)
            _check_method(operation, allowed_operation_types)
            if operation is not None and operation[0] is Kind.SUBSCRIPTION:
                raise SubscriptionTransportError(
                    "a subscription has more than one answer",
                    where="subscription",
                    hint="open a websocket at /graphql with the protocol graphql-transport-ws",
                )
        except OperationMethodError:
            raise
        except (RefusedDocument, JumeauError) as refusal:
            return _refused(context, refusal)
        return self._executed(context, checked, variable_values, root_value, operation_name)

    def _executed(
        self,
        context: GraphQLContext,
        checked: CheckedDocument,
        variables: dict[str, Any] | None,
        root_value: Any | None,
        operation_name: str | None,
    ) -> ExecutionResult:
        """What a query or mutation gives that was admitted."""
        try:
            self._plan(checked, context, variables, operation_name)
        except JumeauError as refusal:
            return _refused(context, refusal)
        result = execute_sync(
            self.schema,
            checked.document,
            root_value=root_value,
            context_value=context,
            variable_values=variables,
            operation_name=operation_name,
            executor_class=TwinExecutor,
            hide_suggestions=self._limits.is_closed,
        )
        call = context.services.call
        if context.results:
            last = max(answered.ledger_sequence for answered in context.results)
            call.told(sum(len(answered.answer.rows) for answered in context.results), last)
        errors = _told(context, result.errors)
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
        except JumeauError as refusal:
            if isinstance(context_value, dict) and (session := context_value.get(SESSION)) is not None:
                session.refused(refusal)
            yield PreExecutionError(data=None, errors=[coded(refusal)])
            return
        try:
            checked = await run_in_threadpool(self._admit, query, context, variables, extensions)
        except MissingQueryError:
            yield PreExecutionError(data=None, errors=[coded(GraphQLValidationFault("there is no document"))])
            return
        except (RefusedDocument, JumeauError) as refusal:
            yield await run_in_threadpool(_kept, context, _refused(context, refusal))
            return
        operation = checked.operation(operation_name)
        if operation is None or operation[0] is not Kind.SUBSCRIPTION:
            answer = await self._answer(context, checked, variables, operation_name)
            yield await run_in_threadpool(_kept, context, answer)
            return
        context.gate = self._gate
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
            refusals = PreExecutionError(data=None, errors=_told(context, source.errors))
            yield await run_in_threadpool(_kept, context, refusals)
            return
        begun_answer = await run_in_threadpool(_kept, context, ExecutionResult(None, None))
        if begun_answer.errors:
            await source.aclose()  # type: ignore[attr-defined]
            yield begun_answer
            return
        try:
            async for result in source:
                yield ExecutionResult(result.data, [explained(error) for error in result.errors or ()] or None)
        except JumeauError as end:
            if context.session is not None:
                context.session.refused(end)
            yield ExecutionResult(data=None, errors=[coded(end)])
        except Exception as error:
            log.error("subscription_failed", exc_info=error)
            yield ExecutionResult(data=None, errors=[coded(unexpected())])
        finally:
            await source.aclose()  # type: ignore[attr-defined]

    async def _answer(
        self,
        context: GraphQLContext,
        checked: CheckedDocument,
        variables: dict[str, Any] | None,
        operation_name: str | None,
    ) -> ExecutionResult:
        """The answer to a query or mutation over a websocket, in its turn among all requests."""
        try:
            async with nullcontext() if self._gate is None else self._gate.place(context.services.principal.id):
                return await run_in_threadpool(self._executed, context, checked, variables, None, operation_name)
        except (OverloadedError, TooManyRequestsError) as refusal:
            return _refused(context, refusal)

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
        """Reckon all root fields before the first of them is run; one alone of a query reckons for itself.

        Of mutations also one alone: what it changes and what it reads back are one cost.

        Raises TooManyNodesError, RequestTooCostlyError.
        """
        operation = checked.operation(operation_name)
        if operation is None or operation[0] is Kind.SUBSCRIPTION:
            return
        if operation[0] is Kind.QUERY and operation[1].roots < TOGETHER:
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


def _refused(context: GraphQLContext, refusal: RefusedDocument | JumeauError) -> PreExecutionError:
    """What is told, and put on record, of a document that does not run."""
    if isinstance(refusal, RefusedDocument):
        context.services.call.ended_with(refusal.code, GraphQLValidationFault.status)
        return PreExecutionError(data=None, errors=list(refusal.errors))
    context.services.call.ended_with(refusal.code, refusal.status)
    return PreExecutionError(data=None, errors=[coded(refusal)])


def _told(context: GraphQLContext, errors: Iterable[GraphQLError] | None) -> list[GraphQLError] | None:
    """Errors of execution with their codes; the first is put on record."""
    found = [(cause_of(error), error) for error in errors or ()]
    if found:
        context.services.call.ended_with(found[0][0].code, found[0][0].status)
    return [coded(cause, error) for cause, error in found] or None


def _kept(context: GraphQLContext, answer: ExecutionResult) -> ExecutionResult:
    """An answer over a websocket, once it is on record; what keeps it from being is told in its place."""
    try:
        context.keep_call()
    except JumeauError as refusal:
        return PreExecutionError(data=None, errors=[coded(refusal)])
    return answer

"""GraphQL over HTTP: what a request may be before its document is read, and the status of what cannot be answered.

A client that accepts `application/graphql-response+json` gets refusals with a status of 4xx and without `data`; others
get them with 200, as clients of `application/json` expect. Faults of the request itself are the one form of errors.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import orjson
from cross_web import HTTPException, StarletteRequestAdapter
from fastapi import Request
from starlette.responses import HTMLResponse, Response
from strawberry.fastapi import GraphQLRouter
from strawberry.http import GraphQLHTTPResponse
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.unset import UNSET

from api.errors import RequestError, refuse
from api.graphql.errors import BatchRefusedError, BodyTooLargeError, MediaTypeError
from api.graphql.sessions import Connections
from api.graphql.websocket import TwinHandler, begin
from api.pages import GRAPHIQL_PAGE, html_page
from core.errors import JumeauError
from core.settings import Settings

JSON_TYPE: Final = "application/json"
INIT_WAIT: Final = timedelta(seconds=10)
"""How long a websocket may leave unsaid who asks."""

RESPONSE_TYPE: Final = "application/graphql-response+json"


class BoundedRequest(StarletteRequestAdapter):
    """A request whose body is read no further than is accepted."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._most = request.app.state.services.twin.settings.graphql_body_bytes

    async def get_body(self) -> bytes:
        """The body. Raises BodyTooLargeError."""
        parts: list[bytes] = []
        size = 0
        async for part in self._request.stream():
            size += len(part)
            if size > self._most:
                raise BodyTooLargeError(
                    f"the request has more than {self._most:,} bytes",
                    where="JUMEAU_GRAPHQL_BODY_BYTES",
                    hint="pass fewer variables at a time",
                    details={"limit": self._most},
                )
            parts.append(part)
        return b"".join(parts)


class TwinRouter(GraphQLRouter[Any, None]):
    """Strawberry's router with a GraphiQL page that needs no internet, bounded requests, and refusals with codes."""

    request_adapter_class = BoundedRequest
    graphql_transport_ws_handler_class = TwinHandler

    def __init__(self, schema: Any, settings: Settings, **options: Any) -> None:
        super().__init__(
            schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=INIT_WAIT,
            max_subscriptions_per_connection=settings.subscriptions_per_connection,
            **options,
        )
        self.connections = Connections(settings.connections_per_account)

    async def on_ws_connect(self, context: Any) -> Any:
        await begin(context, self.connections)
        return UNSET

    async def render_graphql_ide(self, request: Request) -> HTMLResponse:
        return html_page(GRAPHIQL_PAGE)

    def decode_json(self, data: str | bytes) -> object:
        """JSON, refused where it nests beyond all sense."""
        return orjson.loads(data)

    async def parse_http_body(self, request: Any) -> Any:
        try:
            return await super().parse_http_body(request)
        except AttributeError as error:  # JSON, but a number, a text or null
            raise HTTPException(400, "the body is no JSON object") from error

    async def run(self, request: Any, context: Any = UNSET, root_value: Any = UNSET) -> Any:
        try:
            if request.scope["type"] == "http":
                _check_form(request)
            answer = await super().run(request, context, root_value)
        except HTTPException as refusal:
            where = f"{request.method} {request.url.path}"
            return refuse(request, RequestError(refusal.reason or "refused", where=where), refusal.status_code)
        except JumeauError as refusal:
            refused = refuse(request, refusal)
            if refused.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
                refused.headers["Allow"] = "POST"
            return refused
        if isinstance(answer, Response) and (status := getattr(request.state, "graphql_status", None)) is not None:
            answer.status_code = status
            answer.headers["content-type"] = f"{RESPONSE_TYPE}; charset=utf-8"
        return answer

    async def get_sub_response(self, request: Request) -> Response:
        """A response of this request's own, for headers and status."""
        answer = Response()
        del answer.headers["content-length"]
        return answer

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        answer = await super().process_result(request, result)
        if RESPONSE_TYPE in request.headers.get("accept", ""):
            refused = isinstance(result, PreExecutionError)
            request.state.graphql_status = _status_of(result) if refused else 200
            if refused:
                answer.pop("data", None)
        return answer

    def _validate_batch_request(self, request_data: Any, protocol: Any) -> None:
        raise BatchRefusedError(
            f"{len(request_data)} requests in one",
            where="body",
            hint="send an object, not an array: one request at a time",
        )

    def should_render_graphql_ide(self, request: Any) -> bool:
        return "extensions" not in request.query_params and super().should_render_graphql_ide(request)


def _check_form(request: Request) -> None:
    """Refuse what is no JSON: a page's form may send that without asking. Raises MediaTypeError."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and given != JSON_TYPE:
        raise MediaTypeError(
            f"the request is {given or 'of no media type'}",
            where="Content-Type",
            hint=f"send `Content-Type: {JSON_TYPE}`",
        )


def _status_of(result: ExecutionResult) -> int:
    causes = [error.original_error for error in result.errors or ()]
    return max((cause.status for cause in causes if isinstance(cause, JumeauError)), default=400)

"""Errors on their way out: always JSON, always with a code, never with a stack trace."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.calls import call_of
from api.headers import EVERYWHERE
from core.errors import JumeauError, NotFoundError, UsageError

log = structlog.get_logger(__name__)


class PayloadError(UsageError):
    """A request body that does not have the documented form."""

    code = "PAYLOAD"
    status = 422


class RequestError(UsageError):
    """A request that HTTP itself refuses, such as a wrong method; `status` is the answer's."""

    code = "REQUEST"


def unexpected() -> JumeauError:
    """What a caller is told of an error that nobody foresaw."""
    return JumeauError("an unexpected error occurred; the server's log has the details", hint="report it")


def json_response(content: Any, status: int = 200) -> Response:
    """JSON with integers exact."""
    return Response(orjson.dumps(content), status_code=status, media_type="application/json")


def error_response(error: JumeauError, status: int | None = None) -> Response:
    """`{"error": {code, message, where, hint, details}}` with the error's status."""
    answer = json_response({"error": error.to_dict()}, status or error.status)
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if (wait := error.details.get("retry_after_s")) is not None:
        answer.headers["Retry-After"] = str(wait)
    return answer


def refuse(request: Request, error: JumeauError, status: int | None = None) -> Response:
    """The answer to a request that ended with an error, which the audit trail is told too."""
    call_of(request.scope).ended_with(error.code, status or error.status)
    answer = error_response(error, status)
    if request.method == "PUT":  # an upload: what is still to come of it is not read
        answer.headers["Connection"] = "close"
    return answer


def install_error_handlers(app: FastAPI) -> None:
    """Answer every kind of failure in the one form."""

    def of_ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, JumeauError)
        return refuse(request, error)

    def of_payload(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return refuse(request, PayloadError(first["msg"], where=where, hint="see /docs for the form of requests"))

    def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == HTTPStatus.NOT_FOUND:
            return refuse(request, NotFoundError(f"nothing at {request.url.path}", hint="see /docs for what there is"))
        seen = str(error.detail or HTTPStatus(error.status_code).phrase)
        return refuse(request, RequestError(seen, where=f"{request.method} {request.url.path}"), error.status_code)

    def of_anything(request: Request, error: Exception) -> Response:
        log.error("request_failed", method=request.method, path=request.url.path, exc_info=error)
        answer = error_response(unexpected())
        answer.headers.update(EVERYWHERE)  # it is sent from outside of all middleware
        return answer

    app.add_exception_handler(JumeauError, of_ours)
    app.add_exception_handler(RequestValidationError, of_payload)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(Exception, of_anything)

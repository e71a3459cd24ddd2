"""Structured logging to standard error: one event per line, for people or for collectors. Never a secret."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from core.sensitive import NEVER_KEPT, masked

_SECRET_PARTS = ("password", "secret", "token", "authorization", "api_key")


def configure_logging(level: str = "WARNING", form: str = "text") -> None:
    """Set up structlog for this process; `form` is `text` or `json`."""
    renderer: Any = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask_secrets,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def _mask_secrets(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        event[key] = _told(key, value)
    return event


def _told(key: object, value: Any) -> Any:
    """What may stand under a key: inside lists and mappings too, whatever else they hold."""
    if isinstance(key, str) and any(part in key.lower() for part in _SECRET_PARTS):
        return "***"
    match value:
        case str():
            return masked(value, NEVER_KEPT)
        case Mapping():
            return {name: _told(name, inner) for name, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_told(None, inner) for inner in value]
        case BaseException():
            return masked(repr(value), NEVER_KEPT)
        case _:
            return value

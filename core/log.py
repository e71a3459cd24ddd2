"""Structured logging to standard error: one event per line, for people or for collectors. Never a secret."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from core.sensitive import DataClass, masked

_KEPT_OUT = frozenset({DataClass.SECRET, DataClass.PAYMENT, DataClass.PERSONAL})
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
        if any(part in key.lower() for part in _SECRET_PARTS):
            event[key] = "***"
        elif isinstance(value, str):
            event[key] = masked(value, _KEPT_OUT)
    return event

"""Traces by OpenTelemetry, sent by OTLP over HTTP; off unless they are asked for.

Nothing is registered globally: each application has a provider of its own, and closes it. Spans carry codes and a digest of
the question's form; texts, values and messages of errors stay here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from core.errors import ConfigurationError
from services.telemetry.observer import Span

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
SERVICE: Final = "jumeau"


@dataclass(frozen=True, slots=True)
class _OtelSpan:
    """A span of OpenTelemetry, as the observer tells it."""

    inner: Any

    def set(self, attributes: Mapping[str, str | int | float]) -> None:
        from opentelemetry.trace import Status, StatusCode

        self.inner.set_attributes(dict(attributes))
        if "jumeau.code" in attributes:
            self.inner.set_status(Status(StatusCode.ERROR, str(attributes["jumeau.code"])))


class Traces:
    """Makes spans and sends them. `close` sends what is left."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer(SERVICE)

    @contextmanager
    def span(self, name: str, current: bool) -> Iterator[Span]:
        """A span; one that is not current may be ended by another thread. Exceptions pass through it unrecorded."""
        if current:
            with self._tracer.start_as_current_span(
                name, record_exception=False, set_status_on_exception=False
            ) as span:
                yield _OtelSpan(span)
            return
        span = self._tracer.start_span(name)
        try:
            yield _OtelSpan(span)
        finally:
            span.end()

    def close(self) -> None:
        """Send what is left, and stop."""
        self._provider.shutdown()


def traces_for(wanted: bool | None, environment: Mapping[str, str]) -> Traces | None:
    """Traces where they are wanted; where nothing is said, where the environment names an endpoint. Raises ConfigurationError."""
    if wanted is False or (wanted is None and not any(environment.get(name) for name in ENDPOINTS)):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ConfigurationError(
            f"traces are wanted and a package is missing: {error.name}",
            where="JUMEAU_TRACES",
            hint="install jumeau[traces], or set JUMEAU_TRACES=false",
        ) from error
    provider = TracerProvider(
        resource=Resource.create({"service.name": environment.get("OTEL_SERVICE_NAME", SERVICE)}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider)

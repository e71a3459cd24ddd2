"""The query API of Prometheus: instant and range queries over a few named expressions, and errors of queries."""

from __future__ import annotations

from typing import Any

from tests.ingest.connectors.doubles.server import Double, Request, Response

NOW = 1_735_711_200
"""The server's clock in seconds, as its Date header tells it."""


class PrometheusDouble(Double):
    """`series` by expression: labels with a value; a range has the value at every step, the last one as it is. `records` are
    what the expression `up` gives, as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.series: dict[str, list[tuple[dict[str, str], str]]] = {}
        self.records: list[dict[str, Any]] = []

    def answer(self, request: Request) -> Response:
        expression = request.query["query"]
        if expression == "time()":
            return _data("scalar", [NOW, str(NOW)])
        if expression == "up":
            return _data("vector", self.records)
        if expression not in self.series:
            error = {"status": "error", "errorType": "bad_data", "error": "parse error: unexpected end of input"}
            return Response(error)
        found = self.series[expression]
        if request.path == "/api/v1/query":
            return _data("vector", [{"metric": labels, "value": [NOW, value]} for labels, value in found])
        assert request.path == "/api/v1/query_range"
        start, end, step = (int(request.query[name]) for name in ("start", "end", "step"))
        times = range(start, end + 1, step)
        matrix = [
            {"metric": labels, "values": [[time, value if time + step > end else "0"] for time in times]}
            for labels, value in found
        ]
        return _data("matrix", matrix)


def _data(kind: str, result: Any) -> Response:
    return Response({"status": "success", "data": {"resultType": kind, "result": result}})

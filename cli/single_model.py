"""`jumeau simulate model`: one queue, network, line or repaired system, without a graph, with intervals."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from cli.options import OutputOption
from cli.output import Output, print_json, print_rows, progress_bars, say
from core.errors import UsageError

if TYPE_CHECKING:
    from simulate.single.model import Estimate

STANDARD_INPUT: Final = "-"
INTERRUPTED: Final = 130
LARGEST: Final = 1_000_000
"""Bytes of a request."""


class MethodOption(StrEnum):
    """How a model is answered."""

    AUTO = "auto"
    CLOSED = "closed"
    SIMULATION = "simulation"


def model(
    file: Annotated[str, typer.Option("--file", "-f", help="The request, a JSON file; - reads standard input.")],
    method: Annotated[
        MethodOption, typer.Option("--method", help="auto takes the closed form where there is one.")
    ] = MethodOption.AUTO,
    precision: Annotated[
        float | None,
        typer.Option("--precision", help="Relative half-width that simulations aim at.", show_default="0.01"),
    ] = None,
    most_events: Annotated[
        int | None,
        typer.Option("--max-events", help="Events that a simulation may have.", show_default="100000000"),
    ] = None,
    horizon: Annotated[
        float | None,
        typer.Option("--horizon", help="Simulate from empty up to this time, which unstable queues allow, too."),
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Answer a single model: {"model": "mmc", "parameters": {"lam": 9, "mu": 5, "c": 2}, "metrics": ["W"], "seed": 1}

    Examples:

      jumeau simulate model --file queue.json

      jumeau simulate model --file queue.json --method simulation --precision 0.005 --output json

      echo '{"model": "erlang_c", "parameters": {"A": 10, "c": 14}}' | jumeau simulate model --file -
    """
    content = _read(file)
    # Here and not above: what simulations need is an extra, and takes a second to import.
    from simulate.extra import needs_the_extra

    with needs_the_extra():
        from simulate.single.answer import MOST_EVENTS, PRECISION, Method, answer
        from simulate.single.request import read_request

        request = read_request(content)
        with progress_bars() as advance:
            found = answer(
                request,
                Method(method.value),
                precision=PRECISION if precision is None else precision,
                most_events=MOST_EVENTS if most_events is None else most_events,
                horizon=horizon,
                advance=advance,
            )
    if output is Output.JSON:
        print_json({name: _shown(estimate) for name, estimate in found.items()})
    else:
        columns = ("metric", "mean", "low", "high", "method", "meaning")
        meanings = {name: metric.meaning for name, metric in request.model.metrics.items()}
        title = request.model.title if output is Output.TABLE else None
        print_rows(columns, _rows(found, meanings, exact=output is Output.CSV), output, title)
    for estimate in found.values():
        if estimate.note:
            say(f"note: {estimate.note}")
    if not all(estimate.is_complete for estimate in found.values()):
        raise typer.Exit(INTERRUPTED)


def _read(file: str) -> Any:
    try:
        if file == STANDARD_INPUT:
            text = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(file).open("rb") as opened:
                text = opened.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"the file cannot be read: {error}", where=file, hint="give a JSON file, or - ") from error
    if len(text) > LARGEST:
        raise UsageError(f"the request is larger than {LARGEST} bytes", where=file, hint="one model per file")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"this is no JSON: {error}", where=file, hint='{"model": ..., "parameters": {...}}') from error


def _shown(estimate: Estimate) -> dict[str, Any]:
    return {"mean": estimate.mean, "low": estimate.low, "high": estimate.high, "method": estimate.method}


def _rows(found: Mapping[str, Estimate], meanings: Mapping[str, str], *, exact: bool) -> Iterable[tuple[Any, ...]]:
    """One row per number; the items of a list are numbered from 0."""
    for name, estimate in found.items():
        values = (estimate.mean, estimate.low, estimate.high)
        lists = [value if isinstance(value, tuple) else (value,) for value in values]
        for number, numbers in enumerate(zip(*lists, strict=True)):
            label = f"{name}[{number}]" if isinstance(estimate.mean, tuple) else name
            cells = numbers if exact else tuple(_text(value, values=numbers) for value in numbers)
            yield label, *cells, estimate.method, meanings[name]


def _text(value: float, *, values: tuple[float, ...]) -> str:
    """As many digits as tell the ends of the interval apart, six at least."""
    mean, low, high = values
    for digits in range(6, 16):
        if low == high or len({f"{each:.{digits}g}" for each in (low, mean, high)}) == 3:
            return f"{value:.{digits}g}"
    return repr(value)

"""What is asked of a single model: `{"model": ..., "parameters": {...}, "metrics": [...], "seed": 1}`, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graph.schema.fields import did_you_mean
from simulate.single.catalogue import MODELS
from simulate.single.errors import BadParameterError, SingleModelError, UnknownModelError
from simulate.single.model import Metric, Model
from simulate.single.parameters import read_parameters

KEYS: Final = ("model", "parameters", "metrics", "seed")
MOST_SEED: Final = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Request:
    """A model, the system that its parameters make, the metrics that are asked for, and the seed of a simulation."""

    model: Model
    system: Any
    metrics: tuple[str, ...]
    seed: int


def read_request(content: Any) -> Request:
    """Read a request from JSON data.

    Raises UnknownModelError for a name that does not exist, BadParameterError for a value that does not fit, SingleModelError
    for content that is no request.
    """
    if not isinstance(content, Mapping):
        raise SingleModelError(
            "the request is no mapping", hint='{"model": "mmc", "parameters": {...}, "metrics": ["W"], "seed": 1}'
        )
    for key in content:
        if key not in KEYS:
            raise UnknownModelError(f"a request has no `{key}`", where=str(key), hint=did_you_mean(str(key), KEYS))
    model = _model(content.get("model"))
    values = read_parameters(model.name, model.parameters, content.get("parameters"))
    metrics = _metrics(model, values, content.get("metrics"))
    return Request(model, model.build(values), metrics, _seed(content.get("seed", 1)))


def _model(name: Any) -> Model:
    if not isinstance(name, str):
        raise SingleModelError("no `model` is named", where="model", hint="one of " + ", ".join(MODELS))
    if name not in MODELS:
        raise UnknownModelError(f"there is no model `{name}`", where="model", hint=did_you_mean(name, MODELS))
    return MODELS[name]


def _metrics(model: Model, values: Mapping[str, Any], asked: Any) -> tuple[str, ...]:
    """The metrics that are asked for, each once; without any, all that the parameters allow."""
    if asked is None:
        return tuple(name for name, metric in model.metrics.items() if not _absent(metric, values))
    if not isinstance(asked, list) or not asked or not all(isinstance(name, str) for name in asked):
        raise SingleModelError(
            "`metrics` is no list of names", where="metrics", hint="some of " + ", ".join(model.metrics)
        )
    for name in asked:
        if name not in model.metrics:
            raise UnknownModelError(
                f"`{model.name}` has no metric `{name}`",
                where=f"metrics.{name}",
                hint=did_you_mean(name, model.metrics),
            )
        absent = _absent(model.metrics[name], values)
        if absent:
            raise BadParameterError(
                f"`{name}` needs {' and '.join(f'`{each}`' for each in absent)}", where="parameters", hint="add it"
            )
    return tuple(dict.fromkeys(asked))


def _absent(metric: Metric, values: Mapping[str, Any]) -> list[str]:
    return [name for name in metric.needs if name not in values]


def _seed(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MOST_SEED:
        raise BadParameterError(f"the seed is {seed!r}", where="seed", hint=f"a whole number, 0 to {MOST_SEED}")
    return seed

"""The extra that simulations need, told where it is absent: nothing else of the project imports it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

LIBRARIES: Final = frozenset({"matplotlib", "numba", "numpy", "optuna", "polars", "scipy", "simpy"})


@contextmanager
def needs_the_extra() -> Iterator[None]:
    """Run what imports the libraries of simulation. Raises SimulationExtraError where one of them is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in LIBRARIES:
            raise
        from simulate.compiled import missing  # raises the same by itself where numba is absent

        raise missing(error) from error

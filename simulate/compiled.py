"""Functions compiled by numba, kept on disk between processes where a folder can be written.

numba keys what it keeps by the file of the function itself: who changes a compiled function that other files call removes
`simulate/**/__pycache__/*.nb?` once, or runs with another `NUMBA_CACHE_DIR`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from core.errors import ConfigurationError

F = TypeVar("F", bound=Callable[..., Any])


class SimulationExtraError(ConfigurationError):
    """The libraries of simulation are not installed."""

    code = "SIMULATION_EXTRA"


def missing(error: ImportError) -> SimulationExtraError:
    """What to say when a library of simulation is absent."""
    return SimulationExtraError(
        f"simulation needs {error.name or 'a library'}, which is not installed",
        hint="pip install 'jumeau[simulation]'",
    )


try:
    import numba
except ImportError as absent:
    raise missing(absent) from absent


def compiled(*signatures: str) -> Callable[[F], F]:
    """Compile for these signatures only, so that a call with Python integers never compiles a second time.

    Floating point stays strict (no reordering): the same numbers on every engine and for every number of processes.
    """

    def compile_it(function: F) -> F:
        given = list(signatures)
        made: Any  # in the eyes of a type checker what is compiled stays the function that was written
        try:
            made = numba.njit(given, cache=True, error_model="numpy", nogil=True)(function)
        except RuntimeError:  # no folder that can be written: compile for this process only
            made = numba.njit(given, error_model="numpy", nogil=True)(function)
        return cast(F, made)

    return compile_it

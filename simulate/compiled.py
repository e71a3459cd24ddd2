"""Functions compiled by numba, kept on disk between processes where a folder can be written."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
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


def _sources() -> str:
    """A digest of all that is compiled: numba looks at the file of a function only, not at those of the functions it calls."""
    digest = blake2b(digest_size=16)
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        text = path.read_bytes()
        if b"@compiled(" in text:
            digest.update(path.name.encode() + text)
    return digest.hexdigest()


STAMP = _sources()


def compiled(*signatures: str, inline: bool = False) -> Callable[[F], F]:
    """Compile for these signatures only, so that a call with Python integers never compiles a second time.

    Without any, for the types of the first call: for kernels that only our own code calls, always with the same types.
    `inline` copies it into compiled functions that call it: for what is called a billion times. Floating point stays
    strict (no reordering): the same numbers on every engine and for every number of processes.
    """

    def compile_it(function: F) -> F:
        given = list(signatures)
        options = {"error_model": "numpy", "nogil": True, "inline": "always" if inline else "never"}
        made: Any = numba.njit(**options)(function)  # type: ignore[call-overload]
        try:
            made.enable_caching()
            made._cache._cache_file._source_stamp = STAMP
        except (RuntimeError, AttributeError):  # no folder that can be written, another numba: compile for this process
            made = numba.njit(**options)(function)  # type: ignore[call-overload]
        for signature in given:
            made.compile(signature)
        if given:
            made.disable_compile()
        return cast(F, made)

    return compile_it

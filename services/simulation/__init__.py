"""Simulated futures of the twin. Imported where a command or a request needs it: numba takes a while to start."""

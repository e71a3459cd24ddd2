"""Engines on the one model: the reference (SimPy), which is read, and the kernels (numba), which are fast; they agree."""

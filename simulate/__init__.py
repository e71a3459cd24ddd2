"""Simulated futures: one engine-neutral model of the estate, its engines, closed forms and their statistics."""

"""The engine-neutral model: what fails, what repairs it, what depends on what. Frozen; times in hours from the beginning."""

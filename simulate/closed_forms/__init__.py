"""Exact answers of models that have them, one file per family, each formula with its source. They are the oracle of simulations."""

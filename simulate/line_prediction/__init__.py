"""Figures of a production line without playing it: learned from simulated runs over ranges of its parameters, and only within them."""

"""Prometheus: the latest values of the series that queries name."""

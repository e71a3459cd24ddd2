"""FIRST EPSS: the probability that a vulnerability is exploited within 30 days."""

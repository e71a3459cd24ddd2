"""Answers and parts of the graph as files that are written while they are read."""

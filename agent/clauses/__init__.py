"""Reads questions about a graph that nobody prepared: clause by clause, by its schema's names and its own values."""

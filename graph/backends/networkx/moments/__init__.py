"""Moments of open mode: dates of any year, times and instants at nanoseconds, offsets and zones kept.

A twin's own values are simpler (dates, and instants in UTC at microseconds: `graph.backends.networkx.temporal`). Graphs
without schema may hold anything the language can make, so open mode has the whole of it.
"""

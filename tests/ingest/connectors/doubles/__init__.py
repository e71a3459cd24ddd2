"""Doubles of the APIs: real HTTP servers on a free port of 127.0.0.1, which behave as the documented APIs do, faults included."""

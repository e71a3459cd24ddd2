"""Loads that came over HTTP: files are spooled, a process of their own loads them, and everybody who may can watch."""

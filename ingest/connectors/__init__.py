"""Connectors: what a system's API holds, fetched whole into a folder before anything of it is loaded."""

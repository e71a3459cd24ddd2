"""Backups as the tools that make them report them."""

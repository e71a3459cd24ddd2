"""The typed intermediate query: what a question means, before any query language."""

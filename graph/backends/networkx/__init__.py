"""The in-memory backend: the semantic reference, the snapshot engine, and what tests run on without any service."""

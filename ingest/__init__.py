"""Bulk ingestion: read, map, validate, identify, reconcile, ledger. Start with `job`."""

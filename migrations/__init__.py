"""Changes of the schema: neutral operations in a checksummed chain, rendered for each backend, applied through the ledger."""

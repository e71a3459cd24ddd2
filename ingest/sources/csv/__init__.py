"""The twin's own CSV format: one file per kind and one per relation type."""

"""The deterministic French and English semantic parser: words, names and grammar to an intermediate query, offline."""

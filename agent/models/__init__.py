"""Models: how each provider is spoken to, and what they are asked for: the same intermediate query that the parser fills."""

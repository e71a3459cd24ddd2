"""The only way to a model: what may leave, to whom, for which use, at what cost, and the record of it."""

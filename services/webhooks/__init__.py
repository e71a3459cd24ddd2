"""Webhooks: what happens in the twin, sent to addresses that people register, signed and at least once."""

"""Signing in with OpenID Connect: a provider's discovery, its keys, its tokens, and what its claims are worth here."""

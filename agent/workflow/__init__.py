"""Investigations: a question in several steps, from a plan to proposals that people decide on. Bounded, resumable, traced."""

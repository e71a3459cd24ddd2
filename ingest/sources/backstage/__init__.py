"""Backstage: the software catalogue of developers."""

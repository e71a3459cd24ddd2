"""Holds what is installed against published advisories of vulnerabilities."""

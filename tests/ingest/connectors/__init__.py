"""Connectors against doubles that speak HTTP on this machine."""

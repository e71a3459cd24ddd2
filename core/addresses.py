"""Addresses of the machine itself: what is in the clear may go there, and nowhere else."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether a host name or an IP address, without brackets, is this machine by itself. No name is looked up."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

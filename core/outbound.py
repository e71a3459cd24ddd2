"""Where this process may connect to on somebody's behalf: public addresses, and the networks that the installation lists.

One guard for everything that follows an address that was given to it (connectors of sources, webhooks). A name is resolved
once, every address of it is judged, and the connection is made to an address that was judged (`core/guarded_http.py`): a name
that changes its mind in between (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

from core.errors import JumeauError

SETTING: Final = "JUMEAU_ALLOWED_NETWORKS"
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], list[str]]
"""A name and a port to the addresses that it has now. Raises OSError."""

_METADATA: Final = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
    )
)
"""Where clouds answer a machine about itself, its credentials among it. Listing a network that holds one allows none."""
_NAT64: Final = IPv6Network("64:ff9b::/96")
_COMPATIBLE: Final = IPv6Network("::/96")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})  # RFC 5214, the third quarter of an address
_ENDS_IN_A_NUMBER: Final = re.compile(r"(?:^|\.)(?:[0-9]+|0[xX][0-9a-fA-F]*)$", re.ASCII)
"""What resolvers read as an IPv4 address in one of its older spellings: 2130706433, 0x7f.1, 0177.0.0.1."""
_NAME: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?", re.ASCII)


class AddressRefusedError(JumeauError):
    """An address that this installation does not connect to: of this machine, of a private network, or no plain one."""

    code = "ADDRESS_REFUSED"
    status = 422
    exit_code = 2


def system_resolver(host: str, port: int) -> list[str]:
    """What the machine's own resolver says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks in CIDR notation; an address is a network of one. Raises ValueError."""
    return tuple(ip_network(text.strip()) for text in texts)


@dataclass(frozen=True, slots=True)
class AddressGuard:
    """Judges addresses. `allowed` are networks beyond the public ones; without `public` they are the only ones.

    `resolve` is injected: tests have names of their own.
    """

    allowed: tuple[Network, ...] = ()
    resolve: Resolver = field(default=system_resolver)
    public: bool = True

    def checked(self, host: str, port: int) -> list[Address]:
        """The addresses of a host, each of which may be connected to. Raises AddressRefusedError, OSError for no such name."""
        name = host.removeprefix("[").removesuffix("]").removesuffix(".")
        literal = _literal(name)
        if literal is not None:
            self._judge(literal, host)
            return [literal]
        if _ENDS_IN_A_NUMBER.search(name) or not _NAME.fullmatch(name):
            raise AddressRefusedError(
                "the host is neither a name nor an address in its usual spelling",
                where=host[:100],
                hint="write IPv4 addresses as four decimal numbers, IPv6 ones in brackets, names in ASCII",
            )
        try:
            found = [ip_address(text.partition("%")[0]) for text in self.resolve(name, port)]
        except UnicodeError:
            raise AddressRefusedError("the host is no name", where=host[:100], hint="check its spelling") from None
        if not found:
            raise OSError(f"{name} has no address")
        for (
            address
        ) in found:  # one that may not be asked spoils them all: which one is used is not the name's to choose
            self._judge(address, host)
        return found

    def _judge(self, address: Address, host: str) -> None:
        for inner in _meant(address):
            seen = self._refusal(inner)
            if seen is not None:
                raise AddressRefusedError(
                    f"{seen}, and this installation does not connect to it",
                    where=host[:100],
                    hint=f"if it is meant, list its network in {SETTING}, such as 10.20.0.0/16"
                    if self.public
                    else f"use https; http is for networks that {SETTING} lists",
                )

    def _refusal(self, address: Address) -> str | None:
        """What an address is that is not connected to; None for one that is."""
        if address in _METADATA:
            if any(network.num_addresses == 1 and address in network for network in self._of(address)):
                return None
            return "this is an address at which a cloud tells a machine its secrets"
        if address.is_unspecified or address.is_multicast or address == IPv4Address("255.255.255.255"):
            return "this is no address of one machine"
        if isinstance(address, IPv6Address) and address in _COMPATIBLE and not address.is_loopback:
            return "this is an IPv4 address in a spelling that is no longer used"
        if self._lists(address):
            return None
        if address.is_loopback:
            return "this is an address of this machine itself"
        site_local = isinstance(address, IPv6Address) and address.is_site_local
        if address.is_link_local:
            return "this is an address of the local link"
        if not address.is_global or address.is_reserved or site_local:
            return "this is an address of a private or reserved network"
        return None if self.public else "this is a public address, to which everything would go in the clear"

    def _lists(self, address: Address) -> bool:
        return any(address in network for network in self._of(address))

    def _of(self, address: Address) -> list[Network]:
        return [network for network in self.allowed if network.version == address.version]


def _literal(name: str) -> Address | None:
    try:
        return ip_address(name.partition("%")[0]) if ":" in name else IPv4Address(name)
    except ValueError:
        return None


def _meant(address: Address) -> tuple[Address, ...]:
    """The addresses that are reached through one: the IPv4 address within an IPv6 one, and it itself where it is one too."""
    if isinstance(address, IPv4Address):
        return (address,)
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped is not None or address in _NAT64:
        return (low,)
    inner: list[Address] = [address]
    if address.sixtofour is not None:
        inner = [address.sixtofour]
    if address.teredo is not None:
        inner += address.teredo
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        inner.append(low)
    return tuple(inner)

"""Which addresses are connected to, in all the spellings that are known to get past such a guard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.outbound import AddressGuard, AddressRefusedError, Resolver, networks

PUBLIC = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
REFUSED = [
    *("127.0.0.1", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255"),
    *("172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "100.64.0.1", "100.127.255.254"),
    *("169.254.0.1", "169.254.169.254", "169.254.170.2", "168.63.129.16", "192.0.0.1", "192.0.0.192", "192.0.2.1"),
    *("198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "224.0.1.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "100.100.100.200"),
    *(
        "::",
        "::1",
        "[::1]",
        "0:0:0:0:0:0:0:1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::ffff:0:127.0.0.1",
        "::127.0.0.1",
    ),
    *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::1", "2001:db8::1", "fe80::1", "fe80::1%eth0", "[fe80::1%25lo]"),
    *("fc00::1", "fd12:3456::1", "fd00:ec2::254", "fec0::1", "ff02::1", "ff0e::1", "2606:2800::5efe:7f00:1", "100::1"),
]
SPELLINGS = [
    *(
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "0",
        "0x0",
        "1.1.1.256",
    ),
    *(
        "127.0.0.1.",
        "127.0.0.01",
        "00127.0.0.1",
        "example.0x7f",
        "①②⑦.⓪.⓪.①",
        "１２７.０.０.１",
        "127。0。0。1",
        "127.0.0.1\n",
    ),
    *("", ".", " ", "a b", "ex%61mple.com", "127.0.0.1%00.example.com", "user@127.0.0.1", "[::1", "例え", "x" * 300),
]


def no_resolver(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host} was looked up")


def resolving(answer: list[str]) -> Resolver:
    return lambda _host, _port: answer


@pytest.mark.parametrize("host", PUBLIC)
def test_a_public_address_is_connected_to(host: str) -> None:
    assert len(AddressGuard(resolve=no_resolver).checked(host, 443)) == 1


@pytest.mark.parametrize("host", REFUSED)
def test_an_address_that_is_not_public_is_refused_and_the_setting_is_named(host: str) -> None:
    with pytest.raises(AddressRefusedError, match="JUMEAU_ALLOWED_NETWORKS"):
        AddressGuard(resolve=no_resolver).checked(host, 443)


@pytest.mark.parametrize("host", REFUSED)
def test_a_name_of_such_an_address_is_refused_too_even_beside_a_public_one(host: str) -> None:
    address = host.strip("[]").partition("%")[0]
    for answer in ([address], ["93.184.216.34", address], [address, "93.184.216.34"]):
        with pytest.raises(AddressRefusedError) as refused:
            AddressGuard(resolve=resolving(answer)).checked("inside.example", 443)
        assert address not in str(refused.value), "a name's private address is not told"


@pytest.mark.parametrize("host", SPELLINGS)
def test_a_spelling_that_only_a_resolver_understands_is_refused_before_one_is_asked(host: str) -> None:
    with pytest.raises(AddressRefusedError):
        AddressGuard(resolve=no_resolver).checked(host, 443)


def test_localhost_is_what_it_resolves_to() -> None:
    for host in ("localhost", "LOCALHOST.", "localhost.localdomain"):
        with pytest.raises(AddressRefusedError, match="this machine itself"):
            AddressGuard(resolve=lambda _host, _port: ["127.0.0.1", "::1"]).checked(host, 80)


def test_listed_networks_are_connected_to_in_every_form_of_their_addresses() -> None:
    guard = AddressGuard(networks(["127.0.0.0/8", "10.20.0.0/16", "fd12::/16"]), resolve=no_resolver)
    for host in ("127.0.0.1", "10.20.30.40", "::ffff:10.20.0.1", "64:ff9b::10.20.0.1", "fd12::7"):
        assert guard.checked(host, 443)
        assert replace(guard, public=False).checked(host, 80)
    for host in ("10.21.0.1", "::1", "fd13::7", "192.168.0.1"):
        with pytest.raises(AddressRefusedError):
            guard.checked(host, 443)
    assert guard.checked("93.184.216.34", 443)
    with pytest.raises(AddressRefusedError, match="use https"):
        replace(guard, public=False).checked("93.184.216.34", 80)


def test_what_a_cloud_tells_a_machine_is_opened_by_its_own_address_only() -> None:
    wide = AddressGuard(networks(["0.0.0.0/0", "169.254.0.0/16", "::/0"]), resolve=no_resolver)
    for host in (
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "fd00:ec2::254",
        "224.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
    ):
        with pytest.raises(AddressRefusedError):
            wide.checked(host, 80)
    assert AddressGuard(networks(["169.254.169.254"]), resolve=no_resolver).checked("169.254.169.254", 80)

"""Which addresses may be dialled: the public internet and what an operator allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

# `is_global` of Python 3.11 says yes to all of these: what is multicast, set aside by
# the IETF, a relay into other networks, or the metadata service of a cloud.
_NOT_PUBLIC_4 = tuple(
    IPv4Network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/3", "168.63.129.16/32")
)
# Only 2000::/3 is public, less what carries an IPv4 address inside (Teredo, 6to4: they
# reach what the IPv4 rules refuse) and documentation. NAT64, mapped and compatible
# forms, unique local, link local and multicast all lie outside of it.
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)


def is_public(address: str) -> bool:
    """Say whether an IP address belongs to the public internet; False for none."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return ip.is_global and not any(ip in network for network in _NOT_PUBLIC_4)
    return ip in _PUBLIC_6 and not any(ip in network for network in _NOT_PUBLIC_6)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an operator lets us dial besides the public internet."""

    hosts: frozenset[tuple[str, int]] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def allows(self, address: str, host: str, port: int) -> bool:
        """Say whether `address` may be dialled for a URL of `host` and `port`."""
        if is_public(address) or (_plain(host), port) in self.hosts:
            return True
        try:
            ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self.networks)


def parse_allowed(entries: Iterable[str]) -> Allowed:
    """Read `host:port` and CIDR entries; raises `ValueError` naming a wrong one."""
    hosts: set[tuple[str, int]] = set()
    networks: list[IPv4Network | IPv6Network] = []
    for entry in entries:
        host, _, port = entry.strip().rpartition(":")
        if "/" in entry:
            networks.append(_network(entry))
        elif host and port.isdecimal() and 0 < int(port) < 65536:
            hosts.add((_plain(host), int(port)))
        else:
            raise ValueError(
                f"{entry!r} is neither host:port nor a network like 10.1.0.0/16"
            )
    return Allowed(frozenset(hosts), tuple(networks))


def _network(entry: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(entry.strip())
    except ValueError as error:
        raise ValueError(f"{entry!r} is no network: {error}") from error


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()

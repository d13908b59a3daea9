"""Who asks: the address of the client, which only proxies that the operator named may tell."""

import ipaddress
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from breach_assistant.site import refuse

Network = IPv4Network | IPv6Network


def read_networks(text: str) -> list[Network]:
    """From « 10.0.0.0/8, ::1 »."""
    try:
        return [ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip()]
    except ValueError:
        refuse("TRUSTED_PROXIES doit être une liste de réseaux (10.0.0.0/8,192.168.1.4).")


def client_address(remote: str, forwarded: str, trusted: Iterable[Network]) -> str:
    """The right-most address of the chain (X-Forwarded-For, then the peer) that no trusted proxy is behind; what stands
    left of it is hearsay. "" where the peer has none (a socket of Unix)."""
    chain = [*forwarded.split(","), remote] if forwarded else [remote]
    known = ""
    while chain and (address := read_address(chain.pop())):
        known = str(address)
        if not any(address in network for network in trusted):
            break
    return known


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address

"""Which addresses may be asked for: public ones, and those that whoever runs this has allowed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from yarl import URL

from manyeyes.model.errors import SettingsError

#: Said of an address that is private, and of one that does not exist or does not answer alike: nobody can
#: find out by asking what there is on the network behind us.
OUT_OF_REACH = "cannot be reached from here; download it yourself and upload the file"

#: Characters of an address.
_LONGEST = 4000
_USUAL_PORTS = frozenset({80, 443})
_HOST = re.compile(r"[\w.:-]+")

#: IPv4 that is not public (IANA special-purpose registry, RFC 6890 and its successors), multicast, and a
#: public address by which a cloud speaks to its own machines (Azure).
_CLOSED_4 = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
    )
)  # fmt: skip
#: Of IPv6 all that is public lies in the first; documentation, tunnels (Teredo, 6to4) and protocols do too.
_OPEN_6 = ip_network("2000::/3")
_CLOSED_6 = tuple(map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
#: IPv6 addresses whose last four bytes are an IPv4 address: by translation (RFC 6052).
_TRANSLATED = ip_network("64:ff9b::/96")

#: A host that URL parsers take for an IPv4 address in some spelling (WHATWG URL, 3.5): `127.1`, `0x7f.1`.
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?", re.IGNORECASE)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, with any IPv4 address that it holds inside."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or (IPv4Address(int(found) & 0xFFFF_FFFF) if found in _TRANSLATED else None)
        if inner is None:
            return found in _OPEN_6 and not any(found in network for network in _CLOSED_6)
        found = inner
    return not any(found in network for network in _CLOSED_4)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Hosts that may be asked though they are not public, or not at a usual port."""

    #: Each with the one port, or None for the usual ones.
    hosts: frozenset[tuple[str, int | None]] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Allowed:
        """From hosts with commas between them, `intranet, pictures.local:8080, [fd00::1]:80`.

        Raises SettingsError.
        """
        return cls(frozenset(_parse_host(part.strip()) for part in text.split(",") if part.strip()))

    def covers(self, host: str, port: int) -> bool:
        """Whether this host may be asked at this port, wherever it lies."""
        host = host.rstrip(".").lower()
        return (host, port) in self.hosts or (port in _USUAL_PORTS and (host, None) in self.hosts)


def _parse_host(text: str) -> tuple[str, int | None]:
    try:
        url = URL(f"//{text}")
        is_plain = url.raw_user is None and url.raw_authority == text.lower()
        if url.host and is_plain and _HOST.fullmatch(url.host):
            return url.host.rstrip("."), url.explicit_port
    except ValueError:
        pass
    raise SettingsError(
        f"MANYEYES_FETCH_ALLOW holds {text!r}, which is no host and no host:port; "
        "write them as in pictures.local, 10.0.0.7:8080"
    )


def parse_url(text: str) -> URL | None:
    """An address as it was typed; None where it is none."""
    try:
        return URL(text.strip()) if len(text) <= _LONGEST else None
    except ValueError:
        return None


def why_not_asked(url: URL, allowed: Allowed) -> str | None:
    """Why this address is not asked for, as far as its text tells; None where it is.

    A host's name tells little: the address that it stands for is checked when it is connected to.
    """
    if url.scheme not in {"http", "https"}:
        return "is no web address; give one that begins with https://"
    if url.raw_user is not None or url.raw_password is not None:
        return "holds a user's name or a password; leave them out"
    if not url.host or url.port is None:
        return "names no host; give a whole address"
    if allowed.covers(url.host, url.port):
        return None
    if url.port not in _USUAL_PORTS:
        return f"names port {url.port}; only 80 and 443 are asked"
    looks_numeric = ":" in url.host or _NUMBER.fullmatch(url.host) is not None
    return OUT_OF_REACH if looks_numeric and not is_public(url.host) else None


def without_user(text: str) -> str:
    """An address as it may be shown: whatever stands before an `@` in its host is left out."""
    return re.sub(r"\A(\s*[a-z][a-z0-9+.-]*:)?//[^/?#]*@", r"\1//", text, flags=re.IGNORECASE).strip()

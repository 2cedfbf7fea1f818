"""Where a server is, as its user types it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from manyeyes.model.errors import SettingsError

_WANTED = "write it as its page's address is written, such as https://eyes.example.com"


@dataclass(frozen=True, slots=True)
class Address:
    """A server: scheme, host and port, and the path below which it shows itself."""

    origin: str
    path: str = ""

    def __str__(self) -> str:
        return self.origin + self.path

    @property
    def is_overheard(self) -> bool:
        """Whether whoever is on the way there can read along: neither encrypted nor on this machine."""
        parts = urlsplit(self.origin)
        return parts.scheme == "http" and not _is_own(parts.hostname or "")


def parse_address(text: str) -> Address:
    """The address that `text` says. Raises SettingsError, which never repeats a password in it."""
    if "@" in text:
        raise SettingsError(
            "--server takes no user and no password: set MANYEYES_TOKEN to the server's token"
        )
    try:
        parts = urlsplit(text.strip())
        parts.port  # noqa: B018 - a port that is no number shows itself here
    except ValueError:
        raise SettingsError(f"--server {text!r} is no address: {_WANTED}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"--server {text!r} is no address: {_WANTED}")
    return Address(f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/"))


def _is_own(host: str) -> bool:
    """Whether this host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

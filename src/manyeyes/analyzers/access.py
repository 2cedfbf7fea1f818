"""What it takes to reach the services."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """Accounts and places, as far as they are set; each adapter takes what is its own."""

    replicate_token: str | None = None
    replicate_base_url: str = "https://api.replicate.com"
    #: Bytes of a picture from which it is uploaded rather than sent inside the request.
    replicate_upload_above: int = 1_000_000

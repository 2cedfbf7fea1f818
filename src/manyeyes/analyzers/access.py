"""What it takes to reach the services."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """Accounts and places, as far as they are set; each adapter takes what is its own."""

    replicate_token: str | None = None
    replicate_base_url: str = "https://api.replicate.com"
    #: Bytes of a picture from which it is uploaded rather than sent inside the request.
    replicate_upload_above: int = 1_000_000
    openai_key: str | None = None
    openai_base_url: str = "https://api.openai.com/v1"


def is_token(text: str) -> bool:
    """Whether it can be one: nothing but characters that a header may hold, and no space."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def payer_of(token: str, place: str) -> str:
    """Tells accounts apart; the token cannot be worked out from it."""
    return hashlib.blake2b(f"{place}\n{token}".encode(), digest_size=8).hexdigest()

"""What arrives: streamed to disk under caps, checked, and kept as a whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request

from manyeyes.web.house import House, TurnedAway


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an upload, by names."""

    added: tuple[str, ...]
    #: Each with the name under which the same bytes are there already.
    duplicates: tuple[tuple[str, str], ...]
    refused: tuple[TurnedAway, ...]


class Uploads:
    """Takes pictures into portfolios."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def receive(self, request: Request, portfolio: str, *, from_form: bool = False) -> Receipt:
        """Take the files of a multipart body, or one raw body. Raises Problem where it breaks a cap.

        With `from_form`, the field `csrf` must come before the first file.
        """
        raise NotImplementedError

    async def fetch(self, portfolio: str, urls: Sequence[str]) -> Receipt:
        """Take what is at these addresses."""
        raise NotImplementedError

"""A portfolio: the pictures analyzed together, known by the sources they come from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from manyeyes.model.image import Locator


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Pictures analyzed together; the same sources are the same portfolio."""

    #: 26 random characters.
    id: str
    name: str

    def picture_id(self, locator: Locator) -> str:
        """A picture's id in this portfolio: as hard to guess as the portfolio's, and always the same."""
        where = str(locator).encode("utf-8", "surrogateescape")
        return hashlib.blake2b(where, digest_size=12, key=self.id.encode()).hexdigest()

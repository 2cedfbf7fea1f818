"""The pictures of a portfolio with what is known of them: paged, filtered, corrected."""

from __future__ import annotations

from manyeyes.web.house import House


class Gallery:
    """Reads the gallery, and corrects what it shows."""

    def __init__(self, house: House) -> None:
        self._house = house

"""Small pictures, made once and kept on disk by what they show."""

from __future__ import annotations

from manyeyes.web.house import House


class Thumbnails:
    """Makes each small picture once."""

    def __init__(self, house: House) -> None:
        self._house = house

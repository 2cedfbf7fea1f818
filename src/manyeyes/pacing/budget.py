"""How many bytes of pictures may be in hand at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """Bytes in hand against a limit; an item larger than the whole budget goes alone."""

    limit: int
    used: int = 0

    def fits(self, size: int) -> bool:
        """Whether `size` more bytes may be taken in hand."""
        return self.used == 0 or self.used + size <= self.limit

    def plus(self, size: int) -> Budget:
        """The budget with `size` more bytes in hand."""
        return Budget(self.limit, self.used + size)

    def minus(self, size: int) -> Budget:
        """The budget with `size` bytes fewer in hand."""
        return Budget(self.limit, self.used - size)

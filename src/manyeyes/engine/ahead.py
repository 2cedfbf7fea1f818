"""The pictures that may be taken in hand next, and the bytes of those that are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from manyeyes.engine.job import Picture
from manyeyes.model.image import Expected, ImageRef
from manyeyes.pacing.budget import Budget

#: Pictures among which one that fits is looked for.
WINDOW = 32
#: Times that a picture may be passed over by later ones; then they wait for it.
MOST_SKIPS = 64


@dataclass(slots=True)
class _Waiting:
    picture: Picture
    expected: Expected
    skips: int = 0


class Ahead:
    """Pictures in the order in which they go: the first that fits the budget, nobody passed over for ever.

    What is in hand is counted from when it is taken to when it ends, by the picture's position: first its
    bytes as it lies there and decoded, then those that are sent.
    """

    def __init__(self, budget: Budget, expected: Callable[[ImageRef], Expected], *, in_order: bool) -> None:
        """`in_order`: nobody is passed over at all."""
        self._budget = budget
        self._expected = expected
        self._window = 1 if in_order else WINDOW
        self._waiting: list[_Waiting] = []
        self._held: dict[int, int] = {}
        #: Nobody who waits fits.
        self.is_full = False

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, pictures: list[Picture]) -> None:
        """These come after all others."""
        self._waiting += [_Waiting(picture, self._expected(picture.image)) for picture in pictures]

    def sort(self) -> None:
        """The largest by pixels first; listing order among equals."""
        self._waiting.sort(key=lambda waiting: -waiting.expected.pixels)

    def next(self, may_go: Callable[[Picture], bool]) -> Picture | None:
        """The next picture that fits, its bytes held from now on, if it `may_go`; None where none does.

        A picture larger than the whole budget goes alone.
        """
        window = 1 if self._waiting and self._waiting[0].skips >= MOST_SKIPS else self._window
        index = self._fitting(window)
        self.is_full = index is None and bool(self._waiting)
        if index is None or not may_go(self._waiting[index].picture):
            return None
        for passed_over in self._waiting[:index]:
            passed_over.skips += 1
        chosen = self._waiting.pop(index)
        self.hold(chosen.picture.position, chosen.expected.bytes)
        return chosen.picture

    def _fitting(self, window: int) -> int | None:
        for index in range(min(window, len(self._waiting))):
            if self._budget.fits(self._waiting[index].expected.bytes):
                return index
        return None

    def hold(self, position: int, size: int) -> None:
        """So many bytes are in hand for a picture, in place of what was."""
        self._budget = self._budget.plus(size - self._held.get(position, 0))
        self._held[position] = size

    def free(self, position: int) -> None:
        """Nothing is in hand for a picture any more."""
        if held := self._held.pop(position, 0):
            self._budget = self._budget.minus(held)

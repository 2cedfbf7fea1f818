"""How a call's seconds go with the pixels that it is given: learned from calls that were answered."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from math import log, sqrt

#: Calls that count: older ones fade.
MEMORY = 500.0
#: Calls from which on anything is said.
ENOUGH = 30
#: Standard errors by which a slope must differ from none.
SURE = 2.5


@dataclass(frozen=True, slots=True)
class Work:
    """ln seconds = a + b · ln pixels, by least squares with fading memory.

    Means and sums of squares are updated call by call (Welford, Technometrics 4, 1962, here with weights that
    fade).
    """

    #: Calls that count, faded.
    calls: float = 0.0
    #: Means of ln pixels and of ln seconds.
    pixels: float = 0.0
    seconds: float = 0.0
    #: Sums of squared deviations, and of their product.
    pixels_squared: float = 0.0
    seconds_squared: float = 0.0
    product: float = 0.0

    def after(self, pixels: int, seconds: float) -> Work:
        """What is known once a call has been answered; calls without pixels or time tell nothing."""
        if pixels <= 0 or seconds <= 0:
            return self
        fade = 1 - 1 / MEMORY
        calls = self.calls * fade + 1
        x, y = log(pixels), log(seconds)
        dx, dy = x - self.pixels, y - self.seconds
        weight = 1 - 1 / calls
        return Work(
            calls,
            self.pixels + dx / calls,
            self.seconds + dy / calls,
            self.pixels_squared * fade + weight * dx * dx,
            self.seconds_squared * fade + weight * dy * dy,
            self.product * fade + weight * dx * dy,
        )

    @property
    def slope(self) -> float | None:
        """b, the power of pixels that seconds go by; 0 where that may be chance, None where too little is
        known."""
        if self.calls < ENOUGH:
            return None
        if self.pixels_squared <= 1e-9 * self.calls:
            return 0.0
        slope = self.product / self.pixels_squared
        rest = max(0.0, self.seconds_squared - slope * self.product) / (self.calls - 2)
        return slope if abs(slope) > SURE * sqrt(rest / self.pixels_squared) else 0.0

    @property
    def as_numbers(self) -> tuple[float, ...]:
        """To be kept; `Work(*numbers)` is the same again."""
        return astuple(self)

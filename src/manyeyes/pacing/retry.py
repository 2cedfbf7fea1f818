"""When to try again: a decision, not a wait."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from manyeyes.model.errors import AnalyzerError, BadReply, Broken, Pushback, RateLimited

#: Seconds from a broken create to the first search for what it bought, and to the second where one is
#: needed: providers do not promise that a create is in their list as soon as it is taken, and a search
#: that comes too early would have it bought twice.
LISTED_AFTER = 2.0


def named_wait(error: Exception) -> float | None:
    """Seconds that the provider asks to wait before anything more is sent; None where it names none.

    A wait of no time is none: to keep it to the letter would be to knock for ever.
    """
    wait = error.retry_after if isinstance(error, Pushback) else None
    return wait if wait is not None and wait > 0 else None


def is_free(error: Exception) -> bool:
    """Whether an attempt that ended so uses up no try: a 429 that names its wait.

    An overloaded service may name waits for ever without there being an end to it.
    """
    return isinstance(error, RateLimited) and named_wait(error) is not None


@dataclass(frozen=True, slots=True)
class Retry:
    """Exponential back-off with full jitter.

    Full jitter is from Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """

    #: Billable tries at one picture, re-asks included.
    attempts: int = 5
    #: Times that the model is asked again after an answer outside the schema.
    reasks: int = 2
    #: Seconds; the first wait is drawn from 0 to `base`, the next from 0 to twice that.
    base: float = 0.5
    ceiling: float = 60.0

    def delay(self, attempt: int, error: AnalyzerError | BadReply, rng: Random) -> float | None:
        """Seconds to wait after try number `attempt` (from 1) ended in `error`; None to give up.

        A wait that the provider names is kept to the letter; a 429 that names one uses up no try.
        """
        if attempt >= self.attempts and not is_free(error):
            return None
        match error:
            case BadReply():
                return 0.0
            case Pushback() | Broken():
                if (named := named_wait(error)) is not None:
                    return named
                return rng.uniform(0, min(self.ceiling, self.base * 2 ** (attempt - 1)))
            case _:
                return None

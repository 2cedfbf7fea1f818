"""Every error of ours, sorted by what is done about it.

    ManyeyesError
    ├ SettingsError             say what to set, exit 2
    ├ ImageError                count it failed, go on
    │  └ UnreadableImage, ImageTooLarge, UnsupportedImage
    ├ AnalyzerError
    │  ├ Pushback               slow down, try again
    │  │  └ RateLimited, Overloaded
    │  ├ Broken                 ask `find` first, then try again at the same speed
    │  ├ Untraceable            nobody can know: buy again, and count it as possibly paid twice
    │  ├ Refused                count it failed, go on
    │  ├ OutOfTime              count it failed, go on
    │  ├ NotWritten             say it, exit 1
    │  ├ BudgetSpent            buy no more; what was bought before is still fetched
    │  └ AccessDenied           stop the run: no picture would fare better
    ├ BadReply                  answered, but not our schema: re-ask, at most twice
    ├ ServerError               say it, exit 1
    │  └ Unreachable            try again for a while, once it has been reached
    └ StoreError                stop the run: never pay for what cannot be kept

A message names the thing and says what to do next.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from manyeyes.model.ask import Allowance


class ManyeyesError(Exception):
    """The base of every error that manyeyes raises on purpose."""

    #: How the class is spelt in JSON and in the store: `UnreadableImage` is `unreadable_image`.
    kind: ClassVar[str] = "error"
    #: What a person can do about it; shown once for each group of failures.
    remedy: ClassVar[str] = "Run the same command again; with --log-file, the log tells more."

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        _KINDS[cls.kind] = cls


_KINDS: dict[str, type[ManyeyesError]] = {}


def remedy_for(kind: str) -> str:
    """What to do about a failure of this `kind`; the general advice for a kind of another version."""
    return _KINDS.get(kind, ManyeyesError).remedy


class SettingsError(ManyeyesError):
    """A flag, a variable or a source is not usable as given."""

    remedy = "Correct what the message names, then run again."


class ImageError(ManyeyesError):
    """This picture cannot be used; the others can."""


class UnreadableImage(ImageError):
    """The file is truncated, corrupt, gone, or may not be read."""

    remedy = "Put right what is wrong with the file, then run the same command again: all else is reused."


class ImageTooLarge(ImageError):
    """The picture has more pixels, or the archive entry more bytes, than the caps allow."""

    remedy = "Only the cap on pixels can be raised, with --max-megapixels. Then run the same command again."


class UnsupportedImage(ImageError):
    """A picture in a format that is not read here."""

    remedy = "Export such pictures as JPEG, PNG, WebP, TIFF, HEIC or AVIF, then run the same command again."


class AnalyzerError(ManyeyesError):
    """The analyzer did not give an answer.

    `ended`: the work is known to have ended without one, so there is nothing left to look for.
    """

    def __init__(self, message: str = "", *, ended: bool = False) -> None:
        super().__init__(message)
        self.ended = ended


class Pushback(AnalyzerError):
    """The provider asks for less: slow down, then try again.

    `retry_after` is the wait it named, in seconds, or None where it named none.
    """

    remedy = "Run the same command again with --rpm set to what your account allows, or later."

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        allowance: Allowance | None = None,
        ended: bool = False,
    ) -> None:
        super().__init__(message, ended=ended)
        self.retry_after = retry_after
        self.allowance = allowance


class RateLimited(Pushback):
    """Too many requests for the account's quota (HTTP 429)."""


class Overloaded(Pushback):
    """The service itself is short of capacity (HTTP 503 with a wait, 529)."""

    remedy = "Run the same command again later, or with a lower --concurrency."


class Broken(AnalyzerError):
    """The connection or the service broke off: nobody knows whether the work was started.

    `heard`: a whole response came, and it was no success; a silent break says nothing of what went on.
    """

    remedy = "Run the same command again: what may have been bought is looked for before it is bought again."

    def __init__(self, message: str = "", *, ended: bool = False, heard: bool = False) -> None:
        super().__init__(message, ended=ended)
        self.heard = heard


class Untraceable(AnalyzerError):
    """Nobody can know any more whether this was bought."""

    remedy = "Look at the provider's own list for what you bought, then run the same command again."


class Refused(AnalyzerError):
    """The provider will not look at this picture."""

    remedy = "Try another --model or --analyzer; the same one is only asked again with --retry-failed."


class OutOfTime(AnalyzerError):
    """The attempts at this picture took longer than its deadline."""

    remedy = "Run the same command again with a higher --deadline, or with a faster --model."


class BudgetSpent(AnalyzerError):
    """The run has no call left that it may pay for."""

    remedy = "Start again with a larger budget: what was answered is kept."


class AccessDenied(AnalyzerError):
    """No picture would fare better: a bad token, no credit, an unknown model."""

    remedy = "Then run the same command again: what was answered is kept."


class NotWritten(AnalyzerError):
    """No model has put this portfolio into words, though one was asked to."""

    remedy = "Ask again: what may have been bought is looked for before it is bought again."


class BadReply(ManyeyesError):
    """The model answered, but not in our schema. `wanted` says to the model what would have been."""

    remedy = "Try another --model, or ask the same one again with --retry-failed."

    def __init__(self, message: str, wanted: str = "") -> None:
        super().__init__(message)
        self.wanted = wanted

    @property
    def correction(self) -> str:
        """What is said to the model when it is asked again."""
        return f"{self} {self.wanted}".rstrip()

    @property
    def for_people(self) -> str:
        """What is said to people."""
        said = str(self)
        return f"the model's answer could not be used: {said[:1].lower()}{said[1:].rstrip('.')}"


class StoreError(ManyeyesError):
    """What was paid for could not be kept."""

    remedy = "See that the store has space and can be written, then run the same command again."


class ServerError(ManyeyesError):
    """A manyeyes server elsewhere did not do what was asked of it."""

    remedy = "Put right what the message names, then run the same command again: what has arrived is kept."


class Unreachable(ServerError):
    """It did not answer, or not now: nobody knows whether what was asked was done.

    `retry_after` is the wait it named, in seconds, or None where it named none. `met`: it was a manyeyes
    server that answered.
    """

    remedy = "Run the same command again once the server can be reached: what has arrived is kept."

    def __init__(self, message: str = "", *, retry_after: float | None = None, met: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.met = met

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
    │  └ AccessDenied           stop the run: no picture would fare better
    ├ BadReply                  answered, but not our schema: re-ask, at most twice
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
    remedy: ClassVar[str] = "Look at the log for what happened, then run again."

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

    remedy = "Correct what the message names and run again."


class ImageError(ManyeyesError):
    """This picture cannot be used; the others can."""


class UnreadableImage(ImageError):
    """The file is truncated, corrupt, gone, or may not be read."""

    remedy = "Open the file in a viewer; export it again or copy it again from where it came."


class ImageTooLarge(ImageError):
    """The picture has more pixels, or the archive entry more bytes, than the caps allow."""

    remedy = "Shrink it, or raise the cap (--max-megapixels) if you trust where it came from."


class UnsupportedImage(ImageError):
    """A picture in a format that is not read here."""

    remedy = "Export it as JPEG, PNG, WebP, TIFF, HEIC or AVIF."


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

    remedy = "Run again later, or lower --concurrency or set --rpm to what your account allows."

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


class Broken(AnalyzerError):
    """The connection or the service broke off: nobody knows whether the work was started.

    `heard`: a whole response came, and it was no success; a silent break says nothing of what went on.
    """

    remedy = "The service or the line to it was unsteady: run the same command again."

    def __init__(self, message: str = "", *, ended: bool = False, heard: bool = False) -> None:
        super().__init__(message, ended=ended)
        self.heard = heard


class Untraceable(AnalyzerError):
    """Nobody can know any more whether this was bought."""

    remedy = "Compare `possibly_paid_twice` with the provider's own list of what you bought."


class Refused(AnalyzerError):
    """The provider will not look at this picture."""

    remedy = "The provider declined these pictures; try another --model or --analyzer for them."


class OutOfTime(AnalyzerError):
    """The attempts at this picture took longer than its deadline."""

    remedy = "Raise --deadline, or choose a faster --model, then run again."


class AccessDenied(AnalyzerError):
    """No picture would fare better: a bad token, no credit, an unknown model."""

    remedy = "Mend the token, the credit or the model that the message names, then run again."


class BadReply(ManyeyesError):
    """The model answered, but not in our schema."""

    remedy = "The model did not keep to the schema; try another --model, then --retry-failed."


class StoreError(ManyeyesError):
    """What was paid for could not be kept."""

    remedy = "Free some disk space, or choose another place with --store."

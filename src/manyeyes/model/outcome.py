"""How a picture ended."""

from __future__ import annotations

from dataclasses import dataclass, field

from manyeyes.model.ask import Usage
from manyeyes.model.descriptor import StyleDescriptor
from manyeyes.model.image import ImageRef


@dataclass(frozen=True, slots=True)
class Answer:
    """A descriptor that was paid for, kept by key for every picture with the same bytes."""

    descriptor: StyleDescriptor
    #: The model's own words.
    raw: str
    usage: Usage = Usage()
    #: Names it in the store, once it is kept.
    id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The provider's final no (refused, or never in our schema): asking again would cost again."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Analyzed:
    """A picture with its descriptor, bought in this run or reused from before."""

    image: ImageRef
    #: Identifies the picture in its portfolio.
    id: str
    #: Where it stands in the listing, from 0.
    position: int
    sha256: str
    descriptor: StyleDescriptor
    #: Billable tries; 0 where the answer was reused.
    attempts: int = 0
    #: Seconds that the attempts took.
    seconds: float = 0.0
    usage: Usage = Usage()
    #: Creates that nobody could find again, so that they may have to be paid beside the answer.
    possibly_paid_twice: int = 0
    reused: bool = False
    #: Bytes of the picture that went over the line, all tries together.
    sent_bytes: int = 0
    #: The answer that the descriptor is from (`Answer.id`).
    answer: str = ""

    @property
    def name(self) -> str:
        """The picture's name, as shown."""
        return self.image.name


@dataclass(frozen=True, slots=True)
class Failed:
    """A picture without a descriptor, and why."""

    image: ImageRef
    id: str
    position: int
    #: Empty where the bytes could not be read.
    sha256: str
    #: `ManyeyesError.kind` of the cause.
    kind: str
    message: str
    attempts: int = 0
    seconds: float = 0.0
    usage: Usage = Usage()
    possibly_paid_twice: int = 0
    #: Taken over from the same bytes, or from an earlier run, without a call of its own.
    reused: bool = False
    sent_bytes: int = 0

    @property
    def name(self) -> str:
        """The picture's name, as shown."""
        return self.image.name


Outcome = Analyzed | Failed

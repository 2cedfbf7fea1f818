"""What the API takes and gives of a portfolio as a whole: links to it, its style, what failed in it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from manyeyes.web.api.shapes import ONLY_NUMBERS, Asked, Shape, example


class CauseShape(Shape):
    """Why pictures failed."""

    kind: str
    message: str
    count: int
    examples: list[str]
    remedy: str


class FailuresShape(Shape):
    """What failed, by cause, the most frequent first."""

    causes: list[CauseShape]


class ShareAsked(Asked):
    """A link to be made."""

    days: Annotated[float, Field(gt=0, le=3650), ONLY_NUMBERS] | None = Field(
        default=None, description="Days for which it holds; until it is withdrawn where null."
    )
    model_config = example(days=14)


class ShareShape(Shape):
    """A read-only link to a portfolio."""

    id: str
    created: str
    expires: str | None
    withdrawn: str | None


class ShareMade(ShareShape):
    """A new link. Its address is told this once."""

    token: str
    path: str = Field(description="Of the page, below the server's address.")


class SharesShape(Shape):
    """The links to a portfolio."""

    shares: list[ShareShape]


class SharedShape(Shape):
    """A portfolio, as whoever has a link to it sees it."""

    name: str
    pictures: int
    analyzed: int
    failed: int
    waiting: int


class WordsAsked(Asked):
    """Who is to put a portfolio into words. What is not said is as the server is set."""

    analyzer: Annotated[str, StringConstraints(pattern="^[a-z]{1,40}$")] | None = None
    model: Annotated[str, StringConstraints(pattern=r"^[ -~]{1,200}$")] | None = None
    model_config = example(analyzer="openai")


class WordsShape(Shape):
    """What a model wrote about a portfolio."""

    text: str = Field(description="Plain prose: no markup, one paragraph.")
    by: str = Field(description="The analyzer.")
    model: str
    at: str
    stale: bool = Field(description="The portfolio has changed since.")


class WordsStanding(Shape):
    """What a model wrote about a portfolio, and how the newest order of words stands."""

    state: Literal["none", "writing", "written", "failed", "broken-off"] = Field(
        description="`broken-off`: ordering again first looks for what may have been bought."
    )
    analyzer: str | None
    model: str | None
    message: str | None = Field(description="Why there are no words.")
    possibly_paid_twice: int = Field(description="Calls that nobody could find again.")
    words: WordsShape | None
    model_config = example(
        state="written",
        analyzer="openai",
        model="gpt-4.1-mini",
        message=None,
        possiblyPaidTwice=0,
        words={
            "text": "Calm navy dresses and relaxed linen shirts, lit softly from the front.",
            "by": "openai",
            "model": "gpt-4.1-mini",
            "at": "2026-11-23T10:00:00.000Z",
            "stale": False,
        },
    )


class ProfileShape(Shape):
    """The portfolio as a whole."""

    profile: dict[str, Any] = Field(description="As `manyeyes profile --json` prints it.")

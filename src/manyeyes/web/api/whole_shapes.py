"""What the API takes and gives of a portfolio as a whole: links to it, its style, what failed in it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

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


class ProfileShape(Shape):
    """The portfolio as a whole."""

    profile: dict[str, Any] = Field(description="As `manyeyes profile --json` prints it.")

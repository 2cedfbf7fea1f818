"""What the API takes and gives: the shapes of portfolios and pictures, each with an example."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, StringConstraints
from pydantic.alias_generators import to_camel

#: The ids of things: unguessable, lower case.
ID = r"^[a-z0-9]{8,40}$"
#: What can be seen, in any script: no white space, and no halves of characters.
_SEEN = "[!-~¡-ᙿᚁ-῿Ⰰ-⿟、-퟿豈-ﷻﹰ-ﻼ\U0001f300-\U0001faff]"
#: A name with something in it that can be seen.
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=rf"^[^\x00-\x1f\x7f]*{_SEEN}[^\x00-\x1f\x7f]*$"),
]

A_PORTFOLIO = "m6kzq2x7v4t5w3y8r9p0n1a2b3"
A_PICTURE = "c4d5e6f7g8h9j0k1m2n3p4q5"
A_RUN = "k2m4n6p8q0r1s3t5v7w9x1y3z5"


def _as_number(value: object) -> object:
    """Only what JSON calls a number: neither true nor "3"."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        # A TypeError would end the request rather than name the field.
        raise ValueError("not a number")  # noqa: TRY004
    return value


#: After a number's bounds, so that they stay in its description.
ONLY_NUMBERS = BeforeValidator(_as_number)
Flag = Annotated[bool, Strict()]


class Shape(BaseModel):
    """What every shape has in common: JSON in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Asked(Shape):
    """What is sent to us; a field that we do not know is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid")


def example(**fields: Any) -> ConfigDict:
    """The example that `/openapi.json` shows of a shape."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


class PortfolioAsked(Asked):
    """A portfolio to be made, or renamed."""

    name: Name
    model_config = example(name="Spring 2027")


class RunBrief(Shape):
    """A run, as a list tells it."""

    id: str
    portfolio: str
    portfolio_name: str
    analyzer: str
    model: str
    state: Literal["running", "complete", "stopped", "interrupted", "broken off"]
    #: Why it stopped before its end.
    stopped: str | None
    started: str
    ended: str | None
    total: int | None
    analyzed: int
    failed: int
    reused: int


class PortfolioShape(Shape):
    """A portfolio, with what is in it."""

    id: str
    name: str
    created: str
    uploaded: bool = Field(
        description="Whether pictures can be added: false for files of the server's machine."
    )
    pictures: int
    analyzed: int
    failed: int
    waiting: int = Field(description="Uploaded and not analyzed yet.")
    bytes: int
    newest_run: RunBrief | None
    model_config = example(
        id=A_PORTFOLIO,
        name="Spring 2027",
        created="2026-11-23T10:00:00.000Z",
        uploaded=True,
        pictures=44,
        analyzed=42,
        failed=2,
        waiting=0,
        bytes=123_456_789,
        newestRun=None,
    )


class PortfolioPage(Shape):
    """Some of the portfolios, newest first."""

    portfolios: list[PortfolioShape]
    after: str | None = Field(description="Ask with this for the next page; null on the last.")


class RefusedShape(Shape):
    """What was not taken, and why."""

    name: str
    reason: str


class DuplicateShape(Shape):
    """What is there already."""

    name: str
    of: str = Field(description="The name under which the same bytes are there.")


class ReceiptShape(Shape):
    """What became of an upload."""

    added: list[str]
    duplicates: list[DuplicateShape]
    refused: list[RefusedShape]
    model_config = example(
        added=["look-01.jpg", "look-02.jpg"],
        duplicates=[{"name": "copy.jpg", "of": "look-01.jpg"}],
        refused=[
            {"name": "notes.txt", "reason": "text, no picture; upload JPEG, PNG, WebP or a ZIP of them"}
        ],
    )


class HashesAsked(Asked):
    """Pictures that somebody is about to send."""

    sha256: list[Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]] = Field(max_length=1000)
    model_config = example(sha256=["9f86d081" * 8])


class HeldShape(Shape):
    """Of these, what is there already."""

    held: dict[str, str] = Field(description="By hash, the name under which the same bytes are there.")
    model_config = example(held={"9f86d081" * 8: "look-01.jpg"})


class UrlsAsked(Asked):
    """Pictures to be fetched."""

    urls: list[Annotated[str, StringConstraints(pattern=r"^https?://", max_length=2000)]] = Field(
        min_length=1
    )
    model_config = example(urls=["https://example.com/look-01.jpg"])


class ErrorShape(Shape):
    """Why a picture has no descriptor."""

    kind: str
    message: str
    remedy: str


class CardShape(Shape):
    """A picture, as the gallery shows it."""

    id: str
    name: str
    status: Literal["waiting", "analyzed", "failed"]
    descriptor: dict[str, Any] | None = Field(description="With the corrections made by hand.")
    corrected: list[str] = Field(description="Fields that were corrected by hand.")
    error: ErrorShape | None
    confidence: float | None
    bytes: int
    sha256: str
    run: str | None
    changed: int = Field(description="A higher number changed later.")
    thumbnail: str
    model_config = example(
        id=A_PICTURE,
        name="look-01.jpg",
        status="analyzed",
        descriptor={"garment_type": "dress"},
        corrected=[],
        error=None,
        confidence=0.87,
        bytes=2_400_000,
        sha256="9f86d081" * 8,
        run=A_RUN,
        changed=17,
        thumbnail=f"/api/images/{A_PICTURE}/thumbnail?v=9f86d081",
    )


class CardPage(Shape):
    """Some of the pictures that pass the filters."""

    images: list[CardShape]
    cursor: str | None = Field(description="Ask with this for the next page; null on the last.")
    total: int = Field(description="Pictures of all pages together.")


class DuplicateGroups(Shape):
    """Pictures with the same bytes, together."""

    groups: list[list[CardShape]]


class FacetShape(Shape):
    """A value of a field, and how many pictures have it."""

    value: str
    count: int
    hex: str | None = Field(description="Of a colour: one of those that were called so.")


class FacetsShape(Shape):
    """Of every field its values, each field counted with the other fields' filters applied."""

    fields: dict[str, list[FacetShape]]
    model_config = example(fields={"garment_type": [{"value": "dress", "count": 12, "hex": None}]})


class LookShape(Shape):
    """How a picture ended in one run."""

    run: str
    started: str
    analyzer: str
    model: str
    status: Literal["analyzed", "failed"]
    descriptor: dict[str, Any] | None
    raw: str | None = Field(description="The model's own words.")
    error: ErrorShape | None
    reused: bool
    attempts: int
    seconds: float
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None = Field(description="US dollars, where the price of a call is known.")


class PictureShape(CardShape):
    """A picture with all that is known of it."""

    portfolio: str
    portfolio_name: str
    original: str
    looks: list[LookShape] = Field(description="Every run that it was part of, newest first.")


class AlikeShape(Shape):
    """A picture that looks like another."""

    image: CardShape
    distance: float = Field(description="0 for the same; the larger, the less alike.")


class AlikesShape(Shape):
    """The pictures of the same portfolio that look most like this one, nearest first."""

    images: list[AlikeShape]


class CorrectionAsked(Asked):
    """What a field is to say."""

    value: Any = Field(description="A word of the field's vocabulary, a list, true, false or null.")
    model_config = example(value="v-neck")

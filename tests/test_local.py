"""The local analyzer keeps the contract, says what it measured, and leaves the rest empty."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from analyzer_contract import ASK, AnalyzerContract, intent
from drawn_pictures import encoded, original
from manyeyes.analyzers.base import Analyzer
from manyeyes.analyzers.local import Local
from manyeyes.imaging.prepare import prepare
from manyeyes.lab.sample import draw_garment
from manyeyes.model.descriptor import StyleDescriptor, parse_descriptor
from manyeyes.model.image import PreparedImage

PHOTOS = Path(os.environ.get("MANYEYES_PHOTOS", Path(__file__).parents[2] / "shared" / "data" / "clothing"))


@cache
def drawn(number: int) -> PreparedImage:
    """Drawn garment `number`, as the analyzer wants its pictures."""
    data = encoded(draw_garment(number, seed=3)[0], "JPEG", quality=85)
    return prepare(original(data, f"{number}.jpg"), Local().traits.preparation)


async def said_of(image: PreparedImage) -> dict[str, Any]:
    async with Local(1) as local:
        answer: dict[str, Any] = json.loads((await local.start(image, ASK, intent(1))).text)
        return answer


class TestContract(AnalyzerContract):
    """The contract that every analyzer keeps."""

    def opened(self) -> AbstractAsyncContextManager[Analyzer]:
        return Local()

    def picture(self, number: int) -> PreparedImage:
        return drawn(number % 4 + 1)


def test_it_costs_nothing_and_keeps_a_core_busy() -> None:
    traits = Local().traits
    assert (traits.adapter, traits.base_url) == ("local", "")
    assert traits.cpu_bound
    assert not traits.paid
    assert traits.preparation.encoding == "rgb"


def test_every_field_of_the_descriptor_is_answered_or_null() -> None:
    answer = asyncio.run(said_of(drawn(1)))
    fields = {*StyleDescriptor.__dataclass_fields__} - {"unrecognized"}
    assert set(answer) == fields
    unmeasured = ("garment_type", "fabric", "neckline", "is_garment", "confidence", "is_two_piece", "pose")
    assert [answer[field] for field in unmeasured] == [None] * len(unmeasured)
    assert answer["style_labels"] == answer["embellishments"] == []


@pytest.mark.parametrize("number", range(1, 9))
def test_all_it_says_is_in_the_vocabulary(number: int) -> None:
    answer = asyncio.run(said_of(drawn(number)))
    descriptor = parse_descriptor(json.dumps(answer))
    assert descriptor.unrecognized == {}
    assert descriptor.pattern == answer["pattern"]
    said = [colour["name"] for colour in answer["color_palette"]]
    assert [colour.name for colour in descriptor.color_palette] == said
    assert sum(colour.share or 0 for colour in descriptor.color_palette) <= 1.001


def test_the_same_picture_gets_the_same_answer() -> None:
    assert asyncio.run(said_of(drawn(2))) == asyncio.run(said_of(drawn(2)))


def test_a_picture_of_one_pixel_gets_an_answer() -> None:
    data = encoded(draw_garment(1)[0].resize((1, 1)), "PNG")
    answer = asyncio.run(said_of(prepare(original(data), Local().traits.preparation)))
    assert len(answer["color_palette"]) == 1
    assert answer["pattern"] is None


@pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"no photographs at {PHOTOS}")
def test_real_photographs_get_a_palette_and_mostly_a_background() -> None:
    paths = sorted(PHOTOS.rglob("*.jpg"))[::100]

    async def main() -> list[StyleDescriptor]:
        async with Local() as local:
            ready = [prepare(original(p.read_bytes(), p.name), local.traits.preparation) for p in paths]
            replies = [await local.start(image, ASK, intent(n)) for n, image in enumerate(ready)]
            return [parse_descriptor(reply.text) for reply in replies]

    found = asyncio.run(main())
    assert all(descriptor.color_palette for descriptor in found)
    assert sum(descriptor.background is not None for descriptor in found) > len(found) / 3
    assert sum(descriptor.pattern is not None for descriptor in found) > len(found) / 4

"""The analyzer in the box: measures pixels on this machine, with no network and no account."""

from __future__ import annotations

import json

import numpy as np

from manyeyes.analyzers.access import Access
from manyeyes.analyzers.base import Traits
from manyeyes.imaging.measure import Measurements, measure
from manyeyes.imaging.threads import Decoders
from manyeyes.model.ask import Ask, Reply
from manyeyes.model.errors import Broken, SettingsError
from manyeyes.model.image import Preparation, PreparedImage
from manyeyes.model.ticket import Intent, Ticket

#: 384 pixels show stripes that are 2 % of a garment's width, and cost about what decoding the picture does.
_TRAITS = Traits(
    adapter="local",
    model="measured-1",
    base_url="",
    preparation=Preparation(longest_edge=384, encoding="rgb", version=2),
    paid=False,
    cpu_bound=True,
)

#: What pixels alone do not tell: the place of a trained model's answers.
_NOT_MEASURED: dict[str, object] = {
    "garment_type": None,
    "silhouette": None,
    "fit": None,
    "neckline": None,
    "sleeve_length": None,
    "fabric": None,
    "finish": None,
    "texture": None,
    "embellishments": [],
    "camera": {"angle": None, "height": None},
    "pose": None,
    "style_labels": [],
    "is_two_piece": None,
    "is_garment": None,
    "confidence": None,
}


class Local:
    """Measures colours, pattern, light, background and sharpness; says nothing of what it cannot measure.

    Fulfils `Analyzer`. Its threads, one a core, live from `async with` to its end.
    """

    def __init__(self, threads: int | None = None) -> None:
        """`threads`: pictures measured at once; None for one a core."""
        self._threads = Decoders(threads)

    @property
    def traits(self) -> Traits:
        """384 pixels a side at most, as raw pixels; free; bound by the cores."""
        return _TRAITS

    async def __aenter__(self) -> Local:
        await self._threads.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._threads.__aexit__(*error)

    async def start(self, image: PreparedImage, ask: Ask, intent: Intent) -> Reply:  # noqa: ARG002
        """The measurements; the question is not read."""
        return await self._threads.run(_reply, image)

    async def check(self, ticket: Ticket) -> Reply | Ticket:
        """Raises Broken: `start` gives out no tickets, so what this one stands for must be started again."""
        raise Broken(f"the local analyzer knows no ticket {ticket.id!r}: it answers at once")

    async def find(self, intent: Intent) -> None:
        """Nothing: what was not answered was not begun."""

    async def cancel(self, ticket: Ticket) -> None:
        """Nothing to do: a measurement costs nothing and takes milliseconds."""


def opened(model: str | None, access: Access) -> Local:  # noqa: ARG001 - no account
    """The analyzer. Raises SettingsError where a model is named: it has no others."""
    if model is not None:
        raise SettingsError("the local analyzer has no other models: leave --model out")
    return Local()


def _reply(image: PreparedImage) -> Reply:
    pixels = np.frombuffer(image.data, dtype=np.uint8).reshape(image.height, image.width, 3)
    return Reply(json.dumps(_descriptor(measure(pixels))))


def _descriptor(measured: Measurements) -> dict[str, object]:
    return _NOT_MEASURED | {
        "pattern": measured.pattern.kind,
        "is_patterned": measured.pattern.is_patterned,
        "color_palette": [
            {"name": colour.name, "hex": colour.hex, "share": colour.share} for colour in measured.palette
        ],
        "lighting": {
            "type": measured.light,
            "direction": measured.light_direction,
        },
        "background": measured.background,
        "sharpness": measured.sharpness,
        "reasoning": _reasoning(measured),
    }


def _reasoning(measured: Measurements) -> str:
    if measured.garment_share is None:
        where = "the middle of the picture, as no garment stood out from its surroundings"
    else:
        where = f"what stands out from its surroundings, {measured.garment_share:.0%} of the picture"
    return f"Measured from the pixels of {where}; the garment itself was not identified."

"""Pictures, purchases and results to keep in a store."""

from __future__ import annotations

from dataclasses import replace

from manyeyes.model.ask import Ask, Recipe, Usage
from manyeyes.model.descriptor import Lighting, PaletteColor, StyleDescriptor, StyleLabel
from manyeyes.model.image import ImageRef, Locator, Preparation
from manyeyes.model.outcome import Analyzed, Answer, Failed, NoAnswer
from manyeyes.model.ticket import Key
from manyeyes.store.values import Opening, Purchase, Result, RunRecord, Since

RECIPE = Recipe("scripted", "http://here", "eyes-1", Ask("What is it?", "style/1"), Preparation(768))
OTHER_RECIPE = replace(RECIPE, model="eyes-2")
SOURCES = ("/photos",)
OPENING = Opening(SOURCES, "photos", RECIPE)
#: All that was ever kept counts.
EVER = Since()

DESCRIPTOR = StyleDescriptor(
    garment_type="dress",
    color_palette=(PaletteColor("navy", "#1b2a41", 0.7), PaletteColor("white")),
    embellishments=("buttons", "lace"),
    lighting=Lighting("soft", None),
    style_labels=(StyleLabel("casual", 0.9),),
    is_garment=True,
    reasoning="Émaillé, 🧵 and a ‘quote’",
    unrecognized={"color_palette[2].hex": "blueish", "extra": [1, {"deep": None}]},
)
ANSWER = Answer(DESCRIPTOR, '{"garment_type": "dress"}', Usage(263, 214))
NO = NoAnswer("refused", "the provider will not look at it")


def picture(number: int, version: str = "1") -> ImageRef:
    return ImageRef(f"{number}.jpg", Locator(f"/photos/{number}.jpg"), version, 1000 + number)


def key(number: int, recipe: Recipe = RECIPE) -> Key:
    return Key(f"{number:064x}", recipe.digest)


def purchase(run: RunRecord, number: int, payer: str = "", **since: float) -> Purchase:
    return Purchase(run.id, key(number), 300.0, payer, Since(**since))


def analyzed(run: RunRecord, number: int, position: int | None = None, **more: object) -> Analyzed:
    image = picture(number)
    place = number if position is None else position
    outcome = Analyzed(image, run.portfolio.picture_id(image.locator), place, key(number).sha256, DESCRIPTOR)
    return replace(outcome, **more)  # type: ignore[arg-type]


def failed(run: RunRecord, number: int, kind: str = "broken", message: str = "it broke off") -> Failed:
    image = picture(number)
    id_ = run.portfolio.picture_id(image.locator)
    return Failed(image, id_, number, key(number).sha256, kind, message)


def bought(run: RunRecord, number: int, answer: Answer = ANSWER) -> Result:
    """A picture's own call has answered it."""
    named = replace(answer, id=f"{run.id}.{number}")
    outcome = analyzed(
        run,
        number,
        descriptor=answer.descriptor,
        answer=named.id,
        attempts=1,
        seconds=2.5,
        usage=answer.usage,
    )
    return Result(run, outcome, key(number), named)


def refused(run: RunRecord, number: int) -> Result:
    """A picture's own call brought a final no."""
    return Result(run, failed(run, number, NO.kind, NO.message), key(number), NO)

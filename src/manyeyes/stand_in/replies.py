"""What the model says: a plausible style descriptor of the picture it was sent, or one of its bad habits."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from manyeyes.stand_in.pictures import RGB, Sight

#: Characters a token stands for, on the whole.
CHARACTERS_PER_TOKEN = 4

#: Errors of the service itself, as its error-code page numbers them.
CODED_ERRORS = (
    "Prediction failed for an unknown reason. It might help to retry the request. (E1000)",
    "Director: out of memory while running the prediction (E1001)",
    "Prediction interrupted; timed out while starting, please retry (E6716)",
)
UNREADABLE = "Unable to process input image. Please check that it is a valid image file."

_COLOURS: dict[str, RGB] = {
    "black": (20, 20, 20), "charcoal": (60, 60, 65), "grey": (128, 128, 128), "silver": (190, 190, 195),
    "white": (248, 248, 248), "ivory": (240, 234, 214), "beige": (215, 195, 165), "camel": (190, 145, 95),
    "brown": (110, 70, 45), "burgundy": (110, 20, 40), "red": (205, 35, 40), "coral": (240, 120, 100),
    "pink": (240, 170, 190), "orange": (235, 130, 40), "yellow": (240, 215, 70), "olive": (110, 110, 50),
    "green": (50, 135, 70), "teal": (30, 125, 130), "light blue": (160, 195, 225), "blue": (50, 90, 190),
    "navy": (25, 35, 80), "purple": (110, 60, 140), "lavender": (190, 170, 220),
}  # fmt: skip
_GARMENTS = (
    "dress",
    "blazer",
    "pants",
    "skirt",
    "coat",
    "shirt",
    "t-shirt",
    "sweater",
    "hoodie",
    "jeans",
    "shoes",
)
_SILHOUETTES = ("a-line", "straight", "oversized", "fitted", "relaxed", "shift")
_FITS = ("tailored", "relaxed", "slim", "oversized", "regular", "loose")
_NECKLINES = ("crew", "v-neck", "boat", "scoop", "square", "turtleneck", None)
_SLEEVES = ("sleeveless", "short", "3/4", "long", None)
_FABRICS = ("linen", "silk", "cotton", "wool", "denim", "satin", "polyester", "jersey")
_LABELS = ("minimalist", "casual", "classic", "streetwear", "romantic", "sporty")


@dataclass(frozen=True, slots=True)
class Question:
    """What the model was asked, beside the pictures."""

    prompt: str
    system: str
    max_output_tokens: int
    #: JSON is asked for beside the prompt.
    json: bool = False

    @property
    def tokens(self) -> int:
        """About a token for every four characters."""
        return math.ceil((len(self.prompt) + len(self.system)) / CHARACTERS_PER_TOKEN)

    @property
    def wants_json(self) -> bool:
        """Whether the answer is to be JSON, by the prompt or beside it."""
        return self.json or "json" in f"{self.prompt}\n{self.system}".lower()


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes of one prediction."""

    #: Pieces of the text as they leave the model, cut anywhere; to be joined with nothing between.
    chunks: tuple[str, ...]
    input_tokens: int
    output_tokens: int
    #: Why it failed, where it did; then there are no chunks.
    error: str | None = None


def answer(question: Question, sights: Sequence[Sight | None], key: str, habit: str | None) -> Answer:
    """The model's answer, the same for the same arguments.

    `key` is `picture/repeat`: the picture decides what pixels do not tell, all of it how the text is cut.
    """
    random = Random(key)  # noqa: S311  # a plausible answer, not a secret
    seen = [sight for sight in sights if sight is not None]
    tokens = question.tokens + sum(sight.tokens for sight in seen)
    if len(seen) < len(sights):
        return Answer((), tokens, 0, UNREADABLE)
    if habit == "failed":
        return Answer((), tokens, 0, random.choice(CODED_ERRORS))
    text = _text(question, seen, key, habit)
    longest = question.max_output_tokens * CHARACTERS_PER_TOKEN
    if habit == "truncated":
        text = _rambling(text, longest)
    text = text[:longest]
    return Answer(_cut(text, random), tokens, math.ceil(len(text) / CHARACTERS_PER_TOKEN))


def _text(question: Question, seen: Sequence[Sight], key: str, habit: str | None) -> str:
    if habit == "empty":
        return ""
    if habit == "refusal":
        return "I'm sorry, but I can't help with identifying or describing the content of this image."
    if not question.wants_json:
        return _prose(seen)
    described = _described(question, seen, key)
    if habit == "invalid":
        described |= _nonsense()
    text = json.dumps(described, indent=2, ensure_ascii=False)
    if habit == "fences":
        return f"```json\n{text}\n```"
    if habit == "prose":
        return f"Here is the style analysis:\n\n{text}\n\nLet me know if you need {{anything}} else!"
    return text


def _described(question: Question, seen: Sequence[Sight], key: str) -> dict[str, object]:
    if '{"summary"' in question.prompt:
        # Asked for words about many pictures at once.
        return {"summary": _prose(seen)}
    if not seen:
        return {"garment_type": None, "is_garment": False}
    return _descriptor(seen[0], key.rpartition("/")[0])


def _descriptor(sight: Sight, picture: str) -> dict[str, object]:
    """In the style descriptor's words; colours and pattern from the pixels, the rest from its hash."""
    random = Random(picture)  # noqa: S311  # a plausible answer, not a secret
    plain = sight.contrast < 30
    return {
        "garment_type": random.choice(_GARMENTS),
        "is_garment": True,
        "is_two_piece": False,
        "silhouette": random.choice(_SILHOUETTES),
        "fit": random.choice(_FITS),
        "neckline": random.choice(_NECKLINES),
        "sleeve_length": random.choice(_SLEEVES),
        "fabric": random.choice(_FABRICS),
        "finish": "matte",
        "texture": "smooth" if plain else "textured",
        "pattern": "solid" if plain else random.choice(("stripe", "floral", "plaid", "geometric")),
        "color_palette": [{"name": nearest(sight.subject), "hex": _hex(sight.subject), "share": 1.0}],
        "embellishments": [],
        "lighting": {"type": "soft", "direction": "front"},
        "camera": {"angle": "front", "height": "eye level"},
        "background": f"{nearest(sight.background)} background",
        "pose": "laid flat, no person",
        "style_labels": [{"name": random.choice(_LABELS), "score": round(random.uniform(0.5, 1), 2)}],
        "confidence": round(random.uniform(0.6, 0.98), 2),
        "reasoning": "One garment fills the frame.",
    }


def _nonsense() -> dict[str, object]:
    """A word outside every vocabulary, two wrong types, and a field nobody asked for."""
    return {
        "garment_type": "spacesuit",
        "confidence": "very",
        "color_palette": "blue-ish",
        "mood": "brooding",
    }


def _prose(seen: Sequence[Sight]) -> str:
    if not seen:
        return "There is no image to look at, so here is a short answer in plain words instead."
    names = ", then ".join(f"a {nearest(each.subject)} garment" for each in seen)
    return (
        f"This image shows {names}, set against a {nearest(seen[0].background)} background. "
        "The light is soft and even, the garment is centred, and its outline is easy to make out."
    )


def _rambling(text: str, longest: int) -> str:
    """The first half of `text`, then a phrase repeated to beyond `longest` characters."""
    head = text[: len(text) // 2]
    again = ' The fold of the cloth catches the light, and "the light" repeats the fold.'
    return head + again * (1 + longest // len(again))


def _cut(text: str, random: Random) -> tuple[str, ...]:
    """Pieces of about 46 tokens, split mid-word as the service's are."""
    pieces = []
    while text:
        size = random.randint(150, 220)
        pieces.append(text[:size])
        text = text[size:]
    return tuple(pieces)


def nearest(colour: RGB) -> str:
    """The name whose colour is nearest in RGB."""
    return min(_COLOURS, key=lambda name: math.dist(_COLOURS[name], colour))


def _hex(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)

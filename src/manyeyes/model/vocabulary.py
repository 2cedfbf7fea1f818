"""The controlled words of a style descriptor, and how other spellings of them are recognised."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from manyeyes.model.synonyms import ENDINGS, SYNONYMS

#: Field to the words it may hold. A dot names a part: `lighting.type`.
WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "garment_type": (
            "dress", "blazer", "pants", "skirt", "coat", "jacket", "outerwear", "top", "blouse", "shirt",
            "t-shirt", "long-sleeve", "polo", "undershirt", "bodysuit", "sweater", "hoodie", "cardigan",
            "shorts", "jeans", "chinos", "suit", "jumpsuit", "romper", "two-piece", "co-ord",
            "matching set", "shoes", "hat",
        ),
        "silhouette": (
            "a-line", "straight", "oversized", "fitted", "relaxed", "bodycon", "empire", "shift", "wrap",
            "peplum", "balloon", "pencil",
        ),
        "fit": ("tailored", "relaxed", "slim", "oversized", "regular", "loose", "tight", "custom"),
        "neckline": (
            "crew", "v-neck", "halter", "boat", "scoop", "square", "sweetheart", "off-shoulder",
            "turtleneck", "cowl", "one-shoulder",
        ),
        "sleeve_length": ("sleeveless", "short", "3/4", "long", "cap", "bell", "bishop"),
        "fabric": (
            "linen", "silk", "cotton", "wool", "denim", "satin", "chiffon", "velvet", "leather", "cashmere",
            "polyester", "rayon", "tweed", "jersey",
        ),
        "finish": ("matte", "glossy", "sheen", "metallic", "brushed", "distressed"),
        "texture": ("smooth", "ribbed", "quilted", "textured", "embossed", "pleated", "ruched"),
        "pattern": (
            "solid", "stripe", "floral", "polka dot", "plaid", "checkered", "animal print", "geometric",
            "abstract", "paisley",
        ),
        "lighting.type": ("soft", "hard", "natural"),
        "lighting.direction": ("front", "side", "back", "45deg"),
        "camera.angle": ("front", "3/4 front", "side", "back"),
        "camera.height": ("eye level", "high", "low"),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words each field may hold, and what else is understood as one of them."""

    words: Mapping[str, tuple[str, ...]]
    #: Field → word → other ways to say the same thing.
    synonyms: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    #: Field → words that may follow without changing the meaning: "crew *neck*", "long *sleeves*".
    endings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _known: dict[str, dict[str, str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = {name: self._spellings(name) for name in self.words}
        object.__setattr__(self, "_known", known)

    def recognise(self, field_name: str, text: str) -> str | None:
        """The word of `field_name` that `text` means; None where it means none of them.

        Case, hyphens, spaces, plurals and the field's endings do not matter.
        """
        known = self._known[field_name]
        for form in _forms(text, self.endings.get(field_name, ())):
            if word := known.get(form):
                return word
        return None

    def _spellings(self, name: str) -> dict[str, str]:
        known: dict[str, str] = {}
        others = self.synonyms.get(name, {})
        # The words themselves come last, so that no synonym can take one away.
        for word in self.words[name]:
            known |= dict.fromkeys((_singular(_squeezed(other)) for other in others.get(word, ())), word)
        for word in self.words[name]:
            known |= dict.fromkeys(_forms(word, self.endings.get(name, ())), word)
        return known | {_squeezed(word): word for word in self.words[name]}


def _forms(text: str, endings: tuple[str, ...]) -> list[str]:
    """`text` from its plainest spelling to the one with the field's endings taken off."""
    whole = _squeezed(text)
    forms = [whole, _singular(whole)]
    for ending in endings:
        if (root := forms[1].removesuffix(ending)) and root != forms[1]:
            forms += [root, _singular(root)]
    return forms


def _squeezed(text: str) -> str:
    """Letters and digits alone, in lower case: "V-Neck", "v neck" and "vneck" are one."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def _singular(squeezed: str) -> str:
    if squeezed.endswith(("sses", "shes", "ches", "xes")):
        return squeezed[:-2]
    return squeezed[:-1] if squeezed.endswith("s") and not squeezed.endswith("ss") else squeezed


#: The vocabulary of the default descriptor.
VOCABULARY = Vocabulary(WORDS, SYNONYMS, ENDINGS)

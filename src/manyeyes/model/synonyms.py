"""Other words for the same thing, drawn up by hand.

A word stands here when it says the same ("tartan" is plaid) or names a kind that leaves no doubt (a
sundress is a dress). A neighbour does not: leggings are no pants, faux leather is no leather, a sheath
dress has no straight silhouette for certain. What is missing here becomes null and is kept as it was
said, so a gap costs little and a wrong entry costs the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SYNONYMS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "garment_type": {
            "dress": (
                "gown", "evening gown", "ball gown", "sundress", "maxi dress", "midi dress", "mini dress",
                "wrap dress", "slip dress", "shirt dress", "cocktail dress", "evening dress", "summer dress",
                "wedding dress", "sweater dress", "a-line dress", "bodycon dress",
            ),
            "blazer": ("blazer jacket", "suit blazer"),
            "pants": (
                "pant", "trousers", "slacks", "dress pants", "cargo pants", "wide-leg pants",
                "wide-leg trousers", "palazzo pants",
            ),
            "skirt": (
                "maxi skirt", "midi skirt", "mini skirt", "pencil skirt", "pleated skirt", "a-line skirt",
            ),
            "coat": ("overcoat", "trench coat", "pea coat", "wool coat", "winter coat"),
            "jacket": ("denim jacket", "leather jacket", "bomber jacket", "puffer jacket", "biker jacket"),
            "outerwear": ("outer wear", "outer garment"),
            "top": ("tank top", "crop top", "cropped top", "camisole", "halter top", "tube top"),
            "shirt": (
                "button-down shirt", "button-up shirt", "button-down", "button-up", "dress shirt",
                "oxford shirt", "collared shirt",
            ),
            "t-shirt": ("tee", "tee shirt", "graphic tee", "graphic t-shirt"),
            "long-sleeve": (
                "long-sleeve shirt", "long-sleeve top", "long-sleeve tee", "long-sleeve t-shirt",
                "long-sleeved shirt", "long-sleeved top", "long-sleeved t-shirt", "long-sleeved tee",
            ),
            "polo": ("polo shirt", "polo t-shirt"),
            "sweater": ("knit sweater", "pullover sweater", "knitted sweater"),
            "hoodie": ("hoody", "hooded sweatshirt", "zip-up hoodie"),
            "cardigan": ("cardigan sweater", "knit cardigan"),
            "shorts": ("denim shorts", "bermuda shorts", "short pants"),
            "jeans": ("jean", "denim jeans", "blue jeans", "skinny jeans", "denim pants"),
            "chinos": ("chino pants", "chino trousers"),
            "suit": ("pantsuit", "trouser suit", "business suit", "two-piece suit", "three-piece suit"),
            "romper": ("playsuit",),
            "two-piece": ("2-piece", "two-piece set", "2-piece set", "two-piece outfit"),
            "co-ord": ("co-ord set", "co-ordinates", "co-ordinated set", "co-ordinating set"),
            "matching set": ("matched set", "matching two-piece", "matching top and bottom"),
            "shoes": ("footwear", "sneakers", "high heels", "loafers", "pumps"),
            "hat": ("baseball cap", "bucket hat", "sun hat", "beanie", "fedora"),
        },
        "silhouette": {
            "straight": ("straight cut", "straight leg", "straight line"),
            "fitted": ("form-fitting", "form-fitted", "close-fitting", "figure-fitting"),
            "bodycon": ("body-conscious", "body-hugging"),
            "empire": ("empire waist", "empire line"),
            "wrap": ("wrapped", "wraparound"),
            "shift": ("shift dress",),
            "pencil": ("pencil skirt",),
            "relaxed": ("relaxed-fitting",),
        },
        "fit": {
            "regular": ("standard", "normal", "classic fit"),
            "tight": ("skin-tight", "tight-fitting"),
            "custom": ("bespoke", "made-to-measure", "custom-made"),
            "loose": ("loose-fitting",),
            "slim": ("slim-fitting",),
            "oversized": ("oversize",),
        },
        "neckline": {
            "crew": ("round", "round neck", "rounded"),
            "v-neck": ("v", "vee", "v-shape", "v-shaped", "deep v", "plunging v"),
            "halter": ("halterneck",),
            "boat": ("bateau",),
            "scoop": ("scooped", "u", "u-neck", "u-shaped"),
            "square": ("squared",),
            "off-shoulder": ("off the shoulder", "off-the-shoulders", "bardot"),
            "turtleneck": ("polo neck", "roll neck", "rolled neck"),
            "one-shoulder": ("one-shouldered", "single-shoulder"),
        },
        "sleeve_length": {
            "sleeveless": ("no sleeve", "without sleeves"),
            "short": ("short-sleeved",),
            "3/4": ("three-quarter", "three-quarters", "three-quarter length"),
            "long": ("full", "full-length", "long-sleeved", "wrist-length"),
            "cap": ("capped",),
            "bell": ("bell-shaped",),
        },
        "fabric": {
            "cotton": ("100% cotton", "pure cotton"),
            "wool": ("woolen", "woollen", "merino", "merino wool", "100% wool"),
            "rayon": ("viscose",),
            "jersey": ("jersey knit",),
            "silk": ("pure silk", "100% silk"),
            "linen": ("pure linen", "100% linen"),
            "leather": ("genuine leather", "real leather"),
        },
        "finish": {
            "matte": ("mat", "matt"),
            "glossy": ("gloss", "shiny"),
            "sheen": ("slight sheen", "subtle sheen", "soft sheen"),
            "metallic": ("metal",),
        },
        "texture": {
            "ribbed": ("rib", "rib knit", "ribbed knit"),
            "pleated": ("pleat",),
            "ruched": ("ruching",),
            "quilted": ("quilting",),
        },
        "pattern": {
            "solid": ("plain", "unpatterned", "no pattern", "single color", "single colour"),
            "stripe": ("striped", "pinstripe", "pinstriped", "horizontal stripe", "vertical stripe"),
            "floral": ("flower", "flowery", "flowered"),
            "polka dot": ("polka dotted", "dots", "dotted"),
            "plaid": ("tartan",),
            "checkered": ("check", "checked", "checker", "chequered", "checkerboard", "gingham"),
            "animal print": (
                "leopard", "zebra", "tiger", "cheetah", "snake", "snakeskin", "leopard print", "zebra print",
                "tiger print", "cheetah print", "snake print",
            ),
            "geometric": ("geometrical", "geometric shape"),
        },
        "lighting.type": {
            "soft": ("diffused", "diffuse", "softbox", "soft diffused", "soft, diffused"),
            "hard": ("harsh",),
            "natural": ("daylight", "natural daylight", "sunlight", "natural sunlight"),
        },
        "lighting.direction": {
            "front": ("frontal", "from the front", "from front"),
            "side": ("from the side", "lateral", "left", "right", "from the left", "from the right"),
            "back": ("behind", "from behind", "from the back", "rear"),
            "45deg": ("45", "45 degree", "45°", "45-degree angle"),
        },
        "camera.angle": {
            "front": ("frontal", "straight-on", "head-on"),
            "3/4 front": ("three-quarter", "three-quarter front", "3/4", "front 3/4", "front three-quarter"),
            "side": ("profile", "side profile"),
            "back": ("rear", "behind", "from behind"),
        },
        "camera.height": {
            "eye level": ("eye height",),
            "high": ("from above", "overhead", "top-down"),
            "low": ("from below",),
        },
    }
)  # fmt: skip

#: Words that may follow without changing the meaning: "crew *neck*", "long *sleeves*".
ENDINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "silhouette": ("silhouette", "shape", "shaped", "style", "cut"),
        "fit": ("fit", "fitted", "cut"),
        "neckline": ("neckline", "necked", "neck"),
        "sleeve_length": ("lengthsleeve", "sleeve", "sleeved", "length"),
        "fabric": ("fabric", "material"),
        "finish": ("finish",),
        "texture": ("texture", "fabric"),
        "pattern": ("pattern", "patterned", "print", "printed"),
        "lighting.type": ("lighting", "light"),
        "lighting.direction": ("lighting", "light", "lit"),
        "camera.angle": ("view", "angle", "shot", "facing"),
        "camera.height": ("angle", "shot", "level", "height", "view"),
    }
)

"""The photographs' labels, and folds that never divide one person's photographs."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: The data set's labels in the words of the style descriptor; their order is that of the model's outputs.
WORDS = {
    "Blazer": "blazer",
    "Blouse": "blouse",
    "Body": "bodysuit",
    "Dress": "dress",
    "Hat": "hat",
    "Hoodie": "hoodie",
    "Longsleeve": "long-sleeve",
    "Outwear": "outerwear",
    "Pants": "pants",
    "Polo": "polo",
    "Shirt": "shirt",
    "Shoes": "shoes",
    "Shorts": "shorts",
    "Skirt": "skirt",
    "T-Shirt": "t-shirt",
    "Top": "top",
    "Undershirt": "undershirt",
}
CLASSES = tuple(WORDS.values())
#: The ten most frequent, which have a goal of their own.
FREQUENT = (
    "t-shirt",
    "long-sleeve",
    "pants",
    "shoes",
    "shirt",
    "dress",
    "outerwear",
    "shorts",
    "hat",
    "skirt",
)
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Photograph:
    """One row of labels.csv."""

    #: Its file's name, without `.jpg`.
    image: str
    #: Who took it.
    sender: str
    #: A word of the style descriptor's vocabulary.
    garment_type: str


def read_labels(folder: Path) -> list[Photograph]:
    """The photographs of `folder`/labels.csv that have one of the seventeen labels, in the file's order.

    "Not sure", "Skip" and "Other" of the full data set are no garment types, and are left out.
    """
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] in WORDS]
    return [Photograph(row["image"], row["sender_id"], WORDS[row["label"]]) for row in rows]


def folds_by_sender(senders: Sequence[str], folds: int = FOLDS) -> list[int]:
    """The fold, from 0, of each photograph; all photographs of a sender share one.

    The sender with the most photographs is placed first, each into the fold that holds the fewest by then:
    the rule of scikit-learn's `GroupKFold`.
    """
    sizes = [0] * folds
    fold_of: dict[str, int] = {}
    for sender, count in sorted(Counter(senders).items(), key=lambda item: (-item[1], item[0])):
        lightest = sizes.index(min(sizes))
        fold_of[sender] = lightest
        sizes[lightest] += count
    return [fold_of[sender] for sender in senders]

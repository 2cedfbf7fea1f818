"""Chooses the 100 photographs whose colours are labelled by hand: by a seed, all classes, many senders.

Every class gives two; the rest are shared out in proportion to the photographs of a class. A sender gives one
at most, for as long as a class has senders who gave none. The few who took more than 100 are passed over, so
that most photographs can still be trained on without a sender in common. Writes `chosen.csv`: names alone.

    python training/labels/choose.py [--photos FOLDER] [--seed 5] [--count 100]
"""

from __future__ import annotations

import argparse
import csv
import os
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PHOTOS = Path(os.environ.get("MANYEYES_PHOTOS", "../shared/data/clothing"))
LEAST_PER_CLASS = 2
MOST_BY_SENDER = 100
#: Labels that say nothing of the garment.
NO_CLASS = {"Not sure", "Skip", "Other"}


@dataclass(frozen=True, slots=True)
class Photograph:
    """One row of the data's `labels.csv`."""

    image: str
    sender: str
    label: str


def photographs(photos: Path) -> list[Photograph]:
    """Those that show a garment of a class, in order of their names."""
    with (photos / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = [Photograph(row["image"], row["sender_id"], row["label"]) for row in csv.DictReader(file)]
    return sorted((row for row in rows if row.label not in NO_CLASS), key=lambda row: row.image)


def shares(sizes: Counter[str], count: int) -> dict[str, int]:
    """How many photographs each class gives, `count` in all: the largest remainders get what is left over."""
    rest = count - LEAST_PER_CLASS * len(sizes)
    exact = {label: rest * size / sizes.total() for label, size in sizes.items()}
    given = {label: LEAST_PER_CLASS + int(share) for label, share in exact.items()}
    by_remainder = sorted(exact, key=lambda label: (int(exact[label]) - exact[label], label))
    for label in by_remainder[: count - sum(given.values())]:
        given[label] += 1
    return given


def choose(rows: list[Photograph], count: int, seed: int) -> list[Photograph]:
    """`count` of the photographs; the classes with the fewest senders choose first."""
    draw = random.Random(seed)  # noqa: S311 (a draw to repeat, not a secret)
    by_sender = Counter(row.sender for row in rows)
    of_class: dict[str, dict[str, list[Photograph]]] = defaultdict(lambda: defaultdict(list))
    for row in (row for row in rows if by_sender[row.sender] <= MOST_BY_SENDER):
        of_class[row.label][row.sender].append(row)
    wanted = shares(Counter(row.label for row in rows), count)
    taken: Counter[str] = Counter()
    chosen: list[Photograph] = []
    for label in sorted(of_class, key=lambda label: (len(of_class[label]), label)):
        for _ in range(wanted[label]):
            # Every sender is as likely as another, however many pictures they took.
            senders = sorted(sender for sender, theirs in of_class[label].items() if theirs)
            fewest = min(taken[sender] for sender in senders)
            sender = draw.choice([sender for sender in senders if taken[sender] == fewest])
            theirs = of_class[label][sender]
            chosen.append(theirs.pop(draw.randrange(len(theirs))))
            taken[sender] += 1
    return sorted(chosen, key=lambda row: row.image)


def main() -> None:
    """Choose, write, and say how many senders and classes there are."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    chosen = choose(photographs(options.photos), options.count, options.seed)
    names = "".join(f"{row.image}\n" for row in chosen)
    (HERE / "chosen.csv").write_text(f"image\n{names}", "utf-8")
    print(f"{len(chosen)} photographs of {len({row.sender for row in chosen})} senders")
    print(dict(Counter(row.label for row in chosen).most_common()))


if __name__ == "__main__":
    main()

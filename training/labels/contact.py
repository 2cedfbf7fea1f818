"""Contact sheets for labelling patterns by eye, and the pen to write them down with.

The photographs come in an order set by a seed: those of people who took few first, so that many homes are
seen early. None is of a sender who gave one of the 100 that judge the method. Draw a sheet, then name what is
not solid on it, by the numbers in the tiles:

    python training/labels/contact.py 0 --draw /tmp/sheet.png
    python training/labels/contact.py 0 --label "3 stripe, 7 other, 12 polka dot"
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import Counter
from pathlib import Path

from choose import MOST_BY_SENDER, PHOTOS, Photograph, photographs
from PIL import Image, ImageDraw

HERE = Path(__file__).parent
PATTERNS = ("solid", "stripe", "checkered", "polka dot", "other", "unsure")
ACROSS, DOWN = 8, 4
WIDTH, HEIGHT = 168, 224


def in_order(photos: Path, seed: int = 5) -> list[Photograph]:
    """All photographs free to train on: of senders of few first, each part shuffled."""
    rows = photographs(photos)
    judged = set((HERE / "chosen.csv").read_text("utf-8").split()[1:])
    senders = {row.sender for row in rows if row.image in judged}
    free = [row for row in rows if row.sender not in senders]
    random.Random(seed).shuffle(free)  # noqa: S311 (an order to repeat, not a secret)
    count = Counter(row.sender for row in free)
    return sorted(free, key=lambda row: count[row.sender] > MOST_BY_SENDER)


def on_sheet(photos: Path, number: int) -> list[str]:
    """The photographs of one sheet, in the order of its tiles."""
    size = ACROSS * DOWN
    return [row.image for row in in_order(photos)[number * size : (number + 1) * size]]


def draw(photos: Path, images: list[str], to: Path) -> None:
    """Write a sheet of numbered tiles; what lies on its side is turned, so that it fills its tile."""
    sheet = Image.new("RGB", (ACROSS * WIDTH, DOWN * HEIGHT), "#808080")
    pen = ImageDraw.Draw(sheet)
    for number, image in enumerate(images):
        with Image.open(photos / "images" / f"{image}.jpg") as file:
            tile = file.convert("RGB")
        if tile.width > tile.height:
            tile = tile.transpose(Image.Transpose.ROTATE_90)
        tile.thumbnail((WIDTH - 2, HEIGHT - 2), Image.Resampling.LANCZOS)
        at = number % ACROSS * WIDTH, number // ACROSS * HEIGHT
        sheet.paste(tile, at)
        pen.rectangle((*at, at[0] + 18, at[1] + 13), fill="black")
        pen.text((at[0] + 2, at[1] + 1), str(number), fill="white")
    sheet.save(to)


def label(images: list[str], said: str) -> None:
    """Write a sheet's patterns down in `patterns.csv`: what was said by number, and solid for the others."""
    patterns = ["solid"] * len(images)
    for entry in filter(None, (entry.strip() for entry in said.split(","))):
        number, _, pattern = entry.partition(" ")
        if pattern not in PATTERNS:
            raise ValueError(f"{entry!r} names no pattern: say a number, a space, and one of {PATTERNS}.")
        patterns[int(number)] = pattern
    written = HERE / "patterns.csv"
    if written.exists():
        with written.open(encoding="utf-8", newline="") as file:
            known = {row["image"]: row["pattern"] for row in csv.DictReader(file)}
    else:
        known = {}
    known |= dict(zip(images, patterns, strict=True))
    lines = "".join(f"{image},{pattern}\n" for image, pattern in sorted(known.items()))
    written.write_text(f"image,pattern\n{lines}", "utf-8")


def main() -> None:
    """Draw a sheet, or write its labels down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sheet", type=int)
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--draw", type=Path, metavar="PNG")
    parser.add_argument("--label", metavar="TEXT")
    options = parser.parse_args()
    images = on_sheet(options.photos, options.sheet)
    if options.draw is not None:
        draw(options.photos, images, options.draw)
    if options.label is not None:
        label(images, options.label)


if __name__ == "__main__":
    main()

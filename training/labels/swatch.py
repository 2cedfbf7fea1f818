"""The labeller's eyedropper: photographs under a grid of coordinates, and the median colour of boxes.

Look at a few photographs; where the labels have boxes for them, they are drawn, with a swatch beside each:

    python training/labels/swatch.py --sheet /tmp/sheet.png IMAGE [IMAGE ...]

Work the colours out from the boxes, once boxes are written down:

    python training/labels/swatch.py --fill

Both take `--photos FOLDER` and `--labels FILE` (a second person's, say). Boxes are `x0 y0 x1 y1`, in pixels
of the photograph, the first inside and the last outside; several are parted by `;`.
"""

from __future__ import annotations

import argparse
import csv
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

HERE = Path(__file__).parent
PHOTOS = Path(os.environ.get("MANYEYES_PHOTOS", "../shared/data/clothing"))
COLUMNS = ("image", "boxes", "hex", "pattern", "second_boxes", "second_hex", "note")
#: Pixels of a photograph between two lines of the grid.
STEP = 50
MARGIN, STRIP, ACROSS = 24, 96, 3

Box = tuple[int, int, int, int]
Row = dict[str, str]


def boxes(text: str) -> list[Box]:
    """The boxes that `x0 y0 x1 y1; ...` names; ValueError where a box has no inside."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        x0, y0, x1, y1 = (int(number) for number in part.replace(",", " ").split())
        if not (0 <= x0 < x1 and 0 <= y0 < y1):
            raise ValueError(f"The box {part!r} has no inside: write it x0 y0 x1 y1, from top left.")
        found.append((x0, y0, x1, y1))
    return found


def median_hex(photograph: Image.Image, where: list[Box]) -> str:
    """The median of each sRGB channel over all pixels in the boxes, as `#rrggbb`."""
    for box in where:
        if box[2] > photograph.width or box[3] > photograph.height:
            raise ValueError(f"The box {box} leaves a photograph of {photograph.size}.")
    pixels = np.concatenate([np.asarray(photograph.crop(box)).reshape(-1, 3) for box in where])
    red, green, blue = np.round(np.median(pixels, axis=0)).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


def opened(photos: Path, image: str) -> Image.Image:
    """A photograph, upright, in RGB."""
    with Image.open(photos / "images" / f"{image}.jpg") as file:
        return ImageOps.exif_transpose(file).convert("RGB")


def read(labels: Path) -> list[Row]:
    """The rows of a file of labels; none where there is no file yet."""
    if not labels.exists():
        return []
    with labels.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fill(labels: Path, photos: Path) -> None:
    """Write the colour of the boxes into each row."""
    rows = read(labels)
    for row in rows:
        photograph = opened(photos, row["image"])
        for place, colour in (("boxes", "hex"), ("second_boxes", "second_hex")):
            where = boxes(row[place])
            row[colour] = median_hex(photograph, where) if where else ""
    with labels.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def under_grid(photograph: Image.Image, scale: float) -> Image.Image:
    """The photograph, enlarged, with a line every 50 of its pixels, numbered along the top and the left."""
    width, height = round(photograph.width * scale), round(photograph.height * scale)
    cell = Image.new("RGB", (width + MARGIN + STRIP, height + 2 * MARGIN), "#808080")
    cell.paste(photograph.resize((width, height), Image.Resampling.LANCZOS), (MARGIN, MARGIN))
    lines = Image.new("RGBA", cell.size)
    draw, text = ImageDraw.Draw(lines), ImageDraw.Draw(cell)
    for x in range(0, photograph.width + 1, STEP):
        at = MARGIN + x * scale
        draw.line([(at, MARGIN), (at, MARGIN + height)], fill=(255, 0, 255, 110))
        text.text((at, MARGIN - 11), str(x), fill="white", anchor="mt")
    for y in range(0, photograph.height + 1, STEP):
        at = MARGIN + y * scale
        draw.line([(MARGIN, at), (MARGIN + width, at)], fill=(255, 0, 255, 110))
        text.text((MARGIN - 2, at), str(y), fill="white", anchor="rm")
    cell.paste(lines, mask=lines)
    return cell


def labelled(photograph: Image.Image, row: Row, fit: int, title: str) -> Image.Image:
    """The photograph under its grid, its boxes drawn, and a swatch of each labelled colour beside it."""
    scale = min(fit / photograph.height, 0.8 * fit / photograph.width)
    cell = under_grid(photograph, scale)
    draw = ImageDraw.Draw(cell)
    draw.text((MARGIN, cell.height - 16), title, fill="white")
    top = MARGIN
    for place, outline in (("boxes", "lime"), ("second_boxes", "cyan")):
        where = boxes(row.get(place) or "")
        if not where:
            continue
        for box in where:
            draw.rectangle([MARGIN + edge * scale for edge in box], outline=outline, width=2)
        colour = median_hex(photograph, where)
        left = cell.width - STRIP + 4
        draw.rectangle((left, top, cell.width - 4, top + 150), fill=colour)
        draw.text((left, top + 156), f"{colour}\n{row.get('pattern', '')}", fill="white")
        top += 200
    return cell


def sheet(cells: list[Image.Image]) -> Image.Image:
    """The cells, three in a row."""
    wide, high = max(cell.width for cell in cells), max(cell.height for cell in cells)
    across = min(ACROSS, len(cells))
    whole = Image.new("RGB", (wide * across, high * -(-len(cells) // across)), "#808080")
    for index, cell in enumerate(cells):
        whole.paste(cell, (index % across * wide, index // across * high))
    return whole


def main() -> None:
    """Fill the colours in, or draw a sheet."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("images", nargs="*")
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--labels", type=Path, default=HERE / "colours.csv")
    parser.add_argument("--sheet", type=Path, help="the PNG to write")
    parser.add_argument(
        "--fit", type=int, help="height of a photograph on the sheet (1000 for one, 420 for several)"
    )
    parser.add_argument(
        "--fill", action="store_true", help="work out the colours of the labels from their boxes"
    )
    options = parser.parse_args()
    if options.fill:
        fill(options.labels, options.photos)
    if options.sheet:
        rows = {row["image"]: row for row in read(options.labels)}
        garment = {row["image"]: row["label"] for row in read(options.photos / "labels.csv")}
        fit = options.fit or (1000 if len(options.images) == 1 else 420)
        cells = [
            labelled(opened(options.photos, image), rows.get(image, {}), fit, f"{garment[image]} {image}")
            for image in options.images
        ]
        sheet(cells).save(options.sheet)


if __name__ == "__main__":
    main()

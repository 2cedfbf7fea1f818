"""How far the two passes over the 100 photographs agree: in the colour (CIEDE2000) and in the pattern.

Where a pass wrote two colours down, either is right, so the nearest two count; the colours written first are
compared by themselves as well. With `--apart 10`, names each photograph whose colours are further apart.

    python training/labels/agree.py [--first colours.csv] [--second colours-second.csv] [--apart 10]
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from manyeyes.imaging.cielab import ciede2000, lab_of

HERE = Path(__file__).parent
NEAR = 10.0

Row = dict[str, str]


def read(labels: Path) -> dict[str, Row]:
    """The rows of one pass, by the name of the photograph."""
    with labels.open(encoding="utf-8", newline="") as file:
        return {row["image"]: row for row in csv.DictReader(file)}


def apart(one: str, other: str) -> float:
    """CIEDE2000 between two colours, each written `#rrggbb`."""
    rgb = np.array([list(bytes.fromhex(colour[1:])) for colour in (one, other)], dtype=np.uint8)
    return float(ciede2000(*lab_of(rgb)))


def nearest(one: Row, other: Row) -> float:
    """CIEDE2000 between the nearest two of the colours that two passes wrote down."""
    return min(
        apart(mine, theirs)
        for mine in filter(None, (one["hex"], one["second_hex"]))
        for theirs in filter(None, (other["hex"], other["second_hex"]))
    )


def summary(distances: list[float]) -> str:
    """Median, 90th percentile, and the share that is within 10."""
    median, p90 = np.percentile(distances, [50, 90])
    near = np.mean(np.array(distances) <= NEAR)
    return f"median {median:.1f}, p90 {p90:.1f}, within {NEAR:.0f}: {near:.0%}"


def main() -> None:
    """Say how far the passes agree, and where they do not."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--first", type=Path, default=HERE / "colours.csv")
    parser.add_argument("--second", type=Path, default=HERE / "colours-second.csv")
    parser.add_argument("--apart", type=float, help="name the photographs whose colours are further apart")
    options = parser.parse_args()
    first, second = read(options.first), read(options.second)
    if first.keys() != second.keys():
        parser.error(f"{options.first} and {options.second} label different photographs: finish both passes.")
    distance = {image: nearest(first[image], second[image]) for image in first}
    print(f"{len(first)} photographs, nearest colours: {summary(list(distance.values()))}")
    print(f"colours written first: {summary([apart(first[i]['hex'], second[i]['hex']) for i in first])}")
    differ = [image for image in first if first[image]["pattern"] != second[image]["pattern"]]
    print(f"the same pattern: {1 - len(differ) / len(first):.0%}")
    for image in differ:
        print(f"  {image} {first[image]['pattern']} / {second[image]['pattern']}")
    if options.apart is not None:
        for image in sorted(distance, key=lambda image: -distance[image]):
            if distance[image] > options.apart:
                print(f"  {image} {first[image]['hex']} / {second[image]['hex']}: {distance[image]:.1f}")


if __name__ == "__main__":
    main()

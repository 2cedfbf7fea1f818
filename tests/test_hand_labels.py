"""The labels made by hand keep to their own rules, and judge nothing that was trained on."""

from __future__ import annotations

import csv
import os
import re
import runpy
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from source_files import ROOT

LABELS = ROOT / "training" / "labels"
PHOTOS = Path(os.environ.get("MANYEYES_PHOTOS", ROOT.parent / "shared" / "data" / "clothing"))
PATTERNS = {"solid", "stripe", "checkered", "polka dot", "other"}
PASSES = sorted(LABELS.glob("colours*.csv"))

with_photographs = pytest.mark.skipif(not PHOTOS.exists(), reason="set MANYEYES_PHOTOS to the photographs")
each_pass = pytest.mark.parametrize("labels", PASSES, ids=lambda path: path.stem)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def images(path: Path) -> list[str]:
    return [row["image"] for row in rows(path)]


@pytest.fixture(scope="module")
def eyedropper() -> dict[str, Any]:
    return runpy.run_path(str(LABELS / "swatch.py"))


def test_a_hundred_photographs_were_chosen() -> None:
    assert len(set(images(LABELS / "chosen.csv"))) == 100


@each_pass
def test_a_pass_labels_each_of_them_once(labels: Path) -> None:
    assert sorted(images(labels)) == images(LABELS / "chosen.csv")


@each_pass
def test_a_pass_says_a_colour_and_a_pattern_of_each(labels: Path) -> None:
    for row in rows(labels):
        assert row["pattern"] in PATTERNS, row
        assert re.fullmatch("#[0-9a-f]{6}", row["hex"]), row
        assert bool(row["second_boxes"]) == bool(row["second_hex"]), row


@each_pass
def test_boxes_are_as_large_as_the_rules_want_them(labels: Path, eyedropper: dict[str, Any]) -> None:
    for row in rows(labels):
        for place in ("boxes", "second_boxes"):
            sides = [(x1 - x0, y1 - y0) for x0, y0, x1, y1 in eyedropper["boxes"](row[place])]
            assert all(min(side) >= 8 for side in sides), row
            assert not sides or sum(wide * high for wide, high in sides) >= 300, row


@each_pass
@with_photographs
def test_a_colour_is_the_median_of_its_boxes(labels: Path, eyedropper: dict[str, Any]) -> None:
    for row in rows(labels):
        photograph = eyedropper["opened"](PHOTOS, row["image"])
        assert eyedropper["median_hex"](photograph, eyedropper["boxes"](row["boxes"])) == row["hex"], row


@with_photographs
def test_the_choice_can_be_made_again() -> None:
    chooser = runpy.run_path(str(LABELS / "choose.py"))
    again = chooser["choose"](chooser["photographs"](PHOTOS), 100, 5)
    assert [photograph.image for photograph in again] == images(LABELS / "chosen.csv")


@with_photographs
def test_nobody_who_took_a_chosen_photograph_took_one_to_train_on() -> None:
    sender = {row["image"]: row["sender_id"] for row in rows(PHOTOS / "labels.csv")}
    judged, trained = (
        {sender[image] for image in images(LABELS / name)} for name in ("chosen.csv", "patterns.csv")
    )
    assert not judged & trained


def test_the_patterns_are_counted_as_they_are() -> None:
    counted = Counter(row["pattern"] for row in rows(LABELS / "patterns.csv"))
    page = (LABELS / "README.md").read_text("utf-8")
    said = re.findall(r"^\| `([a-z ]+)` \| ([\d,]+) \|$", page, re.MULTILINE)
    assert {pattern: int(count.replace(",", "")) for pattern, count in said} == counted

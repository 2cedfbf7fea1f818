"""The folds of the cross-validation, and the words that labels become."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

sys.path.insert(0, str(Path(__file__).parent.parent / "training"))

from labelled import CLASSES, FREQUENT, Photograph, folds_by_sender, read_labels
from manyeyes.model.vocabulary import WORDS

SENDERS = some.lists(some.integers(0, 30).map(str), min_size=1, max_size=200)


@given(SENDERS)
def test_folds_never_share_a_sender(senders: list[str]) -> None:
    folds = defaultdict(set)
    for sender, fold in zip(senders, folds_by_sender(senders), strict=True):
        folds[sender].add(fold)
    assert all(len(found) == 1 for found in folds.values())


@given(SENDERS)
def test_no_fold_outweighs_another_by_more_than_one_sender(senders: list[str]) -> None:
    sizes = Counter(dict.fromkeys(range(5), 0))
    sizes.update(folds_by_sender(senders))
    assert max(sizes.values()) - min(sizes.values()) <= max(Counter(senders).values())


@given(SENDERS, some.randoms())
def test_a_sender_is_in_the_same_fold_whatever_the_order_of_the_rows(
    senders: list[str], chance: object
) -> None:
    other = sorted(senders)
    there = dict(zip(other, folds_by_sender(other), strict=True))
    assert folds_by_sender(senders) == [there[sender] for sender in senders]


def test_every_class_is_a_word_of_the_vocabulary() -> None:
    assert set(CLASSES) <= set(WORDS["garment_type"])
    assert len(CLASSES) == 17
    assert len(set(FREQUENT) & set(CLASSES)) == 10


@pytest.mark.parametrize(
    ("label", "word"),
    [
        ("T-Shirt", "t-shirt"),
        ("Longsleeve", "long-sleeve"),
        ("Outwear", "outerwear"),
        ("Body", "bodysuit"),
        ("Hoodie", "hoodie"),
    ],
)
def test_a_label_becomes_the_vocabularys_word(label: str, word: str, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(f"image,sender_id,label,kids\na,7,{label},False\n", "utf-8")
    assert read_labels(tmp_path) == [Photograph("a", "7", word)]


def test_what_is_no_garment_type_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(
        "image,sender_id,label,kids\na,7,Not sure,False\nb,7,Hat,True\n", "utf-8"
    )
    assert [one.image for one in read_labels(tmp_path)] == ["b"]

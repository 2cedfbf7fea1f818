from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from manyeyes.intake.order import natural_key

names = st.text(alphabet=st.sampled_from("aAbß_-. 0123789é\n\x01\udc80/"), max_size=12)


def in_order(*paths: str) -> bool:
    return sorted(paths, key=natural_key) == list(paths)


def test_numbers_are_ordered_by_their_value() -> None:
    assert in_order("img1.jpg", "img2.jpg", "img10.jpg", "img0011.jpg", "img100.jpg")


def test_capitals_do_not_matter() -> None:
    assert in_order("apple.jpg", "Banana.jpg", "cherry.JPG", "Date.jpg")


def test_a_folder_is_finished_before_the_next_begins() -> None:
    assert in_order("front/9.jpg", "front/10.jpg", "front 2/1.jpg", "front-2/1.jpg")


def test_names_that_differ_only_in_spelling_keep_one_order() -> None:
    assert in_order("A/z.jpg", "a/b.jpg")
    assert in_order("img007.jpg", "img07.jpg", "img7.jpg")


def test_more_digits_than_python_converts_are_still_a_number() -> None:
    assert in_order("a" + "9" * 4_999, "a1" + "0" * 4_999, "a2" + "0" * 4_999)


@given(st.lists(names, unique=True), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_before(paths: list[str], rng: random.Random) -> None:
    shuffled = paths.copy()
    rng.shuffle(shuffled)
    assert sorted(shuffled, key=natural_key) == sorted(paths, key=natural_key)
    assert len({natural_key(path) for path in paths}) == len(paths)


@given(names, names, st.integers(0, 10**30), st.integers(0, 10**30))
def test_equal_names_are_ordered_by_their_numbers(before: str, after: str, one: int, other: int) -> None:
    # A digit at the seam would make it another number.
    before, after = f"{before}n", f"n{after}"
    small, large = sorted((one, other))
    assert natural_key(f"{before}{small}{after}") <= natural_key(f"{before}{large}{after}")


folder_names = st.text(alphabet=st.sampled_from("aAb1 0-."), min_size=1, max_size=3)


@given(st.sets(folder_names, min_size=1, max_size=6), st.sets(folder_names, min_size=1, max_size=4))
def test_pictures_of_one_folder_stand_together(folders: set[str], files: set[str]) -> None:
    paths = sorted((f"{folder}/{file}" for folder in folders for file in files), key=natural_key)
    changes = sum(one.split("/")[0] != other.split("/")[0] for one, other in pairwise(paths))
    assert changes == len(folders) - 1

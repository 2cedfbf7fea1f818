"""The picture of a benchmark: well-formed, complete, and within its edges."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.lab.bench import SEQUENTIAL, Call, Measured, Way
from manyeyes.lab.plot import RIGHT, WIDTH, draw_plot, time_shown
from manyeyes.lab.report import knee_of, rows_of
from manyeyes.plots.svg import ticks

SVG = "{http://www.w3.org/2000/svg}"
AUTO = Way("continuous", "auto")


def trial(way: Way, slots: int, images: int = 44, *, refused: int = 0) -> Measured:
    """Each picture takes a second, in so many slots."""
    calls = [Call(float(n // slots), n // slots + 1.0, "answered") for n in range(images)]
    calls += [Call(0.0, 0.1, "refused")] * refused
    return Measured(way, images, 0, -(-images // slots) * 1.0, tuple(calls), refused)


USUAL = (
    trial(SEQUENTIAL, 1),
    trial(Way("batch", 5), 5),
    trial(Way("continuous", 5), 5),
    trial(Way("continuous", 22), 22),
    trial(AUTO, 30),
)


def drawn(measured: Sequence[Measured], headline: str = "44 pictures") -> ElementTree.Element:
    rows = rows_of(measured)
    return ElementTree.fromstring(draw_plot(headline, rows, knee_of(rows), measured))


def words(picture: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in picture.iter(f"{SVG}text")]


def test_it_says_what_it_shows_to_those_who_cannot_see_it() -> None:
    picture = drawn(USUAL)
    title, says = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
    assert title is not None
    assert says is not None
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == f"{title.get('id')} {says.get('id')}"
    assert "continuous 22: 2.00 s, 22 pictures a second, p95 1 s" in (says.text or "")


def test_every_way_has_its_mark_in_both_charts_and_its_lanes() -> None:
    picture = drawn(USUAL)
    marks = [each.text or "" for each in picture.iter(f"{SVG}title")]
    for each in USUAL:
        name = each.way.name
        assert len([mark for mark in marks if mark.startswith(f"{name}: ")]) == 2
        assert any(word.startswith(f"{name}: {each.seconds:.2f} s") for word in words(picture))
    assert "auto, up to 30" in words(picture)


def test_every_call_is_a_bar() -> None:
    picture = drawn(USUAL[1:])
    paths = [each.get("d", "") for each in picture.iter(f"{SVG}path")]
    assert sum(path.count("M") for path in paths) == 4 * 44


def test_refused_calls_are_bars_of_their_own_and_explained() -> None:
    picture = drawn([trial(SEQUENTIAL, 1), trial(Way("continuous", 5), 5, refused=3)])
    (refused,) = [each for each in picture.iter(f"{SVG}path") if each.get("class") == "refused"]
    assert refused.get("d", "").count("M") == 3
    assert any("red was refused (429)" in word for word in words(picture))
    assert not any("red" in word.split() for word in words(drawn(USUAL)))


def test_the_knee_is_marked_and_named() -> None:
    picture = drawn(USUAL)
    assert "knee: 22" in words(picture)
    assert "1.5 × unloaded" in words(picture)
    lines = [each for each in picture.iter(f"{SVG}line") if each.get("class") == "knee"]
    dots = [each for each in picture.iter(f"{SVG}circle") if (each[0].text or "").startswith("continuous 22")]
    assert len(lines) == len(dots) == 2
    assert {each.get("x1") for each in lines} == {each.get("cx") for each in dots}


def test_without_a_knee_it_is_drawn_all_the_same() -> None:
    picture = drawn([trial(SEQUENTIAL, 1)])
    assert not any(word.startswith("knee") for word in words(picture))
    assert any(word.startswith("sequential: 44.00 s") for word in words(picture))


def test_one_after_another_is_cut_off_where_it_would_squeeze_the_others() -> None:
    assert time_shown(USUAL) == 9.0
    assert any("goes on beyond the edge" in word for word in words(drawn(USUAL)))
    alike = [trial(SEQUENTIAL, 1), trial(Way("continuous", 2), 1)]
    assert time_shown(alike) == 44.0
    assert not any("goes on" in word for word in words(drawn(alike)))


def test_what_is_written_is_escaped() -> None:
    headline = '44 <pictures> & "more"'
    assert headline in words(drawn(USUAL, headline))


def test_it_is_readable_in_the_light_and_in_the_dark_and_on_a_phone() -> None:
    picture = drawn(USUAL)
    style = picture.findtext(f"{SVG}style") or ""
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    coloured = re.compile(r"\.([a-z-]+) \{[^}]*#")
    # What has a colour of its own by day has one by night, but what is grey in both.
    assert set(coloured.findall(light)) - set(coloured.findall(dark)) == {"band"}
    sizes = [int(size) for size in re.findall(r"(\d+)px", light)]
    # A phone is 360 pixels wide: there, no letter is smaller than 10.
    assert min(sizes) * 360 / WIDTH >= 10
    assert "max-width: 100%" in light
    assert picture.get("viewBox", "").startswith(f"0 0 {WIDTH:g} ")


ways = st.lists(st.integers(1, 120), min_size=1, max_size=8, unique=True)


@given(ways, st.integers(1, 200), st.integers(0, 5))
def test_nothing_is_drawn_beyond_the_edges(numbers: list[int], images: int, refused: int) -> None:
    measured = [trial(Way("continuous", each), each, images, refused=refused) for each in numbers]
    picture = drawn(measured)
    height = float(picture.get("viewBox", "").split()[-1])
    for each in picture.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= float(each.get(name, 0)) <= RIGHT
        for name in ("y", "y1", "y2", "cy"):
            assert 0 <= float(each.get(name, 0)) <= height
    for path in picture.iter(f"{SVG}path"):
        assert all(float(end) <= RIGHT + 1.6 for end in re.findall(r"H([\d.]+)", path.get("d", "")))


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (0, [0, 1]),
        (1, [0, 0.5, 1]),
        (37.9, [0, 10, 20, 30, 40]),
        (5, [0, 2, 4, 6]),
        (0.04, [0, 0.01, 0.02, 0.03, 0.04]),
    ],
)
def test_ticks_are_round(most: float, expected: list[float]) -> None:
    assert ticks(most) == pytest.approx(expected)


@given(st.floats(1e-6, 1e6), st.integers(2, 9))
def test_ticks_reach_as_far_as_needed_and_are_not_too_many(most: float, about: int) -> None:
    found = ticks(most, about)
    assert found[0] == 0
    assert found[-1] >= most * (1 - 1e-9)
    assert found[-2] < most
    assert len(found) <= about + 2

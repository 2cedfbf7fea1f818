"""Names of files that arrive lead nowhere, fit every disk, and are never the same twice."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.intake.naming import DEPTH, NAME_BYTES, PART_BYTES, Names, safe_name, shown_name
from manyeyes.intake.safety import is_hidden, why_unsafe

#: Whatever can stand in a name, and much of what should not.
odd = st.text(
    st.one_of(
        st.sampled_from("/\\.\0\n\t\r\x1b\x7f\x85\u2028 aC:"),
        st.characters(),
        st.characters(categories=["Cs", "Mn"]),
    ),
    max_size=60,
)
long = st.builds(lambda text, times: text * times, odd, st.sampled_from([1, 1, 40]))


@given(long)
def test_a_safe_name_lies_inside_its_folder_and_fits_every_disk(given_name: str) -> None:
    name = safe_name(given_name)
    parts = name.split("/")
    folder = Path("/data/portfolios/x")
    assert (folder / name).relative_to(folder).parts == tuple(parts)
    assert why_unsafe(name) is None
    assert not any(map(is_hidden, parts))
    assert all(part and part == part.strip() for part in parts)
    assert all(len(part.encode()) <= PART_BYTES for part in parts)
    assert len(name.encode()) <= NAME_BYTES
    assert len(parts) <= DEPTH
    assert not any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in name)


@given(long)
def test_a_safe_name_stays_as_it_is(given_name: str) -> None:
    name = safe_name(given_name)
    assert safe_name(name) == name


@given(
    st.lists(
        st.one_of(odd, st.sampled_from(["a.jpg", "A.JPG", "a (2).jpg", "a.jpg/b", "B/a.jpg"])), max_size=30
    )
)
def test_names_are_unique_whatever_their_capitals_and_no_file_is_a_folder(given_names: list[str]) -> None:
    names = Names()
    found = [names.unique(safe_name(name)) for name in given_names]
    keys = [unicodedata.normalize("NFC", name.casefold()) for name in found]
    assert len(set(keys)) == len(keys)
    above = {key.rsplit("/", depth)[0] for key in keys for depth in range(1, key.count("/") + 1)}
    assert not above & set(keys)
    assert all(safe_name(name) == name for name in found)
    assert all(len(part.encode()) <= 255 for name in found for part in name.split("/"))


@given(long)
def test_a_name_that_is_shown_can_be_sent_and_stands_on_one_line(given_name: str) -> None:
    shown = shown_name(given_name)
    assert len(shown) <= 200
    assert len(shown.encode().splitlines()) <= 1


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("looks/spring/a.jpg", "looks/spring/a.jpg"),
        ("./looks//a.jpg", "looks/a.jpg"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("..\\windows\\a.jpg", "windows/a.jpg"),
        (".htaccess", "htaccess"),
        ("__MACOSX/._a.jpg", "MACOSX/_a.jpg"),
        ("a\0b\n.jpg", "a b .jpg"),
        (" a.jpg ", "a.jpg"),
        ("<img src=x onerror=alert(1)>.jpg", "<img src=x onerror=alert(1)>.jpg"),
        ("\u202egpj.exe", "\u202egpj.exe"),
        ("\u0641\u0633\u062a\u0627\u0646.jpg", "\u0641\u0633\u062a\u0627\u0646.jpg"),
        ("\U0001f469\u200d\U0001f3a4.png", "\U0001f469\u200d\U0001f3a4.png"),
        ("cafe\u0301.jpg", "caf\u00e9.jpg"),
        ("bad\udcff.jpg", "bad\ufffd.jpg"),
        ("", "picture"),
        ("../..", "picture"),
        ("x" * 300 + ".jpeg", "x" * (PART_BYTES - 5) + ".jpeg"),
        ("\u00e9" * 200 + ".jpg", "\u00e9" * ((PART_BYTES - 4) // 2) + ".jpg"),
        ("x." + "y" * 300, "x." + "y" * (PART_BYTES - 2)),
        ("/".join("abcdefghijklmnop"), "/".join("efghijklmnop")),
        ("C:\\fakepath\\a.jpg", "C_/fakepath/a.jpg"),
        ("c:d.jpg", "c_d.jpg"),
    ],
)
def test_a_name_is_kept_as_near_as_can_be(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


def test_the_folders_of_a_name_that_is_too_long_go_first() -> None:
    name = "/".join(letter * 200 for letter in "abcde") + "/last.jpg"
    assert safe_name(name) == "/".join(letter * 200 for letter in "cde") + "/last.jpg"


def test_numbers_go_on_where_they_ended() -> None:
    names = Names(["a.jpg", "A (2).jpg", "b/c"])
    assert [names.unique("a.jpg") for _ in range(3)] == ["a (3).jpg", "a (4).jpg", "a (5).jpg"]
    assert names.unique("b") == "b (2)"
    assert names.unique("b/C") == "b/C (2)"
    assert names.unique("b/c/d") == "b/c (3)/d"

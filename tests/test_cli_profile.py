"""`manyeyes profile`, as its users meet it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from command_line import draw, manyeyes
from reading_place import HOSTILE, Place, fill, furnish, on_a_terminal


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A store with two runs; pictures with hostile names, and failed ones."""
    furnish(tmp_path, fill)
    return Place(tmp_path)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which twelve drawn pictures were analyzed."""
    folder = tmp_path_factory.mktemp("shop")
    draw(folder / "shop", 12)
    assert manyeyes("analyze", "shop", "--progress", "none", place=folder).code == 0
    return folder


def test_a_profile_is_plain_lines_where_no_terminal_is(shop: Path) -> None:
    done = manyeyes("profile", place=shop)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[2] == "12 pictures: 12 analyzed, 0 failed."
    assert "field\tvalue\tpictures\tshare" in done.out
    assert "\x1b" not in done.out


def test_a_profile_on_a_terminal_shows_colours_and_bars(place: Place) -> None:
    code, shown = on_a_terminal("profile", place=place.folder)
    assert code == 0
    assert "█" in shown
    assert "\x1b[48;2;" in shown


def test_a_portfolio_is_profiled_by_its_name_and_a_run_by_its_id(shop: Path) -> None:
    run = manyeyes("runs", "--json", place=shop).object[0]["run"]
    of_run = manyeyes("profile", run[:8], "--json", place=shop).object
    of_portfolio = manyeyes("profile", "shop", "--json", place=shop).object
    assert of_run["run"] == run
    assert of_portfolio["portfolio"] == of_run["portfolio"]
    assert of_portfolio["profile"] == of_run["profile"]
    assert of_run["profile"]["analyzed"] == 12


def test_a_page_has_the_pictures_in_it(shop: Path) -> None:
    done = manyeyes("profile", "--out", "shop.html", place=shop)
    assert (done.code, done.out, done.err) == (0, "", "Wrote 1 file to shop.html.\n")
    page = (shop / "shop.html").read_text("utf-8")
    assert page.count('<img src="data:image/jpeg;base64,') == page.count("<img ") >= 12


def test_a_folder_gets_the_page_the_figures_and_every_plot_twice(shop: Path) -> None:
    assert manyeyes("profile", "--out", "portrait", place=shop).code == 0
    names = sorted(path.name for path in (shop / "portrait").iterdir())
    drawn = [name for name in names if name.endswith(".svg")]
    assert {"palette.svg", "contact_sheet.svg", "missing.svg"} <= set(drawn)
    assert names == sorted([*drawn, *(f"{name[:-4]}.png" for name in drawn), "profile.html", "profile.json"])
    assert json.loads((shop / "portrait" / "profile.json").read_text("utf-8"))["analyzed"] == 12
    ElementTree.parse(shop / "portrait" / "palette.svg")
    with Image.open(shop / "portrait" / "palette.png") as picture:
        assert picture.width == 1280


def test_pictures_that_are_gone_or_others_by_now_are_not_shown(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 2)
    manyeyes("analyze", "shop", "--progress", "none", place=tmp_path)
    first, second = sorted((tmp_path / "shop").iterdir())
    first.unlink()
    Image.new("RGB", (30, 40), "red").save(second)
    assert manyeyes("profile", "--out", "shop.html", place=tmp_path).code == 0
    page = (tmp_path / "shop.html").read_text("utf-8")
    assert page.count("no picture") == 2
    assert "<img " not in page


def test_hostile_names_and_failures_do_no_harm(place: Place) -> None:
    done = place.manyeyes("profile", "--out", "out.html")
    assert done.code == 0
    assert "no picture" in (place.folder / "out.html").read_text("utf-8")
    shown = place.manyeyes("profile")
    assert HOSTILE not in shown.out
    assert "4 pictures: 2 analyzed, 2 failed." in shown.out


def test_a_run_in_which_all_failed_says_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(30))
    manyeyes("analyze", "shop", "--progress", "none", place=tmp_path)
    done = manyeyes("profile", place=tmp_path)
    assert done.code == 0
    assert done.out.splitlines()[2:] == ["1 picture: 0 analyzed, 1 failed.", "`manyeyes failures` says why."]
    assert manyeyes("profile", "--out", "all", place=tmp_path).err == "Wrote 2 files to all.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "x.pdf"], "--out 'x.pdf' must end in .html or .json, or name a folder"),
        (["nothing"], "'nothing' names no run or portfolio of this store"),
        (["--out", "no/such/place.html"], "cannot be written (no such file or directory)"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(place: Place, words: list[str], said: str) -> None:
    done = place.manyeyes("profile", *words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err

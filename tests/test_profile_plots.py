"""The plots of a style profile and its page: well-formed, escaped, each with its table, complete."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from io import BytesIO
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from manyeyes.model.descriptor import Camera, Lighting, PaletteColor, StyleDescriptor, StyleLabel
from manyeyes.plots.plot import WIDTH, Plot
from manyeyes.plots.png import png_of
from manyeyes.plots.svg import escaped, fitted
from manyeyes.plots.theme import COLOURS, page_style
from manyeyes.portrait.likeness import Pick
from manyeyes.portrait.page import POLICY, Heading, page_of
from manyeyes.portrait.plots import plots_of
from manyeyes.portrait.style import StyleProfile
from portfolio_answers import HOSTILE, answered, broken, profile

SVG = "{http://www.w3.org/2000/svg}"
#: One pixel.
PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def described(number: int, **more: object) -> StyleDescriptor:
    descriptor: dict[str, object] = {
        "garment_type": ("dress", "coat")[number % 2],
        "pattern": "solid",
        "fabric": "silk",
        "color_palette": (PaletteColor("navy", "#1d2440", 0.7), PaletteColor("white", "#f3f3f2", 0.3)),
        "embellishments": ("<b>lace</b>",),
        "lighting": Lighting("soft", "front"),
        "camera": Camera("front", "eye level"),
        "background": "brick wall",
        "style_labels": (StyleLabel("casual & loose", 0.5),),
        "confidence": 0.1 * (number % 10),
    }
    return StyleDescriptor(**(descriptor | more))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found() -> StyleProfile:
    kept = [answered(number, described(number)) for number in range(30)]
    odd = described(30, pattern="paisley", fabric="tweed", garment_type="hat", color_palette=())
    return profile(*kept, answered(30, odd, HOSTILE), broken(31))


@pytest.fixture(scope="module")
def plots(found: StyleProfile) -> dict[str, Plot]:
    return dict(plots_of(found, lambda _: PICTURE))


def test_there_is_a_plot_of_everything_that_is_known(plots: dict[str, Plot]) -> None:
    assert list(plots) == [
        "palette", "garment_type", "fabric", "pattern", "lighting_type", "lighting_direction",
        "camera_angle", "camera_height", "embellishments", "background", "style_labels",
        "garments_by_colour", "confidence", "missing", "outliers", "contact_sheet",
    ]  # fmt: skip


def test_a_file_is_well_formed_and_says_what_it_shows(plots: dict[str, Plot]) -> None:
    for plot in plots.values():
        drawn = ElementTree.fromstring(plot.svg_file())
        title, said = drawn.find(f"{SVG}title"), drawn.find(f"{SVG}desc")
        assert title is not None
        assert title.text == plot.title
        assert said is not None
        assert plot.note in (said.text or "")
        assert drawn.get("aria-labelledby") == f"{title.get('id')} {said.get('id')}"


def test_a_plot_in_a_page_needs_no_style_of_its_own(plots: dict[str, Plot]) -> None:
    for plot in plots.values():
        drawn = ElementTree.fromstring(plot.svg)
        assert drawn.get("class") == "plot"
        for element in drawn.iter():
            assert element.tag not in {"style", "script"}
            assert "style" not in element.attrib
            assert not any(name.startswith("on") for name in element.attrib)


def test_a_class_that_is_drawn_with_has_a_rule(plots: dict[str, Plot]) -> None:
    used = {name for plot in plots.values() for names in re.findall('class="([^"]+)"', plot.svg)
            for name in names.split()}  # fmt: skip
    assert used <= set(re.findall(r"\.(plot[\w-]*)", page_style()))


def test_no_id_stands_twice_in_a_page_of_all_plots(found: StyleProfile) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page_of(found, Heading("photos")))
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", page_of(found, Heading("photos")))) <= set(ids)


def test_nothing_is_drawn_outside_of_the_picture(plots: dict[str, Plot]) -> None:
    for plot in plots.values():
        for element in ElementTree.fromstring(plot.svg).iter("rect"):
            x, y, wide, tall = (float(element.get(name, "0")) for name in ("x", "y", "width", "height"))
            assert 0 <= x <= x + wide <= WIDTH
            assert 0 <= y <= y + tall <= plot.height


def test_the_palette_is_as_wide_as_the_shares(plots: dict[str, Plot]) -> None:
    drawn = ElementTree.fromstring(plots["palette"].svg)
    strip = {rect.get("fill"): float(rect.get("width", "0")) for rect in drawn.iter("rect")
             if rect.get("fill") and rect.get("height") == "60.0"}  # fmt: skip
    assert strip["#1d2440"] == pytest.approx(0.7 * (WIDTH - 24), abs=0.1)
    assert strip["#f3f3f2"] == pytest.approx(0.3 * (WIDTH - 24), abs=0.1)


def test_the_table_has_the_figures_of_the_plot(plots: dict[str, Plot]) -> None:
    assert plots["garment_type"].table.rows == (
        ("coat", "15", "48 %"), ("dress", "15", "48 %"), ("hat", "1", "3 %"),
    )  # fmt: skip
    assert plots["missing"].table.rows[0] == ("Finish", "31", "31", "100 %")
    assert plots["outliers"].table.rows[0][1] == "tweed, 1 of 31; hat, 1 of 31; paisley, 1 of 31"


def test_a_plot_becomes_pixels(plots: dict[str, Plot]) -> None:
    plain = Image.open(BytesIO(png_of(plots["pattern"].svg_file())))
    assert plain.format == "PNG"
    colours = plain.convert("RGB").getcolors(1 << 24)
    assert colours is not None
    present = {colour for _, colour in colours}
    assert {tuple(bytes.fromhex(COLOURS[name][0][1:])) for name in ("paper", "mark", "ink")} <= present


def test_without_thumbnails_pictures_are_shown_as_their_colours(found: StyleProfile) -> None:
    drawn = ElementTree.fromstring(plots_of(found)["contact_sheet"].svg)
    assert not [*drawn.iter("image")]
    assert "#1d2440" in {rect.get("fill") for rect in drawn.iter("rect")}


class _Reader(HTMLParser):
    """Notes the tags, addresses and words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: set[str] = set()
        self.attributes: set[str] = set()
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses |= {value or "" for name, value in attrs if name in {"src", "href", "srcset"}}

    def handle_data(self, data: str) -> None:
        self.said += data


def test_the_page_needs_nothing_else_and_runs_nothing(found: StyleProfile) -> None:
    page = page_of(found, Heading(HOSTILE, "Run <x>"), lambda _: PICTURE)
    reader = _Reader()
    reader.feed(page)
    assert reader.addresses == {PICTURE}
    assert not reader.tags & {"script", "link", "iframe", "b", "x", "object"}
    assert "style" not in reader.attributes
    assert f'content="{POLICY}"' in page
    assert "script-src" not in POLICY
    assert "default-src 'none'" in POLICY
    assert "<script>alert('1')</script>" in reader.said
    page.encode("utf-8")


def test_the_page_of_a_portfolio_without_answers_says_so() -> None:
    page = page_of(profile(broken(0)), Heading("photos"))
    assert "1 picture: 0 analyzed, 1 failed." in page
    assert "unreadable image: 1" in page
    assert "<svg" not in page


@given(st.text(), st.floats(0, 400))
def test_fitted_words_take_no_more_room_and_keep_their_ends(words: str, width: float) -> None:
    shown = fitted(words, width)
    assert shown == words or ("…" in shown and len(shown) <= max(2 + width / (12 * 0.56), 1))


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_is_well_formed_once_it_is_escaped(words: str) -> None:
    assert ElementTree.fromstring(f'<a b="{escaped(words)}">{escaped(words)}</a>').tag == "a"


@given(st.text(max_size=30), st.text(max_size=30))
def test_hostile_names_and_words_leave_plots_well_formed(name: str, word: str) -> None:
    kept = [answered(number, described(number)) for number in range(12)]
    odd = described(12, pattern="paisley", fabric="tweed", embellishments=(word,), background=word)
    for plot in plots_of(profile(*kept, answered(12, odd, name or "x"))).values():
        ElementTree.fromstring(plot.svg_file())
        ElementTree.fromstring(plot.table_html)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""

    def luminance(hex_: str) -> float:
        levels = [level / 255 for level in bytes.fromhex(hex_[1:])]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in levels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("name", "least"), [("ink", 4.5), ("quiet", 4.5), ("mark", 3.0), ("gap", 3.0)])
def test_what_is_drawn_stands_out_from_the_paper(name: str, least: float, dark: bool) -> None:
    assert contrast(COLOURS[name][dark], COLOURS["paper"][dark]) >= least


def test_a_pick_is_named_as_its_picture(found: StyleProfile) -> None:
    (outlier,) = [pick for pick in found.outliers if isinstance(pick, Pick)]
    assert outlier.name == HOSTILE

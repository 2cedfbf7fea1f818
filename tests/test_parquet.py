"""Results as Parquet: every field in a column of its own type, whatever the pictures are called."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from manyeyes.model.ask import Usage
from manyeyes.model.descriptor import Lighting, PaletteColor, StyleDescriptor, StyleLabel
from manyeyes.model.errors import SettingsError
from manyeyes.model.image import ImageRef, Locator
from manyeyes.model.outcome import Analyzed, Failed
from manyeyes.portrait.export import FORMATS, check_out, encoded, write_out
from manyeyes.store.reports import Kept

DRESS = StyleDescriptor(
    garment_type="dress",
    is_patterned=True,
    color_palette=(PaletteColor("red", "#ff0000", 0.7), PaletteColor("white", None, None)),
    embellishments=("lace",),
    lighting=Lighting("soft", None),
    style_labels=(StyleLabel("romantic", 0.8),),
    confidence=0.9,
    unrecognized={"mood": ["happy", 3]},
)


def kept(number: int) -> Kept:
    """A picture that was analyzed, or every third one that failed."""
    image = ImageRef(f"look {number} \udcff.jpg", Locator("x"), "1", 1)
    if number % 3 == 2:
        return Kept(Failed(image, f"id{number}", number, "", "refused", "it shows a face"))
    outcome = Analyzed(image, f"id{number}", number, "", DRESS, attempts=1, seconds=2.5, usage=Usage(10, 20))
    return Kept(outcome, raw="{}", corrected=("fit",))


async def pages(count: int) -> AsyncIterator[Sequence[Kept]]:
    for start in range(0, count, 4):
        yield [kept(number) for number in range(start, min(start + 4, count))]


def test_every_field_has_its_type_and_comes_back(tmp_path: Path) -> None:
    place = tmp_path / "out.parquet"
    assert asyncio.run(write_out(pages(10), place, raw=True)) == 10
    rows = pq.read_table(place).to_pylist()
    assert [row["id"] for row in rows] == [f"id{number}" for number in range(10)]
    first, third = rows[0], rows[2]
    assert (first["name"], first["garment_type"], first["is_patterned"]) == (
        "look 0 \ufffd.jpg",
        "dress",
        True,
    )
    assert first["color_palette"][0] == {"name": "red", "hex": "#ff0000", "share": 0.7}
    assert first["lighting"] == {"type": "soft", "direction": None}
    assert first["usage"] == {"input_tokens": 10, "output_tokens": 20}
    assert (first["unrecognized"], first["raw"], first["corrected"]) == (
        '{"mood": ["happy", 3]}',
        "{}",
        ["fit"],
    )
    assert (third["status"], third["garment_type"]) == ("failed", None)
    assert third["error"] == {"kind": "refused", "message": "it shows a face"}


def test_it_is_made_piece_by_piece() -> None:
    async def collect() -> list[bytes]:
        return [piece async for piece in encoded(pages(12), FORMATS[".parquet"])]

    pieces = asyncio.run(collect())
    assert len(pieces) == 5
    assert all(pieces)
    assert pq.read_table(io.BytesIO(b"".join(pieces))).num_rows == 12


def test_no_pictures_are_a_file_without_rows(tmp_path: Path) -> None:
    place = tmp_path / "out.parquet"
    asyncio.run(write_out(pages(0), place))
    assert pq.read_table(place).num_rows == 0


def test_where_it_is_not_installed_that_is_said_before_anything_is_bought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "manyeyes.portrait.parquet", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SettingsError, match=r"manyeyes\[parquet\]"):
        check_out(tmp_path / "out.parquet")

"""Writes a style profile to files."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

from manyeyes.assemble import small_jpeg
from manyeyes.cli.faults import reason
from manyeyes.model.errors import ImageError, SettingsError
from manyeyes.plots.png import png_of
from manyeyes.portrait.export import json_line, part_of
from manyeyes.portrait.likeness import Pick
from manyeyes.portrait.page import Heading, page_of
from manyeyes.portrait.plots import Thumbnail, plots_of
from manyeyes.portrait.style import StyleProfile

#: Pixels of the longest edge of a picture in a file.
_EDGE = 240
#: By the ending of a file's name.
_FILES: dict[str, Callable[[StyleProfile, Heading, Thumbnail], bytes]] = {
    ".html": lambda profile, heading, thumbnail: page_of(profile, heading, thumbnail).encode(),
    ".json": lambda profile, heading, thumbnail: json_line(profile.as_json()),  # noqa: ARG005
}


def check_place(out: Path) -> None:
    """Raise SettingsError where nothing could be written to `out`."""
    if out.is_dir() or not out.suffix:
        return
    if out.suffix.lower() not in _FILES:
        raise SettingsError(f"--out {str(out)!r} must end in {' or '.join(_FILES)}, or name a folder")


def write_profile(out: Path, profile: StyleProfile, heading: Heading) -> int:
    """Write the file, or all files of the folder, each replaced once it is whole; how many.

    Raises SettingsError where the disk does not take them.
    """
    count = 0
    try:
        for path, content in _contents(out, profile, heading):
            part = part_of(path)
            part.write_bytes(content)
            part.replace(path)
            count += 1
    except OSError as error:
        raise SettingsError(
            f"--out {str(out)!r} cannot be written ({reason(error)}): choose a place of yours with room"
        ) from error
    return count


def _contents(out: Path, profile: StyleProfile, heading: Heading) -> Iterator[tuple[Path, bytes]]:
    thumbnail = _embedded()
    if not out.is_dir() and (make := _FILES.get(out.suffix.lower())):
        yield out, make(profile, heading, thumbnail)
        return
    out.mkdir(parents=True, exist_ok=True)
    for ending, make in _FILES.items():
        yield out / f"profile{ending}", make(profile, heading, thumbnail)
    for name, plot in plots_of(profile, thumbnail).items():
        drawn = plot.svg_file()
        yield out / f"{name}.svg", drawn.encode()
        yield out / f"{name}.png", png_of(drawn)


def _embedded() -> Thumbnail:
    """Each picture as a data URI, read once; None where its file is gone, or is another by now."""
    known: dict[str, str | None] = {}

    def thumbnail(pick: Pick) -> str | None:
        if pick.id not in known:
            known[pick.id] = _data_uri(pick)
        return known[pick.id]

    return thumbnail


def _data_uri(pick: Pick) -> str | None:
    try:
        sha256, data = small_jpeg(pick.image, _EDGE)
    except ImageError:
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}" if sha256 == pick.sha256 else None

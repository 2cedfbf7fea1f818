"""Makes the pictures of the page that the README shows: drawn garments, a real server, answers that are true.

    python scripts/screenshots.py [--chromium PATH]

What is drawn is known, so nobody has to guess: the analyzer says of each picture what was drawn in it, about
as fast as a vision model would. It needs the development group (`playwright`) and a Chromium. What it makes
lies in `docs/images`.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import re
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from threading import Event, Thread

import numpy as np
import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from manyeyes.analyzers.base import Traits
from manyeyes.analyzers.scripted import After, Scripted
from manyeyes.housing import house_of, make_data
from manyeyes.imaging.cielab import lab_of
from manyeyes.imaging.names import names_of
from manyeyes.lab.sample import DrawnGarment, draw_sample
from manyeyes.model.event import Event as Happening
from manyeyes.model.image import Preparation
from manyeyes.model.progress import Progress
from manyeyes.settings import Settings
from manyeyes.web.app import create_app

IMAGES = Path(__file__).parent.parent / "docs" / "images"
#: Pixels of the windows; a phone's screen has two for each.
DESK, PHONE = (1280, 860), (390, 844)
NAME = "Resort 2027"
PICTURES, SEED, AT_ONCE = 44, 5, 5
#: What is said to have looked: nobody.
KNOWN = Traits("as drawn", "no model", "", Preparation(longest_edge=768), paid=False)


def main() -> None:
    """Draw, serve, upload, analyze, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="the browser's program")
    chosen = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / NAME
        garments = draw_sample(drawn, PICTURES, SEED)
        with _server(Path(folder) / "data", garments) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chosen.chromium, args=["--no-sandbox"])
            _take(browser, address, drawn)
            browser.close()


def _take(browser: Browser, address: str, drawn: Path) -> None:
    page = browser.new_page(viewport={"width": DESK[0], "height": DESK[1]}, color_scheme="dark")
    page.goto(address)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(drawn)
    page.wait_for_url("**/portfolios/*")
    page.get_by_label("Pictures at once").fill(str(AT_ONCE))
    page.get_by_role("button", name="Analyze", exact=True).click()
    page.get_by_text(re.compile(f"image 2[0-9] of {PICTURES}")).wait_for(timeout=60_000)
    _keep(page, "page-run.webp")
    page.get_by_text("Complete!").wait_for(timeout=60_000)
    page.emulate_media(color_scheme="light")
    _shown(page, page.url)
    _keep(page, "page-gallery.webp")
    width, height = PHONE
    phone = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=2)
    _shown(phone, f"{page.url}/profile")
    _keep(phone, "page-profile.webp")


def _shown(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")


def _keep(page: Page, name: str) -> None:
    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    shot.save(IMAGES / name, "WEBP", quality=82, method=6)


def _answers(garments: Sequence[DrawnGarment]) -> Scripted:
    """Says of each picture what was drawn in it, after about a second and a half."""
    dice = Random(SEED)  # noqa: S311 - a pace, not a secret
    return Scripted(
        {f"{NAME}/{each.name}": After(dice.uniform(1.0, 2.2), json.dumps(_truth(each))) for each in garments},
        traits=KNOWN,
    )


def _truth(garment: DrawnGarment) -> dict[str, object]:
    """What is true of a drawn picture, as a descriptor tells it; what was not drawn is not told."""
    levels = np.array([list(bytes.fromhex(digits[1:])) for digits, _ in garment.colours], dtype=np.uint8)
    named = zip(names_of(lab_of(levels)), garment.colours, strict=True)
    return {
        "garment_type": garment.garment,
        "is_garment": True,
        "pattern": garment.pattern,
        "is_patterned": garment.pattern != "solid",
        "color_palette": [{"name": name, "hex": digits, "share": share} for name, (digits, share) in named],
        "background": garment.backdrop,
    }


@contextmanager
def _server(data: Path, garments: Sequence[DrawnGarment]) -> Iterator[str]:
    """A server at work, in a thread, whose analyzer knows what was drawn; its address."""
    over = Event()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = Thread(target=lambda: asyncio.run(_serve(data, garments, listening, over)))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            over.set()
            thread.join()


async def _serve(data: Path, garments: Sequence[DrawnGarment], listening: socket.socket, over: Event) -> None:
    """Serve there until it is over."""
    make_data(data)
    settings = Settings(_env_file=None, data=data)  # type: ignore[call-arg]
    async with house_of(settings, lambda: _unheard, analyzer=partial(_answers, garments)) as house:
        app = create_app(house)
        async with app.router.lifespan_context(app), asyncio.TaskGroup() as tasks:
            server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
            tasks.create_task(server.serve([listening]))
            await asyncio.to_thread(over.wait)
            server.should_exit = True


def _unheard(_: Happening, __: Progress) -> None:
    """Nobody reads a log here."""


if __name__ == "__main__":
    main()

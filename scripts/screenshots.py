"""Makes the pictures of the page that the README shows: drawn garments, a real server, a stand-in provider.

    python scripts/screenshots.py [--chromium PATH]

It needs the development group (`playwright`) and a Chromium. What it makes lies in `docs/images`.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
#: Pixels of the window; pictures are that large.
WIDTH, HEIGHT = 1280, 860
NAME = "Resort 2027"


def main() -> None:
    """Draw, serve, upload, analyze, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="the browser's program")
    chosen = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        _provider() as provider,
        _server(folder, provider) as address,
    ):
        drawn = Path(folder) / NAME
        _run("sample", str(drawn), "--count", "44", "--seed", "5")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chosen.chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            _take(page, address, drawn)
            browser.close()


def _take(page: Page, address: str, drawn: Path) -> None:
    page.goto(address)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(drawn)
    page.wait_for_url("**/portfolios/*")
    page.get_by_label("Analyzer").select_option("replicate")
    page.get_by_label("Pictures at once").fill("5")
    page.get_by_role("button", name="Analyze", exact=True).click()
    page.get_by_text(re.compile("image (2[0-9]) of 44")).wait_for(timeout=60_000)
    page.emulate_media(color_scheme="dark")
    _keep(page, "page-run.webp")
    page.get_by_text("Complete!").wait_for(timeout=60_000)
    page.emulate_media(color_scheme="light")
    page.reload()
    page.wait_for_load_state("networkidle")
    _keep(page, "page-gallery.webp")
    page.get_by_role("link", name="Style profile").click()
    page.wait_for_load_state("networkidle")
    _keep(page, "page-profile.webp")


def _keep(page: Page, name: str) -> None:
    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    shot.save(IMAGES / name, "WEBP", quality=82, method=6)


@contextmanager
def _provider() -> Iterator[str]:
    with _started(["provider", "--port", "0", "--median", "1.5"], r"http://[\d.:]+") as found:
        yield found


@contextmanager
def _server(folder: str, provider: str) -> Iterator[str]:
    told = {"REPLICATE_BASE_URL": provider, "REPLICATE_API_TOKEN": "a-stand-in"}
    with _started(["serve", "--port", "0", "--data", folder + "/data"], r"http://[\d.:]+/", told) as found:
        yield found


@contextmanager
def _started(command: Sequence[str], pattern: str, told: dict[str, str] | None = None) -> Iterator[str]:
    """A program of ours at work; the address that it says it is at."""
    program = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", "manyeyes", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | (told or {}),
    )
    assert program.stdout is not None
    try:
        for line in program.stdout:
            if found := re.search(pattern, line):
                yield found[0]
                return
        raise SystemExit(f"manyeyes {command[0]} did not say where it is")
    finally:
        program.terminate()
        program.wait(30)


def _run(*command: str) -> None:
    subprocess.run([sys.executable, "-m", "manyeyes", *command], check=True)  # noqa: S603 - our own


if __name__ == "__main__":
    main()

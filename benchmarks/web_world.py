"""A server of its own, what it is asked, and pictures to fill it with."""

from __future__ import annotations

import http.client
import io
import json
import os
import random
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from manyeyes.lab.sample import draw_garment

SERVE = (sys.executable, "-m", "manyeyes", "serve")
MEGA = 1_000_000
#: Seconds after which a run is given up.
PATIENCE = 1800.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens on this machine."""

    origin: str
    pid: int

    def connection(self) -> http.client.HTTPConnection:
        """A connection to it, not yet opened."""
        return http.client.HTTPConnection(self.origin.removeprefix("http://"), timeout=PATIENCE)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What it answers in JSON. Raises RuntimeError where that is an error."""
        connection = self.connection()
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, path, data, {"Content-Type": "application/json"})
        return answered(connection)

    def portfolio(self, name: str, archive: Path) -> str:
        """A portfolio of the pictures of a ZIP; its id."""
        made: str = self.ask("POST", "/api/portfolios", {"name": name})["id"]
        self.upload(made, archive)
        return made

    def upload(self, portfolio: str, archive: Path) -> Any:
        """Send a file as the whole body, never held in memory; the receipt."""
        connection = self.connection()
        with archive.open("rb") as file:
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Length": str(archive.stat().st_size),
            }
            connection.request(
                "POST", f"/api/portfolios/{portfolio}/images?name={archive.name}", file, headers
            )
        return answered(connection)

    def run(self, portfolio: str, **order: object) -> str:
        """Begin a run; its id."""
        begun: str = self.ask("POST", f"/api/portfolios/{portfolio}/runs", order)["id"]
        return begun

    def ended(self, run: str) -> Any:
        """The run once it has ended. Raises RuntimeError where it has not analyzed everything."""
        over = time.monotonic() + PATIENCE
        while time.monotonic() < over:
            told = self.ask("GET", f"/api/runs/{run}")
            if told["state"] == "complete":
                return told
            if told["state"] != "running":
                raise RuntimeError(f"the run has ended as {told['state']}: {told}")
            time.sleep(0.25)
        raise RuntimeError(f"the run has not ended in {PATIENCE:g} s")

    def megabytes(self, field: str = "VmRSS") -> float:
        """A memory figure of its process."""
        found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        assert found is not None
        return int(found.group(1)) * 1024 / MEGA


def answered(connection: http.client.HTTPConnection) -> Any:
    """The JSON of an answer. Raises RuntimeError where that is an error."""
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status >= 400:
        raise RuntimeError(f"{answer.status}: {said.decode()[:2000]}")
    return json.loads(said) if said else None


@contextmanager
def serving(place: Path, command: Sequence[str] = SERVE, **environment: str) -> Iterator[Server]:
    """A server whose data lie in `place`; ended with the block."""
    words = [*command, "--port", "0", "--data", str(place / "data")]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment})
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://[^\s/]+", line)
        if found is None:
            raise RuntimeError(f"the server did not start: {line}{process.stderr.read()}")
        yield Server(found.group(), process.pid)
    finally:
        process.terminate()
        process.communicate()


def archive_of(place: Path, pictures: Iterable[tuple[str, bytes]]) -> Path:
    """A ZIP of pictures, not deflated: they would not become smaller."""
    with zipfile.ZipFile(place, "w", zipfile.ZIP_STORED) as archive:
        for name, data in pictures:
            archive.writestr(name, data)
    return place


def garments(count: int, edge: int = 320) -> Iterator[tuple[str, bytes]]:
    """Small drawn garments, no two alike, as a shop's portfolio has them."""
    kinds = min(count, 200)
    drawn = [draw_garment(number)[0].convert("RGB") for number in range(1, kinds + 1)]
    for image in drawn:
        image.thumbnail((edge, edge))
    for number in range(count):
        buffer = io.BytesIO()
        picture = drawn[number % kinds].copy()
        # A few pixels of its own, so that it is another picture.
        picture.paste(Image.frombytes("RGB", (4, 4), random.Random(number).randbytes(48)), (0, 0))
        picture.save(buffer, "JPEG", quality=85)
        yield f"look-{number + 1:05}.jpg", buffer.getvalue()


def dots(count: int) -> Iterator[tuple[str, bytes]]:
    """The smallest pictures that are told apart: what is measured is not their decoding."""
    for number in range(count):
        buffer = io.BytesIO()
        Image.frombytes("RGB", (12, 12), random.Random(number).randbytes(432)).save(buffer, "PNG")
        yield f"dot-{number + 1:05}.png", buffer.getvalue()

"""`manyeyes serve` as a process of its own, with its own store, and what programs ask of it."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from command_line import Done, begin, end

T = TypeVar("T")

#: Seconds after which what was waited for will not come any more.
PATIENCE = 40.0


def wait_until(true: Callable[[], T], what: str) -> T:
    """The first value of `true` that is not false; raises AssertionError where there never is one."""
    over = time.monotonic() + PATIENCE
    while not (value := true()):
        assert time.monotonic() < over, f"waited in vain: {what}"
        time.sleep(0.02)
    return value


@dataclass(slots=True)
class Server:
    """One data folder and the server at it, which can be killed and started again at the same address."""

    place: Path
    environment: Mapping[str, str]
    words: Sequence[str] = ()
    origin: str = ""
    process: subprocess.Popen[str] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """Where uploads, thumbnails, the store and the log are."""
        return self.place / "data"

    def start(self) -> None:
        """Start it and wait until it says where it is."""
        port = self.origin.rpartition(":")[2] or "0"
        words = ("serve", "--port", port, "--data", str(self.data), *self.words)
        self.process = begin(*words, place=self.place, **self.environment)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        found = re.search(r"http://[^\s/]+", line)
        assert found is not None, line + self.process.stderr.read()
        self.origin = found.group()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._ended(signal.SIGKILL)

    def stop(self) -> Done:
        """End it as Ctrl-C does."""
        done = self._ended(signal.SIGINT)
        assert done.code == 0, done.err
        return done

    def _ended(self, how: signal.Signals) -> Done:
        assert self.process is not None
        process, self.process = self.process, None
        process.send_signal(how)
        return end(process)

    def ask(self, method: str, path: str, *, status: int | None = None, **more: Any) -> httpx.Response:
        """The answer to one request; with `status`, that and no other; else any that is no error."""
        with httpx.Client(base_url=self.origin, headers=self.headers, timeout=PATIENCE) as client:
            answer = client.request(method, path, **more)
        assert answer.is_success if status is None else answer.status_code == status, answer.text
        return answer

    def get(self, path: str, **query: Any) -> Any:
        """What the API says at an address."""
        return self.ask("GET", f"/api{path}", params=query).json()

    def post(self, path: str, body: Mapping[str, object] | None = None, **headers: str) -> Any:
        """What the API says to an act."""
        return self.ask("POST", f"/api{path}", json=body or {}, headers=headers).json()

    def portfolio(self, name: str, pictures: Path) -> str:
        """A portfolio of the pictures of a folder; its id."""
        made: str = self.post("/portfolios", {"name": name})["id"]
        files = sorted(path for path in pictures.rglob("*") if path.is_file())
        for start in range(0, len(files), 50):
            some = files[start : start + 50]
            parts = [("files", (path.relative_to(pictures).as_posix(), path.read_bytes())) for path in some]
            self.ask("POST", f"/api/portfolios/{made}/images", files=parts)
        return made

    def run(self, portfolio: str, **order: object) -> str:
        """Begin a run; its id."""
        begun: str = self.post(f"/portfolios/{portfolio}/runs", order)["id"]
        return begun

    def wait_for_end(self, run: str) -> Any:
        """The run once it has ended."""

        def ended() -> Any:
            told = self.get(f"/runs/{run}")
            return told if told["state"] != "running" else None

        return wait_until(ended, f"the end of run {run}")

    def wait_for(self, run: str, at_least: int) -> Any:
        """The run once so many of its pictures have ended."""

        def far() -> Any:
            told = self.get(f"/runs/{run}")
            return told if told["progress"]["current"] >= at_least else None

        return wait_until(far, f"{at_least} pictures of run {run}")


@contextmanager
def serving(place: Path, *words: str, **environment: str) -> Iterator[Server]:
    """A server whose data lie in `place`, ended with the block however that ends."""
    server = Server(place, environment, words)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None:
            server.process.kill()
            server.process.communicate()

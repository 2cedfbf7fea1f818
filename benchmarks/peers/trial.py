"""One client at one service: how long, how often refused, what was lost, and what it took."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from asked import KEY, MODEL
from clients import Client
from environments import python_of
from worlds import World, latencies, provider_settings

from world import provider

HERE = Path(__file__).parent
#: Seconds that a client is given to begin and to end, beside its time at the service.
STARTING = 40.0
#: Seconds between two runs, in which buckets fill again.
RESTS = 4.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where pictures, environments and whatever a client keeps are."""

    pictures: Path
    environments: Path
    seed: int
    #: How many times the bound a client may take.
    patience: float


@dataclass(frozen=True, slots=True)
class Used:
    """What a process took."""

    cpu: float
    #: Megabytes, at most.
    memory: float
    ended: bool
    output: str
    complaint: str


@dataclass(frozen=True, slots=True)
class Row:
    """What came of a trial."""

    world: str
    client: str
    pictures: int
    #: Seconds that nobody could beat.
    bound: float
    #: Seconds from the first call's arrival to the last answer; None where it did not end, or failed.
    seconds: float | None = None
    #: Calls that were answered with 429.
    refused: int = 0
    lost: int = 0
    #: Seconds of all its processes, beginning and end included, and megabytes at most.
    cpu: float = 0.0
    memory: float = 0.0
    #: Why there is no figure.
    why: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the service saw of a run."""

    seconds: float
    answered: int
    refused: int


def tried(world: World, client: Client, place: Place) -> Row:
    """Carry out a trial. Raises NotInstalled."""
    pictures = len(list(place.pictures.glob("*.jpg")))
    drawn = latencies(place.seed, client.runs * pictures)[-pictures:]
    bound = world.bound(drawn)
    python = sys.executable if not client.script else str(python_of(client.environment, place.environments))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        kept = Path(name)
        journal = kept / "journal.jsonl"
        with provider(journal, **provider_settings(world, place.seed)) as base_url:
            for number in range(client.runs):
                before = len(journal.read_bytes())
                words = [python, *_words(client, place, base_url, kept, again=number > 0)]
                used = _carried_out(words, _environment(kept, base_url), place.patience * bound + STARTING)
                if number + 1 < client.runs:
                    time.sleep(RESTS)
        _end_what_was_left(kept)
        seen = _seen(journal.read_bytes()[before:])
    return _row(Row(world.name, client.name, pictures, bound), used, seen)


def _words(client: Client, place: Place, base_url: str, kept: Path, *, again: bool) -> list[str]:
    if client.script:
        script = str(HERE / f"ask_{client.script}.py")
        return [script, "--folder", str(place.pictures), "--base-url", base_url, *client.flags]
    store = f"sqlite:///{kept / 'store.db'}"
    words = ["-m", "manyeyes", "analyze", str(place.pictures), "--analyzer", "openai", "--model", MODEL]
    words += ["--concurrency", "auto", "--store", store, "--progress", "none", "--json"]
    return [*words, "--fresh"] if again else words


def _environment(kept: Path, base_url: str) -> dict[str, str]:
    """This one, with the account, with whatever a client keeps below `kept`, and without telemetry."""
    return os.environ | {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": base_url,
        "HOME": str(kept),
        "PIXELTABLE_HOME": str(kept / "pixeltable"),
        "CURATOR_CACHE_DIR": str(kept / "curator"),
        "TELEMETRY_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }


def _carried_out(words: Sequence[str], environment: dict[str, str], limit: float) -> Used:
    """Run a process of its own group to its end, or to the limit in seconds."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(words, env=environment, stdout=out, stderr=err, start_new_session=True)
        deadline, ended = time.monotonic() + limit, True
        try:
            while not (done := os.wait4(process.pid, os.WNOHANG))[0] and ended:
                ended = time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            if not done[0]:
                os.killpg(process.pid, signal.SIGKILL)
                done = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(done[1])
        out.seek(0)
        err.seek(0)
        usage, lines = done[2], err.read().strip().splitlines() or [""]
        unit = 1 if sys.platform == "darwin" else 1024
        return Used(
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss * unit / 1e6,
            ended,
            out.read().strip(),
            lines[-1],
        )


def _end_what_was_left(kept: Path) -> None:
    """Pixeltable leaves a PostgreSQL of its own behind."""
    for found in kept.rglob("postmaster.pid"):
        pid = int(found.read_text().split()[0])
        os.kill(pid, signal.SIGINT)
        for _ in range(100):
            if not found.exists():
                break
            time.sleep(0.05)


def _seen(journal: bytes) -> Seen:
    entries: list[dict[str, Any]] = [json.loads(line) for line in journal.splitlines()]
    calls = [entry["t"] for entry in entries if entry["event"] in ("create", "refused")]
    answers = [entry["t"] for entry in entries if entry["event"] == "succeeded"]
    refused = sum(entry["event"] == "refused" for entry in entries)
    return Seen(max(answers) - min(calls) if answers else 0.0, len(answers), refused)


def _row(empty: Row, used: Used, seen: Seen) -> Row:
    row = replace(empty, refused=seen.refused, cpu=round(used.cpu, 2), memory=round(used.memory))
    if not used.ended:
        return replace(row, lost=row.pictures - min(row.pictures, seen.answered), why="not ended")
    try:
        told = json.loads(used.output.splitlines()[-1])
    except (IndexError, ValueError):
        return replace(row, lost=row.pictures, why=f"failed: {used.complaint[:160]}")
    answered = told["analyzed"] if "analyzed" in told else told["answered"]
    return replace(row, seconds=round(seen.seconds, 2), lost=row.pictures - answered)

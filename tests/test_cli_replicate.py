"""`manyeyes analyze --analyzer replicate` against a stand-in: what is paid for is kept, and paid once."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from command_line import (
    MANYEYES,
    begin,
    clean_environment,
    draw,
    end,
    journal,
    manyeyes,
    provider,
    provider_process,
)
from manyeyes.engine import buying, worker

PAID = ("analyze", "shop", "--analyzer", "replicate")


@pytest.fixture
def lists_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that lists whatever it has taken at once: nobody needs to wait until it has."""
    for place in (buying, worker):
        monkeypatch.setattr(place, "LISTED_AFTER", 0.1)


def _creates(place: Path) -> Counter[str]:
    return Counter(row["sha256"] for row in journal(place, "create"))


def test_row_18_every_picture_gets_a_checked_descriptor_by_one_call(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 8)
    with provider_process(tmp_path, "--median", "0.1") as there:
        done = end(begin(*PAID, "--out", "out.jsonl", "--json", place=tmp_path, **there))
    assert (done.code, done.object["analyzed"]) == (0, 8)
    assert list(_creates(tmp_path).values()) == [1] * 8
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert all(line["descriptor"]["garment_type"] for line in lines)
    assert all(line["usage"]["input_tokens"] > 258 and line["attempts"] == 1 for line in lines)


def test_the_same_bytes_twice_are_bought_once(tmp_path: Path) -> None:
    shop = draw(tmp_path / "shop", 4)
    (shop / "again.png").write_bytes((shop / "picture-2.png").read_bytes())
    with provider(tmp_path, median=0.1) as there:
        done = manyeyes(*PAID, "--json", place=tmp_path, **there)
    assert (done.object["total"], done.object["reused"]) == (5, 1)
    assert sum(_creates(tmp_path).values()) == 4


@pytest.mark.parametrize(
    ("words", "more", "said"),
    [
        ((), {"REPLICATE_API_TOKEN": "wrong"}, "REPLICATE_API_TOKEN"),
        ((), {"REPLICATE_API_TOKEN": "broke"}, "credit"),
        (("--model", "nobody/nothing"), {}, "nobody/nothing"),
    ],
)
def test_a_wrong_token_no_credit_or_an_unknown_model_stops_the_run(
    tmp_path: Path, words: tuple[str, ...], more: dict[str, str], said: str
) -> None:
    draw(tmp_path / "shop", 30)
    with provider(tmp_path, median=0.1) as there:
        done = manyeyes(*PAID, *words, "--json", place=tmp_path, **{**there, **more})
    assert done.code == 1, done.err
    assert said in done.err
    assert done.object["analyzed"] == 0
    assert done.object["remaining"] == 30
    assert journal(tmp_path, "create") == []


def test_two_at_once_on_one_store_never_buy_one_answer_twice(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 20)
    with provider(tmp_path, median=0.3, cv=0.5) as there:
        both = [begin(*PAID, "--json", place=tmp_path, **there) for _ in range(2)]
        ends = [end(process) for process in both]
    assert [done.object["analyzed"] for done in ends] == [20, 20]
    assert sorted(_creates(tmp_path).values()) == [1] * 20
    assert sum(done.object["reused"] for done in ends) == 20


def test_a_killed_run_is_taken_up_again_and_nothing_is_bought_twice(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 18)
    with provider(tmp_path, median=0.4, cv=0.5) as there:
        for count in (2, 7, 12):
            process = begin(*PAID, "--progress", "none", place=tmp_path, **there)
            _await_creates(tmp_path, count, process)
            process.kill()
            process.communicate()
        done = manyeyes(*PAID, "--json", place=tmp_path, **there)
    assert done.object["analyzed"] == 18
    assert sorted(_creates(tmp_path).values()) == [1] * 18


def _await_creates(place: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Until the provider has taken so many orders in all."""
    while process.poll() is None and len(journal(place, "create")) < count:
        select.select([], [], [], 0.02)


def test_the_first_interrupt_finishes_what_is_in_flight(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 20)
    with provider(tmp_path, median=0.5) as there:
        process = begin(*PAID, "--json", "--concurrency", "5", place=tmp_path, **there)
        _await_creates(tmp_path, 6, process)
        process.send_signal(signal.SIGINT)
        done = end(process)
        bought = sum(_creates(tmp_path).values())
        assert done.code == 130
        assert done.object["analyzed"] == bought
        assert done.object["remaining"] == 20 - bought
        again = manyeyes(*PAID, "--json", place=tmp_path, **there)
    assert (again.code, again.object["analyzed"], again.object["reused"]) == (0, 20, bought)
    assert sorted(_creates(tmp_path).values()) == [1] * 20


def test_the_second_interrupt_ends_at_once_and_still_nothing_is_lost(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 5)
    with provider(tmp_path, median=4.0, cv=0.0) as there:
        process = begin(*PAID, "--progress", "plain", place=tmp_path, **there)
        _await_creates(tmp_path, 5, process)
        assert process.stderr is not None
        process.send_signal(signal.SIGTERM)
        while "Stopping" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        assert end(process, seconds=3).code == 130
        done = manyeyes(*PAID, "--json", place=tmp_path, **there)
    assert done.object["analyzed"] == 5
    assert sorted(_creates(tmp_path).values()) == [1] * 5


@pytest.mark.parametrize(
    "fault", ["reset_before", "reset_after", "edge_before", "edge_after", "html", "drip"]
)
def test_a_provider_that_breaks_off_is_asked_again_without_buying_twice(
    tmp_path: Path, lists_at_once: None, fault: str
) -> None:
    draw(tmp_path / "shop", 20)
    with provider(tmp_path, median=0.1, drip_seconds=0.5, seed=3, **{fault: 0.2}) as there:
        done = manyeyes(*PAID, "--json", place=tmp_path, **there)
    assert (done.code, done.object["analyzed"]) == (0, 20), done.err
    assert journal(tmp_path, fault.partition("_")[0])
    assert sorted(_creates(tmp_path).values()) == [1] * 20


def test_a_provider_that_is_down_stops_the_run_early(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 60)
    with provider(tmp_path, state="down") as there:
        done = manyeyes(*PAID, "--json", place=tmp_path, **there)
    assert done.code == 1
    assert "10 of the first 20 calls failed" in done.err
    assert done.object["remaining"] >= 50


def test_nobody_there_is_said_plainly(tmp_path: Path, lists_at_once: None) -> None:
    draw(tmp_path / "shop", 1)
    there = {"REPLICATE_BASE_URL": "http://127.0.0.1:9", "REPLICATE_API_TOKEN": "any"}
    done = manyeyes(*PAID, place=tmp_path, **there)
    assert done.code in (1, 3)
    assert "127.0.0.1:9" in done.err


def test_row_8_at_most_one_refusal_where_headers_tell_the_quota(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 7)
    with provider(tmp_path, median=0.1, creates_per_minute=120.0, create_burst=1) as there:
        done = manyeyes(*PAID, "--json", place=tmp_path, **there)
    assert done.object["analyzed"] == 7
    assert len(journal(tmp_path, "refused")) <= 1


def test_row_8_no_refusal_where_rate_and_burst_are_configured(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 7)
    with provider(tmp_path, median=0.1, creates_per_minute=240.0, create_burst=2) as there:
        done = manyeyes(*PAID, "--rpm", "240", "--burst", "2", "--json", place=tmp_path, **there)
    assert done.object["analyzed"] == 7
    assert journal(tmp_path, "refused") == []


def test_row_10_large_pictures_are_sent_small(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    noise = Image.effect_noise((1000, 750), 60).convert("RGB").resize((4000, 3000))
    for index in range(4):
        noise.rotate(90 * index).save(shop / f"{index}.jpg", quality=92)
    with provider(tmp_path, median=0.1) as there:
        manyeyes(*PAID, place=tmp_path, **there)
    sent = [row["bytes"] for row in journal(tmp_path, "create")]
    assert len(sent) == 4
    assert sum(sent) * 11 <= 15_000_000


def test_nothing_of_where_a_picture_was_taken_leaves_the_machine(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0)}
    exif[0x010E] = "a secret place"
    Image.new("RGB", (300, 200), "navy").save(shop / "a.jpg", exif=exif, comment=b"a secret place")
    uploaded = {"REPLICATE_UPLOAD_ABOVE": "0"}
    with provider(tmp_path, median=0.1) as there:
        assert manyeyes(*PAID, place=tmp_path, **there, **uploaded).code == 0
    assert b"a secret place" in (shop / "a.jpg").read_bytes()
    assert b"secret" not in (tmp_path / "journal.jsonl").read_bytes()
    assert len(journal(tmp_path, "file")) == 1


def test_before_it_pays_it_asks_whoever_sits_at_the_terminal(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 6)
    with provider(tmp_path, median=0.1) as there:
        code, said = _at_a_terminal(tmp_path, there, "n\n", "--json")
        assert "6 pictures: 6 calls, at most 30" in said
        assert code == 1
        assert json.loads(said.splitlines()[-1]) == {
            "run": None,
            "total": 0,
            "analyzed": 0,
            "failed": 0,
            "reused": 0,
            "seconds": 0.0,
            "remaining": 6,
            "stopped": "declined",
        }
        assert journal(tmp_path, "create") == []
        code, said = _at_a_terminal(tmp_path, there, "y\n")
    assert code == 0
    assert "Complete! Analyzed 6 images." in said
    assert len(journal(tmp_path, "create")) == 6


def _at_a_terminal(place: Path, there: Mapping[str, str], answer: str, *words: str) -> tuple[int, str]:
    """Carry out a paid run on a pseudo-terminal, and answer its question."""
    process, ours = _on_a_terminal(place, there, *words)
    os.write(ours, answer.encode())
    said = _read_until(ours, None)
    os.close(ours)
    return process.wait(), said.decode(errors="replace").replace("\r\n", "\n")


def test_row_10_the_upload_keeps_to_its_cap_and_is_shown(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    for index in range(4):
        Image.effect_noise((700, 500), 80 + index).convert("RGB").save(shop / f"{index}.png")
    capped = {"ANALYSIS_UPLOAD_MBPS": "0.8"}
    with provider(tmp_path, median=0.05) as there:
        done = manyeyes(*PAID, "--progress", "json", place=tmp_path, **there, **capped)
    sent = done.progress[-1]["sentBytes"]
    assert sent >= sum(row["bytes"] for row in journal(tmp_path, "create"))
    starts = [row["t"] for row in journal(tmp_path, "create")]
    assert starts[-1] - starts[0] >= 0.8 * sent * 3 / 4 / 800_000


def test_an_interrupt_at_the_question_is_heard_at_once(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 2)
    with provider(tmp_path, median=0.1) as there:
        process, ours = _on_a_terminal(tmp_path, there)
        _read_until(ours, b"Go on?")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        os.close(ours)
    assert journal(tmp_path, "create") == []


def test_an_interrupt_at_the_question_in_mid_run_ends_the_run(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 40)
    with provider(tmp_path, state="down") as there:
        process, ours = _on_a_terminal(tmp_path, there, "--yes")
        assert b"10 of the first 20 calls failed" in _read_until(ours, b"Go on all the same?")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        os.close(ours)


def _on_a_terminal(place: Path, there: Mapping[str, str], *words: str) -> tuple[subprocess.Popen[bytes], int]:
    """A paid run on a pseudo-terminal, and our end of it."""
    ours, theirs = pty.openpty()
    environment = clean_environment(place, **there)
    process = subprocess.Popen(
        [*MANYEYES, *PAID, *words], cwd=place, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    return process, ours


def _read_until(terminal: int, awaited: bytes | None) -> bytes:
    """What the terminal shows until it shows this, or until its program ends."""
    said = b""
    while (awaited is None or awaited not in said) and select.select([terminal], [], [], 30)[0]:
        try:
            said += os.read(terminal, 65536)
        except OSError:
            break
    return said


def test_a_run_that_stops_leaves_the_results_of_before(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 8)
    with provider(tmp_path, median=0.05) as there:
        assert manyeyes(*PAID, "--limit", "5", "--out", "out.jsonl", place=tmp_path, **there).code == 0
        before = (tmp_path / "out.jsonl").read_bytes()
        wrong = {**there, "REPLICATE_API_TOKEN": "wrong"}
        stopped = manyeyes(*PAID, "--out", "out.jsonl", place=tmp_path, **wrong)
    assert stopped.code == 1
    assert "out.jsonl.part" in stopped.err
    assert (tmp_path / "out.jsonl").read_bytes() == before
    assert len((tmp_path / "out.jsonl.part").read_text().splitlines()) == 5

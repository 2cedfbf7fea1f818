"""`manyeyes profile --words-by`, against the stand-ins, as its users meet it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from command_line import begin, draw, end, journal, manyeyes, provider_process
from manyeyes import AnalyzerError, SettingsError, put_into_words
from web_server import serving, wait_until

WORDS = ("profile", "shop", "--words-by", "replicate")
OPENAI = ("profile", "shop", "--words-by", "openai:gpt-4o-mini")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder in which three drawn pictures were analyzed."""
    draw(tmp_path / "shop", 3)
    assert manyeyes("analyze", "shop", "--progress", "none", place=tmp_path).code == 0
    return tmp_path


@pytest.fixture
def replicate(place: Path) -> Iterator[Mapping[str, str]]:
    with provider_process(place, "--median", "0.05") as there:
        yield there


def bought(place: Path) -> int:
    return len(journal(place, "create"))


def test_words_are_bought_once_kept_and_marked_wherever_they_are_shown(
    place: Path, replicate: Mapping[str, str]
) -> None:
    done = manyeyes(*WORDS, "--json", place=place, **replicate)
    assert (done.code, done.err) == (0, "")
    words = done.object["profile"]["words"]
    assert words["text"].startswith("This image shows")
    assert (words["by"], words["stale"]) == ("replicate", False)
    assert manyeyes(*WORDS, "--json", place=place, **replicate).object["profile"]["words"] == words
    assert bought(place) == 1
    shown = manyeyes("profile", "shop", place=place)
    assert "Written by replicate google/gemini-2.5-flash, " in shown.out
    assert words["text"] in shown.out
    manyeyes("profile", "shop", "--out", "shop.html", place=place)
    page = (place / "shop.html").read_text("utf-8")
    assert words["text"] in page
    assert "from the figures and the contact sheet" in page
    runs = manyeyes("runs", "--json", place=place).object
    assert len(runs) == 1, "words are no run"


def test_an_openai_service_is_held_to_a_schema_and_answers_with_words(place: Path) -> None:
    with provider_process(place, "--kind", "openai", "--median", "0.05") as there:
        done = manyeyes(*OPENAI, "--json", place=place, **there)
    words = done.object["profile"]["words"]
    assert (words["by"], words["model"]) == ("openai", "gpt-4o-mini")
    assert words["text"].startswith("This image shows")


def test_what_a_killed_command_has_bought_is_found_by_the_next(place: Path) -> None:
    with provider_process(place, "--median", "1.5") as there:
        process = begin(*WORDS, place=place, **there)
        wait_until(lambda: bought(place), "the call")
        process.kill()
        process.communicate()
        assert manyeyes("profile", "shop", "--json", place=place).object["profile"]["words"] is None
        done = end(begin(*WORDS, "--json", place=place, **there))
    assert done.object["profile"]["words"]["by"] == "replicate"
    assert bought(place) == 1


def test_ctrl_c_keeps_what_was_ordered_and_says_so(place: Path) -> None:
    with provider_process(place, "--median", "1.5") as there:
        process = begin(*WORDS, place=place, **there)
        wait_until(lambda: bought(place), "the call")
        process.send_signal(signal.SIGINT)
        stopped = end(process)
        assert stopped.code == 130
        assert "the same command looks for it" in stopped.err
        # The portfolio is another by now: what may have been bought is settled, and said to be old.
        draw(place / "shop", 4)
        manyeyes("analyze", "shop", "--progress", "none", place=place)
        done = end(begin(*WORDS, "--json", place=place, **there))
    assert done.object["profile"]["words"]["stale"] is True
    assert bought(place) == 1


@pytest.mark.parametrize(
    ("by", "more", "code", "said"),
    [
        ("local", {}, 2, "choose one of openai, replicate"),
        ("nobody", {}, 2, "choose one of"),
        ("replicate", {"REPLICATE_API_TOKEN": ""}, 2, "REPLICATE_API_TOKEN is not set"),
        ("replicate", {"REPLICATE_API_TOKEN": "wrong"}, 1, "REPLICATE_API_TOKEN"),
        ("replicate:nobody/nothing", {}, 1, "nobody/nothing"),
    ],
)
def test_who_cannot_write_says_what_to_do_and_no_key_is_told(
    place: Path, replicate: Mapping[str, str], by: str, more: Mapping[str, str], *, code: int, said: str
) -> None:
    done = manyeyes("profile", "shop", "--words-by", by, place=place, **{**replicate, **more})
    assert done.code == code, done.err
    assert said in done.err
    assert "wrong" not in done.err
    assert bought(place) == 0


def test_an_answer_without_words_is_asked_for_again_twice_at_most(place: Path) -> None:
    with provider_process(place, "--median", "0.05", "--empty", "1") as there:
        done = manyeyes(*WORDS, place=place, **there)
    assert done.code == 1
    assert "could not be used" in done.err
    assert bought(place) == 3


def test_where_the_pictures_are_gone_nothing_is_ordered(place: Path, replicate: Mapping[str, str]) -> None:
    for path in (place / "shop").iterdir():
        path.unlink()
    done = manyeyes(*WORDS, place=place, **replicate)
    assert done.code == 2
    assert "put them back" in done.err


def test_a_program_orders_words_by_the_library(place: Path, replicate: Mapping[str, str]) -> None:
    store = f"sqlite:///{place / 'data' / 'manyeyes' / 'manyeyes.db'}"
    settings = {"replicate_api_token": "any", "replicate_base_url": replicate["REPLICATE_BASE_URL"]}
    written = asyncio.run(put_into_words("shop", by="replicate", settings=settings, store=store))
    assert written.text.startswith("This image shows")
    assert written.writer == "replicate google/gemini-2.5-flash"
    with pytest.raises(SettingsError, match="cannot write"):
        asyncio.run(put_into_words("shop", by="local", store=store))
    nobody = settings | {"replicate_api_token": "wrong"}
    draw(place / "shop", 4)
    manyeyes("analyze", "shop", "--progress", "none", place=place)
    with pytest.raises(AnalyzerError, match="has written nothing"):
        asyncio.run(put_into_words("shop", by="replicate", settings=nobody, store=store))


def test_a_server_has_them_written_and_goes_on_after_it_was_killed(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 3)
    with provider_process(tmp_path, "--median", "1.5") as there, serving(tmp_path, **there) as server:
        portfolio = server.portfolio("shop", tmp_path / "shop")
        server.wait_for_end(server.run(portfolio, analyzer="local"))
        assert server.post(f"/portfolios/{portfolio}/words", {"analyzer": "replicate"})["state"] == "writing"
        wait_until(lambda: bought(tmp_path), "the call")
        server.kill()
        server.start()

        def words() -> Any:
            return server.get(f"/portfolios/{portfolio}/words")["words"]

        told = wait_until(words, "the words")
        done = manyeyes(*WORDS, "--json", "--server", server.origin, place=tmp_path)
        assert done.object["profile"]["words"]["text"] == told["text"]
        assert bought(tmp_path) == 1

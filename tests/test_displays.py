"""The bar: on a terminal of any width nothing of it is cut, and it stays where it is."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from manyeyes.cli.displays import Display, JsonLines, LiveBar, PlainLines, bar_line
from manyeyes.cli.words import between, roughly
from manyeyes.model.event import Ended, Paused, ProviderBack, ProviderDown, Resumed, Waiting
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.progress import Progress
from manyeyes.model.time_left import TimeLeft
from manyeyes.store.values import RunRecord
from store_samples import failed

RUN = RunRecord("r" * 26, Portfolio("p" * 26, "photos"), 0.0)
LARGE = Progress(
    current=12345,
    total=20000,
    analyzed=12195,
    failed=150,
    reused=11000,
    called=1345,
    at=3362.5,
    sent_bytes=10**9,
    left=TimeLeft(16_000.0, 19_000.0, 24_000.0, 3362.5),
)


def said(progress: Progress, width: int) -> str:
    """The line without its bar and its colours."""
    description, _, rest = bar_line(progress, width)
    return f"{description} {Text.from_markup(rest).plain}"


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (24, "12345/20000 62 %"),
        (40, "12345/20000 62 % · 150 failed"),
        (70, "12345/20000 62 % · 150 failed · about 5.5 h left"),
        (80, "12345/20000 62 % · 11000 reused · 150 failed · about 5.5 h left"),
        (90, "12345/20000 62 % · 11000 reused · 150 failed · about 5.5 h left (4–7 h)"),
        (100, "Analyzing image 12345 of 20000... 62 % · 150 failed · about 5.5 h left"),
    ],
)
def test_what_tells_least_is_left_out_first(width: int, line: str) -> None:
    assert said(LARGE, width) == line


def test_a_usual_terminal_shows_the_message_and_the_time_left() -> None:
    left = TimeLeft(12.2, 14.4, 17.9, 6.4)
    progress = Progress(current=16, total=52, analyzed=15, failed=1, called=16, at=6.4, left=left)
    assert said(progress, 80) == "Analyzing image 16 of 52... 31 % · 1 failed · about 14 s left"
    assert said(progress, 95).endswith("1 failed · about 14 s left (12–18 s)")


def test_before_the_time_left_is_known_that_is_said() -> None:
    progress = Progress(current=3, total=52, analyzed=3)
    assert said(progress, 80).endswith(" 6 % · calibrating…")
    for silent in (
        replace(progress, current=0),
        replace(progress, total=None),
        replace(progress, finished=True),
        replace(progress, binds="down"),
        replace(progress, current=52, left=TimeLeft(0.0, 0.0, 0.0, 1.0)),
    ):
        assert "calibrating" not in said(silent, 120)
        assert "left" not in said(silent, 120)


counts = st.integers(0, 99_999)


@given(
    st.builds(
        Progress,
        current=counts,
        total=st.none() | st.just(99_999),
        failed=counts,
        reused=counts,
        called=counts,
        at=st.floats(0, 1e6),
        sent_bytes=st.integers(0, 10**12),
        left=st.none() | st.builds(TimeLeft, *[st.floats(0, 1e6)] * 3, at=st.just(0.0)),
    ),
    st.integers(24, 200),
)
def test_the_line_fits_on_any_terminal(progress: Progress, width: int) -> None:
    description, bar, rest = bar_line(progress, width)
    assert 1 + 1 + len(description) + 1 + bar + 1 + Text.from_markup(rest).cell_len <= width
    assert bar >= 4


@given(st.integers(1, 5000), st.integers(24, 200), st.data())
def test_the_bar_begins_in_the_same_column_from_the_first_picture_to_the_last(
    total: int, width: int, data: st.DataObject
) -> None:
    current = data.draw(st.integers(1, total))
    begins = {len(bar_line(Progress(current=n, total=total), width)[0]) for n in (1, current, total)}
    assert len(begins) == 1


def test_a_failure_is_named_though_its_message_does_not_name_it() -> None:
    out = io.StringIO()
    event = Ended(failed(RUN, 7), 1.0)
    PlainLines(out).hear(event, Progress(total=2).after(event))
    assert out.getvalue() == "Analyzing image 1 of 2... failed: '7.jpg': it broke off\n"


def test_markup_in_a_name_is_shown_and_not_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    out = io.StringIO()
    event = Ended(failed(RUN, 7, message="[bold]x[/bold] \\[red] broke"), 1.0)
    LiveBar(out).hear(event, Progress(total=2).after(event))
    assert "[bold]x[/bold] \\[red] broke" in out.getvalue()


@pytest.mark.parametrize("display", [LiveBar, PlainLines, JsonLines])
def test_a_run_of_elsewhere_is_shown_as_one_of_this_process(
    display: type[Display], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    here, elsewhere = io.StringIO(), io.StringIO()
    event = Ended(failed(RUN, 7), 1.0)
    progress = Progress(total=2).after(event)
    display(here).hear(event, progress)
    display(elsewhere).show(Progress.from_json(progress.as_json()))
    assert here.getvalue() == elsewhere.getvalue() != ""


@pytest.mark.parametrize(
    "event",
    [
        Waiting(2, "process 7", 1.0),
        ProviderDown("Nobody answers at http://far.", 600.0, 1.0),
        ProviderBack(2.0),
        Paused(3, 2.0),
        Resumed(9.0),
    ],
)
@pytest.mark.parametrize("display", [LiveBar, PlainLines, Display])
def test_what_holds_a_run_up_is_said_whatever_is_shown(
    display: type[Display], event: Waiting | ProviderDown | ProviderBack | Paused | Resumed
) -> None:
    out = io.StringIO()
    display(out).hear(event, Progress(total=5))
    assert event.message in " ".join(out.getvalue().split())


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_bar_says_that_a_run_is_paused_rather_than_when_it_ends(width: int) -> None:
    line = said(LARGE.after(Paused(3, 3400.0)), width)
    assert "paused" in line
    assert not any(words in line for words in ("left", "calibrating", "held by", "a second"))


def test_json_lines_tell_of_a_pause_and_of_its_end() -> None:
    out, progress = io.StringIO(), Progress(current=3, total=9)
    for event in (Paused(2, 4.0), Resumed(9.0, 5.0)):
        progress = progress.after(event)
        JsonLines(out).hear(event, progress)
    paused, resumed = (json.loads(line) for line in out.getvalue().splitlines())
    assert (paused["paused"], paused["bindingGate"], paused["etaSeconds"]) == (True, "paused", None)
    assert "paused" not in resumed
    assert resumed["bindingGate"] is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "1 s"),
        (14.4, "14 s"),
        (54.9, "55 s"),
        (55, "1 min"),
        (130, "2 min"),
        (3569, "59 min"),
        (3600, "1 h"),
        (19_080, "5.5 h"),
        (144_000, "40 h"),
    ],
)
def test_a_time_that_nobody_knows_to_the_second_is_not_told_to_the_second(seconds: float, said: str) -> None:
    assert roughly(seconds) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (12.2, 17.9, "12–18 s"),
        (70, 170, "1–3 min"),
        (0, 100, "0–2 min"),
        (4000, 9000, "1–2.5 h"),
        (5.0, 5.0, ""),
    ],
)
def test_an_interval_is_told_in_one_unit(low: float, high: float, said: str) -> None:
    assert between(low, high) == said


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_an_interval_that_is_told_holds_the_one_that_is_meant(low: float, more: float) -> None:
    told = between(low, low + more)
    if told:
        numbers, unit = told.split(" ")
        each = {"s": 1, "min": 60, "h": 3600}[unit]
        least, most = (float(number) * each for number in numbers.split("–"))
        assert least <= low + 1e-6
        assert most >= low + more - 1e-6

"""Shows a style profile on a terminal, or as plain lines."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from manyeyes.cli.reading import is_terminal, say, say_table, shortened, when, width
from manyeyes.cli.words import printable
from manyeyes.model.written import Written
from manyeyes.portrait.page import Heading
from manyeyes.portrait.shares import Distribution, percent
from manyeyes.portrait.style import StyleProfile

#: Values of a field that are shown on a terminal.
SHOWN = 5
#: Columns of a terminal: of names, of the longest bar, and of everything at most.
_NAMES, _BAR, _WIDEST = 16, 28, 96
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_HEIGHTS = "▁▂▃▄▅▆▇█"


def show_profile(profile: StyleProfile, heading: Heading) -> None:
    """Print it: drawn with blocks on a terminal, elsewhere as lines with tabs."""
    say(Text(heading.portfolio, "bold"), " ", Text(heading.about, "dim"))
    say()
    for sentence in profile.summary:
        say(sentence)
    if profile.written is not None:
        _say_written(profile.written)
    if not profile.analyzed:
        if profile.failed:
            say("`manyeyes failures` says why.")
        return
    if is_terminal():
        _draw(profile)
    else:
        _list(profile)


def _say_written(written: Written) -> None:
    say()
    say(Text(f"Written by {printable(written.writer)}, {when(written.at)}:", "dim"))
    say(written.text)
    if written.stale:
        say(Text("The portfolio has changed since.", "dim"))


def _list(profile: StyleProfile) -> None:
    say()
    rows = [("palette", one.name, one.hex or "", percent(one.share)) for one in profile.palette]
    for told in profile.distributions.values():
        rows += [
            (told.field, one.value, f"{one.count} of {told.known}", percent(one.share)) for one in told.values
        ]
    rows += [
        ("outlier", pick.name, "; ".join(str(reason) for reason in pick.reasons), f"{pick.bits:.2f} bits")
        for pick in profile.outliers
    ]
    say_table(("field", "value", "pictures", "share"), rows)


def _draw(profile: StyleProfile) -> None:
    for line in (*_palette(profile), *_fields(profile), *_sure(profile), *_outliers(profile)):
        say(line)


def _palette(profile: StyleProfile) -> Iterator[Text]:
    """A strip as wide as the terminal, and the colours by name."""
    if not profile.palette:
        return
    yield Text("")
    room = min(width(), _WIDEST)
    if Console().color_system is not None:
        strip, x = Text(), 0.0
        for colour in profile.palette:
            after = x + colour.share * room
            strip.append(" " * (round(after) - round(x)), f"on {colour.hex}" if colour.hex else "")
            x = after
        yield strip
        yield strip
    for colour in profile.palette[: 2 * SHOWN]:
        block = Text("  ", f"on {colour.hex}") if colour.hex else Text("  ")
        name = f"{shortened(printable(colour.name), _NAMES):<{_NAMES}}"
        yield Text.assemble(block, " ", name, f"{percent(colour.share):>6}  ", (colour.hex or "", "dim"))


def _fields(profile: StyleProfile) -> Iterator[Text]:
    for told in profile.distributions.values():
        if told.known:
            yield Text("")
            yield Text.assemble((told.title, "bold"), (f"  {told.known} of {told.of} pictures", "dim"))
            yield from _bars(told)


def _bars(told: Distribution) -> Iterator[Text]:
    longest = max(one.share for one in told.values) or 1.0
    for one in told.values[:SHOWN]:
        name = shortened(printable(one.value), _NAMES)
        bar = _bar(one.share / longest)
        yield Text.assemble(
            f"  {name:<{_NAMES}} ", (bar, "blue"), f" {one.count}", (f" · {percent(one.share)}", "dim")
        )
    left = len(told.values) - SHOWN
    if left > 0:
        yield Text(f"  and {left} more{'' if told.rest is None else ', and others'}", "dim")


def _bar(length: float) -> str:
    """Blocks for a length of 0 to 1, to the eighth of a column."""
    eighths = max(1, round(length * _BAR * 8))
    return _EIGHTHS[8] * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _sure(profile: StyleProfile) -> Iterator[Text]:
    sure = profile.sureness
    if sure.known:
        most = max(sure.histogram)
        heights = "".join(
            _HEIGHTS[round(7 * count / most)] * 2 if count else "  " for count in sure.histogram
        )
        yield Text("")
        yield Text.assemble(("Confidence", "bold"), (f"  {sure.known} of {sure.of} answers", "dim"))
        yield Text.assemble("  0 ", (heights, "blue"), f" 1   median {sure.median:.2f}")


def _outliers(profile: StyleProfile) -> Iterator[Text]:
    if profile.outliers:
        yield Text("")
        yield Text("Least like the rest", "bold")
    for pick in profile.outliers:
        reasons = "; ".join(str(reason) for reason in pick.reasons)
        name = shortened(printable(pick.name), 36)
        yield Text.assemble(f"  {name}  ", (printable(reasons), "dim"))

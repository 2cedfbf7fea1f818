"""How trials in a modelled provider's scenario are shown: a line for each policy, or JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from manyeyes.lab.over_seeds import OverSeeds, Spread, over_seeds
from manyeyes.lab.policies import check_policy
from manyeyes.lab.scenario import Scenario, Service, parse_scenario
from manyeyes.model.errors import SettingsError

#: Portfolios that are compared where no number of pictures is given.
PORTFOLIOS = (44, 50, 100, 200)
#: The ways that are compared with each other and with the bound.
COMPARED = ("sequential", "batch:5", "auto")
_HEAD = ("policy", "makespan s", "/ bound", "429s per 100", "p99 s", "settled", "90 % after s", "ETA off by")


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file. Raises SettingsError."""
    try:
        return parse_scenario(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"--scenario {path} cannot be read: {error}") from None


def parse_seeds(text: str | None, scenario: Scenario) -> range:
    """`3` or `1-50`; those of the scenario where nothing is given. Raises SettingsError."""
    if text is None:
        return range(scenario.seeds[0], scenario.seeds[1] + 1)
    found = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", text)
    if found is None or int(found[2] or found[1]) < int(found[1]):
        raise SettingsError(f"--seeds must be a number, or two with a dash such as 1-50, not {text!r}")
    return range(int(found[1]), int(found[2] or found[1]) + 1)


def tried(scenario: Scenario, policies: Sequence[str], seeds: range) -> list[OverSeeds]:
    """Every policy under every seed. Raises SettingsError before the first trial begins."""
    return [over_seeds(scenario, policy, seeds) for policy in list(map(check_policy, policies))]


def lines(scenario: Scenario, found: Sequence[OverSeeds]) -> list[str]:
    """A table for people: medians, and in brackets what 80 of 100 seeds lie between."""
    bound, trials = found[0].bound, len(found[0].trials)
    seeds = "1 seed" if trials == 1 else f"{trials} seeds"
    head = f"{scenario.name}: {scenario.images} images, {seeds}; at best it would take {_shown(bound)} s"
    unloaded = f"99 of 100 calls take {found[0].p99_unloaded:.1f} s at most when nothing queues"
    lost = [f"{each.policy} lost {each.lost} pictures" for each in found if each.lost]
    return [head, unloaded, *_aligned([_HEAD, *map(_row, found)]), *lost]


def _row(each: OverSeeds) -> tuple[str, ...]:
    return (
        each.policy,
        _shown(each.makespan),
        _shown(each.ratio),
        _shown(each.refused_per_100),
        _shown(each.p99),
        _shown(each.p99_settled),
        "never" if each.t90 is None else _shown(each.t90),
        "" if each.eta_error is None else f"{100 * each.eta_error:.1f} %",
    )


def _shown(spread: Spread) -> str:
    middle, low, high = (f"{value:.2f}" for value in (spread.median, spread.low, spread.high))
    return middle if low == high else f"{middle} ({low}–{high})"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def as_json(scenario: Scenario, found: Sequence[OverSeeds], seeds: range) -> dict[str, object]:
    """The same with every figure that is measured."""
    return {
        "scenario": scenario.name,
        "images": scenario.images,
        "seeds": [seeds[0], seeds[-1]],
        "p99UnloadedSeconds": round(found[0].p99_unloaded, 3),
        "policies": [
            {
                "policy": each.policy,
                "makespanSeconds": _plain(each.makespan),
                "boundSeconds": _plain(each.bound),
                "ratio": _plain(each.ratio),
                "rejectionsPer100": _plain(each.refused_per_100),
                "extraCalls": _plain(each.extra_calls),
                "lost": each.lost,
                "p99Seconds": _plain(each.p99),
                "p99SettledSeconds": _plain(each.p99_settled),
                "secondsTo90Percent": None if each.t90 is None else _plain(each.t90),
                "etaErrorPercent": None if each.eta_error is None else round(100 * each.eta_error, 2),
                "etaCoveragePercent": None
                if each.eta_coverage is None
                else round(100 * each.eta_coverage, 1),
            }
            for each in found
        ],
    }


def _plain(spread: Spread) -> dict[str, float]:
    return {
        "median": round(spread.median, 3),
        "low": round(spread.low, 3),
        "high": round(spread.high, 3),
    }


# Ways compared with one after another


def compared(images: int, service: Service, slots: int, seed: int) -> list[dict[str, object]]:
    """What each way takes for a portfolio, and what it saves over one after another; the bound is last."""
    scenario = Scenario(name="comparison", images=images, service=service, slots=((0.0, slots),))
    found = tried(scenario, COMPARED, range(seed, seed + 1))
    times = {each.policy: each.makespan.median for each in found} | {"bound": found[0].bound.median}
    sequential = times["sequential"]
    return [
        {
            "images": images,
            "policy": policy,
            "seconds": round(seconds, 3),
            "savedSeconds": round(sequential - seconds, 3),
            "savedPercent": int(100 * (sequential - seconds) / sequential + 0.5),
        }
        for policy, seconds in times.items()
    ]


def comparison_lines(rows: Sequence[dict[str, object]]) -> list[str]:
    """The same for people."""
    head = ("images", "way", "seconds", "saved", "per cent")
    cells = [
        (
            str(row["images"]),
            str(row["policy"]),
            f"{row['seconds']:.3f}",
            f"{row['savedSeconds']:.3f}",
            f"{row['savedPercent']} %",
        )
        for row in rows
    ]
    return _aligned([head, *cells])

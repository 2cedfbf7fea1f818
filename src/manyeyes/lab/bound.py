"""How fast a scenario could be gone through at best: a strict lower bound of the makespan."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from manyeyes.lab.draws import Draws
from manyeyes.lab.scenario import Allowed, Scenario
from manyeyes.lab.workshop import Pace

#: When other clients took something of the requests, and of the tokens.
Others = tuple[Sequence[float], Sequence[float]]


def strict_bound(scenario: Scenario, draws: Draws, others: Others = ((), ())) -> float:
    """Seconds that no policy can beat which calls once for each picture, whatever it knows beforehand.

    The greatest of these, each of which takes all but one thing to be free:

    - capacity: the least T with ∫₀ᵀ slots(t) × speed(t) dt ≥ the seconds of work of all pictures; speed is
      0 during the boot and 1 / factor during slowdowns. A service that slows down under overload is taken
      at its best throughput, that of all slots at full speed. Of stragglers only their usual seconds count.
    - the longest picture: when its work ends if it begins at 0.
    - each quota: when the last of N calls can be let in (`earliest`), and then the shortest work.

    Work that goes on when slots are taken away is not evicted, so that a run may come out a little below
    the capacity bound there.
    """
    pace, usual = Pace(scenario), draws.usual
    found = [_capacity(scenario, pace, sum(usual)), pace.end(0.0, max(usual))]
    phases = draws.phases()
    if scenario.requests is not None:
        found.append(pace.end(earliest(scenario.requests, len(usual), phases[0], others[0]), min(usual)))
    if scenario.tokens is not None:
        tokens, unit = draws.attempt(0).tokens, scenario.tokens_a_call.mean
        # The last call may be larger than what is left, where it is larger than all there ever is.
        total = sum(tokens) - max(0.0, max(tokens) - scenario.tokens.most)
        found.append(pace.end(earliest(scenario.tokens, total, phases[1], others[1], unit), min(usual)))
    return max(found)


def earliest(
    allowed: Allowed, total: float, phase: float, others: Sequence[float] = (), unit: float = 1.0
) -> float:
    """When so much of a quota can have been used, other clients having taken `unit` at each of these times.

    A bucket: the least T with burst + rate × T − what others took until T ≥ total, so (total − burst) / rate
    where nobody else takes. Calendar windows: the start of the first window by which as many windows, each
    less what others took in it, hold the total; `phase` is where in a window time 0 lies.
    """
    if allowed.kind == "window":
        phase = phase if allowed.phase is None else allowed.phase
        return _window_start(allowed.per_minute, total, phase, others, unit)
    for taken, until in enumerate([*others, inf]):
        at = max(0.0, (total - allowed.most + taken * unit) / allowed.per_second)
        if at <= until:
            return at
    raise AssertionError("nothing comes after all others")


def _window_start(most: float, total: float, phase: float, others: Sequence[float], unit: float) -> float:
    held, window, seen = 0.0, 0, 0
    while True:
        end = (window + 1) * 60 - phase
        taken = 0
        while seen < len(others) and others[seen] < end:
            seen, taken = seen + 1, taken + 1
        held += most - taken * unit
        if held >= total:
            return max(0.0, window * 60 - phase)
        window += 1


def _capacity(scenario: Scenario, pace: Pace, work: float) -> float:
    if not scenario.slots:
        return 0.0
    slots = [(at * scenario.unit, count) for at, count in scenario.slots]
    slot_spans = zip(slots, [*(at for at, _ in slots[1:]), inf], strict=True)
    for (slot_start, count), slot_end in slot_spans:
        for pace_start, pace_end, speed in pace.spans:
            start, end = max(slot_start, pace_start), min(slot_end, pace_end)
            if end <= start or not speed:
                continue
            able = (end - start) * count * speed
            if able >= work:
                return start + work / (count * speed)
            work -= able
    raise AssertionError("the last span has no end")

"""What a provider's quotas allow from now on, as far as anyone knows: for whoever looks ahead."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from manyeyes.pacing.gates import Gate, Gates
from manyeyes.pacing.window import Window

#: Share by which a rate may be off: as configured, as headers tell it, as refusals have taught it, as guessed
#: from the first of them.
CONFIGURED, ANNOUNCED, LEARNED, GUESSED = 0.01, 0.03, 0.12, 0.4
#: Gates whose rate is that of the run while they hold calls back.
QUOTAS = (Gate.REQUESTS, Gate.TOKENS, Gate.COOL_DOWN)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the quotas leave of a run's future."""

    #: Seconds until a call may start at all.
    wait: float = 0.0
    #: Calls a second while quotas hold them back, and the share by which that may be off; None where that is
    #: not known, or not what holds them back.
    rate: float | None = None
    error: float = 1.0
    #: Calls a second, and calls at once now, that someone has configured, whatever holds calls back now.
    most: float = inf
    room: float = inf
    #: The calendar window under way, where refusals have told of one.
    window: Window | None = None


def allowed(gates: Gates, held_by: Gate | None, now: float) -> Allowed:
    """What these gates leave, the one that holds calls back now being known."""
    rate, error = _rate(gates, held_by) if held_by in QUOTAS else (None, 1.0)
    window = None
    if gates.learned is not None and not gates.is_announced:
        window = gates.learned.calendar(now)
    most, room = inf, inf
    if (quota := gates.requests) is not None and quota.interval > 0:
        most = 1 / quota.interval
        room = min(quota.burst, quota.burst - (quota.full_at - now) / quota.interval)
    return Allowed(max(0.0, gates.cool_until - now), rate, error, most, room, window)


def _rate(gates: Gates, held_by: Gate | None) -> tuple[float | None, float]:
    if held_by is Gate.TOKENS:
        return _by_tokens(gates), ANNOUNCED
    if gates.requests is not None:
        return 1 / gates.requests.interval, CONFIGURED
    if gates.is_announced:
        return gates.announced.rate, ANNOUNCED
    learned = None if gates.learned is None else gates.learned.rate
    if learned is None:
        return None, 1.0
    return learned.rate, LEARNED if learned.measured else GUESSED


def _by_tokens(gates: Gates) -> float | None:
    """Calls a second that a configured quota of tokens lets through, each using what they used lately."""
    tokens = gates.tokens
    if tokens is None or not tokens.recent or not tokens.quota.interval:
        return None
    return len(tokens.recent) / sum(tokens.recent) / tokens.quota.interval

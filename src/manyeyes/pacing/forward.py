"""Plays forward what is in flight and what is to come, many times at once."""

from __future__ import annotations

import math

import numpy as np

from manyeyes.pacing.service import Floats, Service

#: Batches that are drawn one by one; more of them are taken by their mean and deviation.
BATCHES = 64
#: Rows that show what a batch takes.
ROWS = 100


def played(first: Floats, pending: int, service: Service, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Seconds until the last of `pending` calls starts, and from then until all have ended, for each row.

    `first` has a row for each draw and a column for each place: seconds until it is free. Whoever is next
    takes the place that is free first. This is list scheduling, done without a loop: each place goes through
    calls of its own, one after another; the last call starts when so many of all these have ended, and each
    place is done when the call ends that it has then.
    """
    rows, places = first.shape
    if pending <= 0:
        return np.zeros(rows), first.max(axis=1)
    rounds = math.ceil(1.5 * math.ceil(pending / places)) + 4
    seconds = service.drawn((rows, places, rounds), rng)
    seconds[:, :, 0] = first
    ends = np.cumsum(seconds, axis=2)
    starts = np.partition(ends.reshape(rows, -1), pending - 1, axis=1)[:, pending - 1]
    later = np.where(ends > starts[:, None, None] + 1e-6, ends, np.inf).min(axis=2)
    # A place whose calls were all very short has none left to tell.
    last = np.where(np.isfinite(later), later, ends[:, :, -1]).max(axis=1)
    return starts, last - starts


def batches(pending: int, size: int, free: Floats, service: Service, rng: np.random.Generator) -> Floats:
    """Seconds that so many pictures take in batches of `size`, each begun when the one before has ended, for
    each row of `free` places."""
    whole, rest = divmod(pending, size)
    draws, places = free.shape
    took = sum(played(np.zeros((ROWS, min(places, size))), size, service, rng))
    if whole <= BATCHES:
        total = np.asarray(took)[rng.integers(0, ROWS, (draws, whole))].sum(axis=1)
    else:
        total = whole * np.mean(took) + math.sqrt(whole) * np.std(took) * rng.standard_normal(draws)
    if rest:
        total = total + sum(played(np.zeros((draws, min(places, rest))), rest, service, rng))
    return np.asarray(total, dtype=np.float64)

"""What a view of a run comes to: what calls take, how many are worked on at once, how many end a second."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from manyeyes.pacing.forward import ROWS, played
from manyeyes.pacing.service import Floats, Service, censored_fit
from manyeyes.pacing.speed import Guess, agreed, even_span, measured
from manyeyes.pacing.view import Calls, View

#: Latest calls that tell what calls take now: so many, or twice as many as are in flight.
LATELY = 60
#: Latest calls that tell how different calls are.
KNOWN = 512
#: Calls sent with more than so many times the places in flight tell of another time.
CROWDED = 1.3
#: Latency over unloaded latency from which on calls are taken to queue at the provider, how much of its
#: logarithm is left out, since the unloaded one is the least of several means, and calls that must tell it.
QUEUES, TOO_LOW, ENOUGH = 1.1, 0.07, 20
#: Shares by which a speed may be off: one measured, and by the waves that calls end in; one made of places
#: and seconds, and how much more while few calls have shown whether they queue; one nobody knows.
MEASURED, WAVES, MODELLED, UNTRIED, UNKNOWN = 0.03, 0.3, 0.05, 0.25, 0.5
#: Share of the places that are taken when the run goes at its speed.
FULL = 0.8
#: Largest deviation of the logarithms of work that queued.
MOST_DEVIATION = 1.0
#: Smallest and largest share by which the seconds of calls are taken to vary.
LEAST_CV, EVEN_CV = 0.1, 0.3


@dataclass(frozen=True, slots=True)
class Tempo:
    """How a run goes now."""

    #: What a call takes that does not queue.
    service: Service
    #: Calls that are worked on at once.
    places: int
    #: More are in flight than are worked on.
    queues: bool
    #: What places and seconds make, and what is taken all in all, in calls a second.
    modelled: Guess
    speed: Guess


def tempo_of(view: View) -> Tempo:
    """What this view comes to. It needs an answered call, or a prior."""
    calls, going = view.answered, view.under_way
    going = going.where(going.sent_at >= view.since)
    known = calls.where(slice(-KNOWN, None))
    if (usual := known.in_flight <= CROWDED * view.places).sum() >= ENOUGH:
        known = known.where(usual)
    latest = known.where(slice(-max(LATELY, 2 * len(view.under_way)), None))
    mean, deviation = censored_fit(latest.seconds, going.seconds, view.prior)
    ratio = _queueing(view, mean, len(known))
    places = _at_work(view, latest, going, ratio)
    service = Service.of(known.seconds, going.seconds, mean, deviation)
    wave = math.exp(mean + deviation**2 / 2) if view.batch is None else _batch_seconds(view, service)
    ends = _ends(view, calls, going, places)
    count = even_span(ends, max(math.sqrt(math.expm1(deviation**2)), 0.2), len(view.under_way))
    pace = measured(ends, count, view.now, wave, _overdue(latest, going))
    queues = ratio > 1 and view.allowed.window is None
    if queues:
        flow = pace or places * ratio / service.mean
        service = _unqueued(known, going, places, flow, deviation * ratio)
        places = max(1, min(_open(view), round(flow * service.mean)))
    modelled = _modelled(view, service, places, len(known), wave)
    return Tempo(service, places, queues, modelled, _agreed(view, service, modelled, pace, count))


def _open(view: View) -> int:
    """Calls that may be in flight; where something else holds them back, those that are."""
    by_number = view.held or view.batch is not None or view.allowed.window is not None
    return max(1, view.places if by_number else len(view.under_way))


def _queueing(view: View, mean: float, calls: int) -> float:
    """Latency over unloaded latency, 1 where that may be chance."""
    if view.unloaded is None or calls < ENOUGH:
        return 1.0
    ratio = math.exp(mean - view.unloaded - TOO_LOW)
    return ratio if ratio > QUEUES else 1.0


def _at_work(view: View, latest: Calls, going: Calls, ratio: float) -> int:
    """Calls that are worked on at once: by Little's law, those in flight over what they take too long."""
    if ratio == 1:
        return _open(view)
    # Both, as in the fit: the first to end were sent when few were in flight.
    crowd = math.exp(float(np.log(np.concatenate([latest.in_flight, going.in_flight])).mean()))
    return max(1, min(_open(view), round(crowd / ratio)))


def _ends(view: View, calls: Calls, going: Calls, places: int) -> Floats:
    """Ends since the run goes as it does now."""
    since = max(view.since, view.refused_at if not view.held or view.allowed.window else -math.inf)
    if view.held and view.allowed.window is None and view.batch is None:
        fewer = [each.sent_at[each.in_flight < FULL * places] for each in (calls, going)]
        since = max([since, *(float(each.max()) for each in fewer if len(each))])
    ends = np.sort(calls.sent_at + calls.seconds)
    return ends[ends > since]


def _overdue(latest: Calls, going: Calls) -> int:
    """Calls that go on for longer than nearly all have taken."""
    if not len(latest):
        return 0
    return int((going.seconds >= np.quantile(latest.seconds, 0.98) - 1e-6).sum())


def _unqueued(known: Calls, going: Calls, places: int, pace: float, deviation: float) -> Service:
    """What the work takes: whoever was sent beyond the places waited for so many others to end.

    A wait that all have in common makes calls more alike than their work is.
    """
    waited = np.maximum(known.in_flight - places, 0) / pace
    work = np.maximum(known.seconds - waited, 0.15 * known.seconds)
    at_work = going.seconds - np.maximum(going.in_flight - places, 0) / pace
    deviation = min(deviation, MOST_DEVIATION)
    mean = math.log(max(float(work.mean()), 1e-3)) - deviation**2 / 2
    return Service.of(work, at_work[at_work > 0], mean, deviation)


def _batch_seconds(view: View, service: Service) -> float:
    assert view.batch is not None
    places = np.zeros((ROWS, min(view.places, view.batch)))
    return float(np.mean(sum(played(places, view.batch, service, np.random.default_rng(0)))))


def _modelled(view: View, service: Service, places: int, calls: int, wave: float) -> Guess:
    """The speed that places and seconds make."""
    untried = UNTRIED * len(view.under_way) / max(1, len(view.under_way) + calls)
    chance = service.cv / math.sqrt(min(max(calls, 5), max(LATELY, 2 * len(view.under_way))))
    speed = places / service.mean if view.batch is None else view.batch / wave
    return Guess.at(speed, math.hypot(MODELLED + untried, chance))


def _agreed(view: View, service: Service, modelled: Guess, pace: float | None, count: int) -> Guess:
    by_number = view.held or view.batch is not None
    guesses = [modelled] if by_number else []
    if pace:
        even = max(service.cv, LEAST_CV) if by_number else min(service.cv, EVEN_CV)
        waves = WAVES * len(view.under_way) / count
        guesses.append(Guess.at(pace, math.hypot(even / math.sqrt(count), waves, MEASURED)))
    if view.allowed.rate and not view.held:
        guesses.append(Guess.at(view.allowed.rate, view.allowed.error))
    return agreed(guesses) if guesses else Guess(modelled.log, UNKNOWN)

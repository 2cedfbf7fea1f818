"""Has a model put a style profile into words: a run whose only picture is the contact sheet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from manyeyes.engine.plan import Plan
from manyeyes.engine.run import INTERRUPTED, Run
from manyeyes.engine.seams import Parts, Preparer
from manyeyes.model.image import ImageRef, Locator, Original, PassedOver, PreparedImage
from manyeyes.model.outcome import Failed, Outcome
from manyeyes.model.written import WORDS_SCHEMA, ask_for_words, parse_words
from manyeyes.portrait.shares import Distribution
from manyeyes.portrait.style import StyleProfile
from manyeyes.store.sql import SqlStore
from manyeyes.store.writing_store import WritingStore
from manyeyes.store.writings import Asked, Order, note_failure, place, words_of

#: Values of a field, and colours, that a model is told.
_MOST_VALUES, _MOST_COLOURS = 6, 8
_SHEET = "contact sheet"


def figures_of(profile: StyleProfile) -> str:
    """What a model is told of a profile, as JSON: counts of what is most frequent. No names of pictures."""
    sure = profile.sureness
    told = {
        "pictures": profile.pictures,
        "analyzed": profile.analyzed,
        "without_garment": profile.no_garment,
        "colours": {one.name: round(one.share, 3) for one in profile.palette[:_MOST_COLOURS]},
        "fields": {name: _told(one) for name, one in profile.distributions.items() if one.known},
        "median_confidence": None if sure.median is None else round(sure.median, 2),
        "least_like_the_rest": [[str(why) for why in pick.reasons] for pick in profile.outliers[:3]],
    }
    return json.dumps(told, sort_keys=True)


def _told(field: Distribution) -> dict[str, object]:
    counts = {one.value: one.count for one in islice(field.values, _MOST_VALUES)}
    return {"known_of": [field.known, field.of], "counts": counts}


def digest_of(figures: str) -> str:
    """Tells whether words are about these figures."""
    return hashlib.sha256(figures.encode()).hexdigest()


async def with_words(store: SqlStore, portfolio: str, profile: StyleProfile) -> StyleProfile:
    """The profile with what a model wrote about the portfolio, which may be about other figures."""
    figures = digest_of(figures_of(profile))
    return replace(
        profile, written=await store.carry_out(partial(words_of, portfolio=portfolio, figures=figures))
    )


@dataclass(frozen=True, slots=True)
class Commission:
    """What is to be written about, and for whom."""

    portfolio: str
    profile: StyleProfile
    #: The contact sheet, as JPEG.
    sheet: bytes
    #: A server is to go on with it when it starts again.
    lasting: bool = False


async def placed(store: SqlStore, commission: Commission, parts: Parts) -> Order:
    """The order, kept before anything is bought: a new one, or the one that is to be settled first."""
    figures, traits = figures_of(commission.profile), parts.analyzer.traits
    asked = Asked(
        commission.portfolio,
        traits.adapter,
        traits.model,
        digest_of(figures),
        ask_for_words(figures).prompt,
        commission.sheet,
        commission.lasting,
    )
    return await store.carry_out(partial(place, asked=asked, owner=store.owner))


async def carried_out(
    store: SqlStore, order: Order, parts: Parts, plan: Plan, *, begun: Callable[[Run], object] | None = None
) -> str | None:
    """Have an order written; None once there are words, else why there are none. Raises StoreError.

    Where it is answered already, nothing is bought. Cancelling ends it at once, and what may have been
    bought is looked for when the order is carried out again. `begun` is handed what may be told to stop.
    """
    if order.picture is None:
        return None
    sheet = _Sheet(order.picture, parts.preparer)
    parts = replace(
        parts, source=sheet, preparer=sheet, store=WritingStore(store, order.id), parse=parse_words
    )
    ask = replace(ask_for_words(""), prompt=order.prompt)
    # One call is promised: a slow one is not asked a second time.
    plan = replace(plan, recipe=replace(plan.recipe, ask=ask), hedge=None)
    async with Run(parts, plan, stream=True) as run:
        if begun is not None:
            begun(run)
        ended = [outcome async for outcome in run]
        report = await run.wait()
    return await _why_not(store, order, ended, report.stopped)


async def _why_not(store: SqlStore, order: Order, ended: list[Outcome], stopped: str | None) -> str | None:
    match ended:
        case [Failed(message=message)]:
            return message.replace(repr(_SHEET), f"the {_SHEET}")
        case [_]:
            return None
    why = stopped or "nobody knows why"
    if why != INTERRUPTED:
        await store.carry_out(partial(note_failure, order=order.id, kind="stopped", message=why))
    return why


class _Sheet:
    """A contact sheet as a run's only picture: listed, read, and prepared like any other."""

    def __init__(self, data: bytes, preparer: Preparer) -> None:
        self._data = data
        self._preparer = preparer

    @property
    def identity(self) -> tuple[str, ...]:
        """There is no place that it comes from."""
        return (WORDS_SCHEMA,)

    @property
    def label(self) -> str:
        """What it is called."""
        return _SHEET

    async def list(self) -> AsyncIterator[ImageRef | PassedOver]:
        """The sheet."""
        yield ImageRef(_SHEET, Locator(_SHEET), "", len(self._data))

    async def read(self, image: ImageRef) -> Original:
        """It is in hand."""
        return Original(image, self._data, hashlib.sha256(self._data).hexdigest())

    async def prepare(self, original: Original) -> PreparedImage:
        """As the analyzer wants it."""
        return await self._preparer.prepare(original)

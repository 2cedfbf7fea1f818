"""From our values to what the API gives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from manyeyes.model.descriptor import as_json
from manyeyes.model.errors import remedy_for
from manyeyes.model.outcome import Analyzed, Failed
from manyeyes.store.facets import Facet
from manyeyes.store.gallery import Card
from manyeyes.store.portfolios import PortfolioSummary
from manyeyes.store.reports import Look, RunSummary
from manyeyes.store.shares import Share
from manyeyes.web.estimates import Estimate
from manyeyes.web.gallery import Picture
from manyeyes.web.uploads import Receipt
from manyeyes.web.views import moment

#: Bytes of names that are no UTF-8 (PEP 383), which JSON has no place for.
_HALVES = re.compile("[\ud800-\udfff]")


def shown(text: str) -> str:
    """A name or a message, fit for JSON."""
    return _HALVES.sub("\ufffd", text)


def run(told: Mapping[str, object]) -> dict[str, object]:
    """A run with all that is known of it (`views.run_json`)."""
    return {name: clean(value) for name, value in told.items()}


def clean(value: Any) -> Any:
    """The same value, every text in it fit for JSON."""
    match value:
        case str():
            return shown(value)
        case Mapping():
            return {shown(str(name)): clean(each) for name, each in value.items()}
        case list() | tuple():
            return [clean(each) for each in value]
        case _:
            return value


def run_brief(run: RunSummary) -> dict[str, object]:
    """A run, as a list tells it."""
    return {
        "id": run.id,
        "portfolio": run.portfolio.id,
        "portfolioName": shown(run.portfolio.name),
        "analyzer": run.adapter,
        "model": run.model,
        "state": run.state,
        "stopped": None if run.stopped is None else shown(run.stopped),
        "started": moment(run.started),
        "ended": None if run.ended is None else moment(run.ended),
        "total": run.total,
        "analyzed": run.analyzed,
        "failed": run.failed,
        "reused": run.reused,
    }


def portfolio(found: PortfolioSummary) -> dict[str, object]:
    """A portfolio."""
    newest = found.newest_run
    return {
        "id": found.portfolio.id,
        "name": shown(found.portfolio.name),
        "created": moment(found.created),
        "uploaded": found.folder is not None,
        "pictures": found.pictures,
        "analyzed": found.analyzed,
        "failed": found.failed,
        "waiting": found.waiting,
        "bytes": found.bytes,
        "newestRun": None if newest is None else run_brief(newest),
    }


def receipt(made: Receipt) -> dict[str, object]:
    """What became of an upload."""
    return {
        "added": [shown(name) for name in made.added],
        "duplicates": [{"name": shown(one.name), "of": shown(one.of)} for one in made.duplicates],
        "refused": [{"name": shown(one.name), "reason": shown(one.reason)} for one in made.refused],
    }


def card(one: Card, below: str = "/api/images") -> dict[str, object]:
    """A picture of the gallery; its thumbnail lies `below`."""
    error = one.error
    return {
        "id": one.id,
        "name": shown(one.name),
        "status": one.status,
        "descriptor": None if one.descriptor is None else clean(as_json(one.descriptor)),
        "corrected": list(one.corrected),
        "error": None if error is None else _error(error.kind, error.message),
        "confidence": one.confidence,
        "bytes": one.size,
        "sha256": one.sha256,
        "run": one.run,
        "changed": one.changed,
        "thumbnail": f"{below}/{one.id}/thumbnail?v={one.sha256[:8]}",
    }


def shared_card(one: Card, below: str) -> dict[str, object]:
    """The same for a guest, who is told nothing of runs, nor what went wrong in detail."""
    told = card(one, below)
    error = None if one.error is None else {"kind": one.error.kind, "message": "", "remedy": ""}
    return told | {"run": None, "error": error}


def picture(found: Picture, prices: Mapping[str, float]) -> dict[str, object]:
    """A picture with all that is known of it."""
    return card(found.card) | {
        "portfolio": found.record.portfolio.id,
        "portfolioName": shown(found.record.portfolio.name),
        "original": f"/api/images/{found.record.id}/original",
        "looks": [_look(look, prices) for look in found.looks],
    }


def _look(look: Look, prices: Mapping[str, float]) -> dict[str, object]:
    outcome, price = look.kept.outcome, prices.get(look.adapter)
    descriptor = as_json(outcome.descriptor) if isinstance(outcome, Analyzed) else None
    error = _error(outcome.kind, outcome.message) if isinstance(outcome, Failed) else None
    return {
        "run": look.run,
        "started": moment(look.started),
        "analyzer": look.adapter,
        "model": look.model,
        "status": "analyzed" if error is None else "failed",
        "descriptor": clean(descriptor),
        "raw": None if look.kept.raw is None else shown(look.kept.raw),
        "error": error,
        "reused": outcome.reused,
        "attempts": outcome.attempts,
        "seconds": round(outcome.seconds, 3),
        "inputTokens": outcome.usage.input_tokens,
        "outputTokens": outcome.usage.output_tokens,
        "cost": None if price is None else round(price * outcome.attempts, 6),
    }


def _error(kind: str, message: str) -> dict[str, str]:
    return {"kind": kind, "message": shown(message), "remedy": remedy_for(kind)}


def facet(one: Facet) -> dict[str, object]:
    """A value of a field."""
    return {"value": shown(one.value), "count": one.count, "hex": one.hex}


def estimate(made: Estimate) -> dict[str, object]:
    """What a run would come to."""
    preview, seconds = made.preview, made.seconds or (None, None)
    return {
        "pictures": preview.pictures,
        "answered": preview.answered,
        "calls": made.calls,
        "mostCalls": made.most_calls,
        "bytes": preview.size,
        "passedOver": len(preview.passed_over),
        "analyzer": made.analyzer,
        "model": made.model,
        "paid": preview.paid,
        "secondsLow": None if seconds[0] is None else round(seconds[0], 1),
        "secondsHigh": None if seconds[1] is None else round(seconds[1], 1),
        "toldFrom": made.told_from,
        "cost": made.cost,
        "mostCost": made.most_cost,
    }


def share(one: Share) -> dict[str, object]:
    """A link."""
    return {
        "id": one.id,
        "created": moment(one.created),
        "expires": None if one.expires is None else moment(one.expires),
        "withdrawn": None if one.withdrawn is None else moment(one.withdrawn),
    }


def cards(many: Sequence[Card], below: str = "/api/images") -> list[dict[str, object]]:
    """Pictures of the gallery."""
    return [card(one, below) for one in many]

"""Runs as the API, the page and server-sent events tell them: one shape, whoever carries the run out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from manyeyes.engine.run import Run
from manyeyes.model.progress import Progress
from manyeyes.model.vitals import Vitals
from manyeyes.store.orders import Order
from manyeyes.store.watching import RunNews

#: Of an order, what a run's JSON tells, as the API spells it.
_ASKED = {
    "analyzer": "analyzer",
    "model": "model",
    "concurrency": "concurrency",
    "preset": "preset",
    "strategy": "strategy",
    "batch_size": "batchSize",
    "most_calls": "budget",
    "limit": "limit",
    "retry_failed": "retryFailed",
    "fresh": "fresh",
    "overall_range": "overallRange",
    "webhook": "webhook",
}
RUNNING, PAUSED = "running", "paused"


def moment(seconds: float) -> str:
    """Seconds since the epoch as RFC 3339 has it: `2026-11-23T10:00:00.000Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def run_json(news: RunNews, run: Run | None = None) -> dict[str, object]:
    """A run with all that is known of it; `run` where this process carries it out, which knows best."""
    summary = news.summary
    progress, vitals = _of_run(run) if run is not None else _of_store(news)
    return {
        "id": summary.id,
        "portfolio": summary.portfolio.id,
        "portfolioName": summary.portfolio.name,
        "state": state_of(news, run),
        "paused": bool(progress.pop("paused", False)),
        "wanted": news.wanted,
        "stopped": summary.stopped,
        "analyzer": summary.adapter,
        "model": summary.model,
        "started": moment(summary.started),
        "ended": None if summary.ended is None else moment(summary.ended),
        "here": run is not None,
        "progress": progress,
        "vitals": vitals,
        "order": None if news.order is None else order_json(news.order),
        "webhook": None if news.order is None else (news.order.more or {}).get("delivery"),
        "continues": news.continues,
        "continuedBy": news.continued_by,
    }


def state_of(news: RunNews, run: Run | None) -> str:
    """`running`, `complete`, `stopped`, `interrupted` or `broken off`."""
    return RUNNING if run is not None and not run.progress.finished else news.summary.state


def order_json(order: Order) -> dict[str, object]:
    """What was asked of a run."""
    values = asdict(order)
    return {spelt: values[name] for name, spelt in _ASKED.items()}


def frame_of(
    run: str, progress: Mapping[str, Any], vitals: Mapping[str, Any] | None, state: str
) -> dict[str, object]:
    """What a server-sent event tells: small enough for many a second."""
    told = {name: value for name, value in progress.items() if name not in ("paused", "vitals")}
    return told | {
        "run": run,
        "state": state,
        "paused": bool(progress.get("paused", False)),
        "changed": progress.get("current", 0),
        "vitals": None if vitals is None else {name: vitals[name] for name in vitals if name != "series"},
    }


def _of_run(run: Run) -> tuple[dict[str, Any], dict[str, Any]]:
    return run.progress.as_json(), run.vitals().as_json()


def _of_store(news: RunNews) -> tuple[dict[str, Any], dict[str, Any]]:
    """As it was at its last heartbeat; the counts are those that are kept, which may be ahead of it."""
    progress = Progress().as_json() | {
        name: value for name, value in news.progress.items() if name != "vitals"
    }
    summary = news.summary
    progress |= {"analyzed": summary.analyzed, "failed": summary.failed, "reused": summary.reused}
    return progress, news.progress.get("vitals") or Vitals().as_json()

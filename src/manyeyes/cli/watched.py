"""A run that Prometheus can watch while it lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from manyeyes.cli.faults import reason
from manyeyes.engine.feed import Listener
from manyeyes.model.errors import SettingsError
from manyeyes.pacing.limiter import Limiter


@contextmanager
def metrics_at(port: int | None, limiter: Limiter) -> Iterator[Listener | None]:
    """A listener whose figures are served on this port of 127.0.0.1; None where no port is given.

    Raises SettingsError where the port cannot be had.
    """
    if port is None:
        yield None
        return
    from manyeyes.web.metrics import Metrics, served  # noqa: PLC0415 - few runs are watched like this

    metrics = Metrics()
    metrics.watch(lambda: limiter.in_flight, lambda: limiter.limit.value)
    with ExitStack() as serving:
        try:
            serving.enter_context(served(metrics, port))
        except OSError as error:
            raise SettingsError(
                f"--metrics-port {port} cannot be had ({reason(error)}): try another"
            ) from None
        yield metrics.hear

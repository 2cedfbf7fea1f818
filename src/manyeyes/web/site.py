"""The acts of the page and the API, one of each for a server; pages and API routes find them here."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from manyeyes.web.estimates import Estimates
from manyeyes.web.gallery import Gallery
from manyeyes.web.house import House
from manyeyes.web.likenesses import Likenesses
from manyeyes.web.live import Live
from manyeyes.web.metrics import Metrics
from manyeyes.web.once import Once
from manyeyes.web.portfolios import Portfolios
from manyeyes.web.runs import Runs
from manyeyes.web.shares import Shares
from manyeyes.web.thumbnails import Thumbnails
from manyeyes.web.uploads import Uploads
from manyeyes.web.writing import Writing


@dataclass(frozen=True, slots=True)
class Site:
    """What can be done here."""

    house: House
    portfolios: Portfolios
    uploads: Uploads
    runs: Runs
    gallery: Gallery
    thumbnails: Thumbnails
    likenesses: Likenesses
    shares: Shares
    live: Live
    estimates: Estimates
    once: Once
    metrics: Metrics
    writing: Writing


def site_of(request: Request) -> Site:
    """The acts of the server that was asked."""
    site: Site = request.app.state.site
    return site

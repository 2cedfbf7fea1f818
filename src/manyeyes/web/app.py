"""The page and the API as one ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from manyeyes.web.api import gallery as gallery_routes
from manyeyes.web.api import images, portfolios, run_results, runs, service, shared, uploading, wording
from manyeyes.web.api.description import describe
from manyeyes.web.estimates import Estimates
from manyeyes.web.gallery import Gallery
from manyeyes.web.head import HeadersAlone
from manyeyes.web.house import House
from manyeyes.web.likenesses import Likenesses
from manyeyes.web.live import Live
from manyeyes.web.metrics import Metrics
from manyeyes.web.once import Once
from manyeyes.web.pages import router as pages
from manyeyes.web.pages.doors import problem_page
from manyeyes.web.portfolios import Portfolios
from manyeyes.web.problems import install
from manyeyes.web.runs import Runs
from manyeyes.web.safety import Guard
from manyeyes.web.sessions import Sessions
from manyeyes.web.shares import Shares
from manyeyes.web.site import Site
from manyeyes.web.thumbnails import Thumbnails
from manyeyes.web.uploads import Uploads
from manyeyes.web.writing import Writing

#: Everything that answers requests.
ROUTERS = (
    service.router,
    portfolios.router,
    uploading.router,
    gallery_routes.router,
    images.router,
    wording.router,
    runs.router,
    run_results.router,
    shared.router,
    pages.router,
)


def create_app(house: House) -> FastAPI:
    """The application over this house; its work starts and ends with its lifespan."""
    sessions = Sessions(house.doors)
    app = FastAPI(
        title="manyeyes",
        version=house.version,
        summary="Looks at a whole portfolio of pictures at once: one style descriptor each.",
        lifespan=_at_work,
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        middleware=[Middleware(HeadersAlone), Middleware(Guard, house=house, sessions=sessions)],
    )
    app.state.site, app.state.sessions = site_over(house), sessions
    app.state.problem_page = problem_page
    install(app)
    for router in ROUTERS:
        app.include_router(router)
    describe(app)
    return app


def site_over(house: House) -> Site:
    """The acts over a house, not yet at work."""
    live, metrics, thumbnails = Live(), Metrics(), Thumbnails(house)
    gallery, writing = Gallery(house), Writing(house, thumbnails)
    work = Runs(house, live, metrics, writing)
    return Site(
        house,
        Portfolios(house, work, thumbnails),
        Uploads(house),
        work,
        gallery,
        thumbnails,
        Likenesses(house, thumbnails, gallery),
        Shares(house.store),
        live,
        Estimates(house),
        Once(house.store),
        metrics,
        writing,
    )


@asynccontextmanager
async def _at_work(app: FastAPI) -> AsyncIterator[None]:
    site: Site = app.state.site
    async with site.uploads.open(), site.live, site.runs:
        await site.runs.take_up()
        yield

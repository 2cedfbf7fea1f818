"""`manyeyes serve`: the web page and the REST API."""

# ruff: noqa: ARG001 - what gives a setting is taken from the context

from __future__ import annotations

import asyncio
import logging
import socket
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from manyeyes.cli.codes import ALL_ANALYZED
from manyeyes.cli.faults import reason
from manyeyes.cli.interrupts import Interrupts
from manyeyes.cli.log import run_log
from manyeyes.cli.options import StoreOption, setting, settings_of
from manyeyes.cli.unread import http_protocol
from manyeyes.housing import house_of, make_data
from manyeyes.model.errors import SettingsError
from manyeyes.settings import Settings
from manyeyes.web.app import create_app
from manyeyes.web.runs import Runs
from manyeyes.web.webhooks import key_of

STOPPING = "Stopping: what is in flight is finished and saved. Ctrl-C again ends at once."
#: Characters that a token must have at least: it is all that stands between strangers and the bill.
SHORTEST_TOKEN = 16
#: Bytes of faults kept in a file; the file before it is kept too.
FAULTS = 5_000_000


def command(
    ctx: typer.Context,
    host: Annotated[
        str | None, setting("host", "Address to listen on; any but this machine's own needs MANYEYES_TOKEN.")
    ] = None,
    port: Annotated[str | None, setting("port", "Port to listen on; 0 for a free one.", "PORT")] = None,
    data: Annotated[
        Path | None,
        setting("data", "Folder of what is uploaded, the store and the log; the user's own if not said."),
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Show the page in a browser.", show_default=False)
    ] = False,
    store: StoreOption = None,
    analyzer: Annotated[
        str | None, setting("analyzer", "Who looks at the pictures where a run does not say.", "NAME")
    ] = None,
    model: Annotated[str | None, setting("model", "One of that analyzer's models.", "NAME")] = None,
    concurrency: Annotated[
        str | None, setting("concurrency", "Calls at once where a run does not say.", "N|auto")
    ] = None,
    allow_host: Annotated[
        str | None, setting("allow_host", "More names that the server goes by, with commas.", "NAMES")
    ] = None,
    root_path: Annotated[
        str | None, setting("root_path", "The path below which a proxy shows the server.", "PATH")
    ] = None,
    trusted_proxies: Annotated[
        str | None,
        setting("trusted_proxies", "Addresses whose X-Forwarded headers are believed, with commas.", "IPS"),
    ] = None,
    runs_at_once: Annotated[str | None, setting("runs_at_once", "Runs carried out at once.", "N")] = None,
) -> None:
    """Open the web page and the REST API.

    It listens on this machine alone; anywhere else asks for MANYEYES_TOKEN. Ctrl-C ends it: what is in
    flight is finished and saved, and taken up at the next start.
    """
    settings = settings_of(ctx)
    check_doors(settings)
    make_data(settings.data_folder)
    raise typer.Exit(asyncio.run(_serve(settings, shows=open_page)))


def check_doors(settings: Settings) -> None:
    """Raise SettingsError where strangers could come in, the token is easily guessed, or nothing can be
    signed with the webhooks' secret."""
    if settings.webhook_secret is not None:
        key_of(settings.webhook_secret.get_secret_value())
    token = settings.token
    if token is None and not _is_own(settings.host):
        raise SettingsError(
            f"--host {settings.host!r} can be reached by others: set MANYEYES_TOKEN to a secret of "
            f"{SHORTEST_TOKEN} characters or more, which they must know, or leave --host away"
        )
    if token is not None and len(token.get_secret_value()) < SHORTEST_TOKEN:
        raise SettingsError(f"MANYEYES_TOKEN must have {SHORTEST_TOKEN} characters or more: make it longer")


def _is_own(host: str) -> bool:
    """Whether only this machine can ask there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _serve(settings: Settings, *, shows: bool) -> int:
    log_file = settings.log_file or settings.data_folder / "server.log"
    with (
        _listening(settings) as sockets,
        run_log(log_file, settings.log_format, settings.log_level) as log,
        _faults_kept(settings.data_folder / "faults.log"),
    ):
        assert log is not None
        async with house_of(settings, log.for_another) as house:
            app = create_app(house)
            async with app.router.lifespan_context(app):
                server = uvicorn.Server(_config(settings, app))
                await _until_told(server, sockets, settings, app.state.site.runs, shows=shows)
    return ALL_ANALYZED


async def _until_told(
    server: uvicorn.Server, sockets: list[socket.socket], settings: Settings, runs: Runs, *, shows: bool
) -> None:
    def first() -> None:
        if runs.under_way:
            typer.echo(
                "Stopping: what is in flight is finished and saved. Ctrl-C again ends at once.", err=True
            )
        runs.stop()
        server.should_exit = True

    interrupts = Interrupts(first, runs.end_now)
    address = _address(settings, sockets)
    asks = "" if settings.token is None else " It asks for MANYEYES_TOKEN."
    typer.echo(f"manyeyes is at {address}{asks} Ctrl-C ends it.", err=True)
    if shows:
        webbrowser.open(address)
    with interrupts.heard():
        # `serve` would take both signals for itself.
        await server._serve(sockets)
        await runs.wait_ended()


@contextmanager
def _faults_kept(place: Path) -> Iterator[None]:
    """What goes wrong within requests, with all that a developer wants to know, in a file of its own."""
    handler = RotatingFileHandler(
        place, maxBytes=FAULTS, backupCount=1, encoding="utf-8", errors="backslashreplace", delay=True
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    loggers = [logging.getLogger(name) for name in ("uvicorn", "manyeyes", "asyncio")]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()


@contextmanager
def _listening(settings: Settings) -> Iterator[list[socket.socket]]:
    """The sockets to listen on, held before anything else is begun. Raises SettingsError."""
    opened: list[socket.socket] = []
    try:
        for family, kind, protocol, _, place in socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            held = socket.socket(family, kind, protocol)
            opened.append(held)
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind(place)
            held.listen(2048)
            held.setblocking(False)
            break
    except OSError as error:
        for each in opened:
            each.close()
        raise SettingsError(
            f"cannot listen on {settings.host}:{settings.port} ({reason(error)}): "
            "end what listens there, or choose another --port or --host"
        ) from None
    try:
        yield opened
    finally:
        for each in opened:
            each.close()


def _address(settings: Settings, sockets: list[socket.socket]) -> str:
    host = settings.host if settings.host not in ("0.0.0.0", "::") else "localhost"  # noqa: S104
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{sockets[0].getsockname()[1]}/"


def _config(settings: Settings, app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=http_protocol(),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        root_path=settings.root_path.rstrip("/"),
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=64_000,
    )

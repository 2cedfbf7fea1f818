"""URLs are fetched under rules: nothing private is reached, nothing is without end, nothing is told."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from yarl import URL

from hostile_files import photo
from intake_crafted import zip_of
from manyeyes.intake.addresses import OUT_OF_REACH, Allowed
from manyeyes.intake.fetch import Fetcher, FetchRules
from manyeyes.intake.hosts import Hosts, Manners
from manyeyes.intake.response import name_of, retry_after
from manyeyes.intake.safety import why_unsafe
from manyeyes.lab import virtual_time
from manyeyes.model.arrival import Fetched, Refused
from picture_server import Answer, Names, Server, gives, never, serving

#: What `pictures.test` is; it is allowed, `inside.test` is on the same machine and is not.
TABLE = {
    "pictures.test": ("127.0.0.1",),
    "inside.test": ("127.0.0.1",),
    "metadata.test": ("169.254.169.254",),
}
QUICK = FetchRules(manners=Manners(apart=0), most_bytes=1_000_000)


def with_fetcher(
    answer: Answer,
    act: Callable[[Fetcher, Server], Awaitable[None]],
    rules: FetchRules = QUICK,
    names: Names | None = None,
) -> Server:
    """Carry out `act` beside a server that answers so; the server."""

    async def main() -> Server:
        async with serving(answer) as server:
            allowed = Allowed.parse(f"pictures.test:{server.port}")
            async with Fetcher(replace(rules, allowed=allowed), names or Names(TABLE)) as fetcher:
                await act(fetcher, server)
            return server

    return asyncio.run(main())


def fetched(
    folder: Path, answer: Answer, path: str = "/a.jpg", *, host: str = "pictures.test",
    rules: FetchRules = QUICK, names: Names | None = None,
) -> tuple[Fetched | Refused, Server]:  # fmt: skip
    """What comes of one address at a server that answers so."""
    rows: list[Fetched | Refused] = []

    async def act(fetcher: Fetcher, server: Server) -> None:
        rows.append(await fetcher.fetch(server.url(path, host), folder))

    server = with_fetcher(answer, act, rules, names)
    return rows[0], server


def reason_of(folder: Path, answer: Answer, path: str = "/a.jpg", **options: object) -> str:
    """Why it is refused; nothing of it stays."""
    row, _ = fetched(folder, answer, path, **options)  # type: ignore[arg-type]
    assert isinstance(row, Refused), row
    assert list(folder.iterdir()) == []
    return row.reason


def redirects_to(location: str, status: int = 302) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/a.jpg":
            return web.Response(status=status, headers={"Location": location.format(port=request.url.port)})
        return web.Response(body=photo())

    return answer


def test_a_picture_is_fetched_to_a_file_under_its_name(tmp_path: Path) -> None:
    row, server = fetched(tmp_path, gives(photo()), "/looks/spr%C3%BCng.jpg?size=2")
    assert isinstance(row, Fetched)
    assert row.name == "sprüng.jpg"
    assert Path(row.path).read_bytes() == photo()
    assert Path(row.path).parent == tmp_path
    assert Path(row.path).name.startswith(".arriving-")
    assert row.url == server.url("/looks/spr%C3%BCng.jpg?size=2")


def test_nothing_is_told_of_this_machine(tmp_path: Path) -> None:
    _, server = fetched(tmp_path, gives(photo()))
    headers = {name.lower(): value for name, value in server.seen[0].headers.items()}
    assert headers.pop("host") == f"pictures.test:{server.port}"
    assert headers == {
        "user-agent": "manyeyes",
        "accept": "image/*, application/zip, */*;q=0.1",
        "accept-encoding": "identity",
    }


def test_cookies_are_neither_kept_nor_sent(tmp_path: Path) -> None:
    async def act(fetcher: Fetcher, server: Server) -> None:
        await fetcher.fetch(server.url("/a.jpg"), tmp_path)
        await fetcher.fetch(server.url("/b.jpg"), tmp_path)

    server = with_fetcher(gives(photo(), Set_Cookie="a=b; Path=/"), act)
    assert ["Cookie" in request.headers for request in server.seen] == [False, False]


def test_proxies_of_the_environment_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    row, _ = fetched(tmp_path, gives(photo()))
    assert isinstance(row, Fetched)


def test_a_zip_is_fetched_too(tmp_path: Path) -> None:
    row, _ = fetched(tmp_path, gives(zip_of({"a.jpg": photo()})), "/looks.zip")
    assert isinstance(row, Fetched)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<html>sign in</html>", "a web page"),
        (b"", "an empty file"),
        (b"%PDF-1.7" + bytes(900), "a PDF document"),
    ],
)
def test_what_is_no_picture_is_refused_by_its_content(tmp_path: Path, data: bytes, words: str) -> None:
    reason = reason_of(tmp_path, gives(data, Content_Type="image/jpeg"))
    assert reason == f"holds {words}, no picture; give the address of the picture itself"


# Where it leads


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "inside.test", "metadata.test", "nobody.test", "[::1]", "127.1"]
)
def test_what_is_private_or_is_not_there_is_refused_in_the_same_words(tmp_path: Path, host: str) -> None:
    rules = replace(QUICK, allowed=Allowed())

    async def main() -> Fetched | Refused:
        async with Fetcher(rules, Names(TABLE)) as fetcher:
            return await fetcher.fetch(f"http://{host}/a.jpg", tmp_path)

    assert asyncio.run(main()) == Refused(f"http://{host}/a.jpg", OUT_OF_REACH)


def test_a_private_address_at_a_usual_port_is_never_connected_to(tmp_path: Path) -> None:
    reason = reason_of(tmp_path, redirects_to("http://inside.test/secret.jpg"))
    assert reason == OUT_OF_REACH


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1:{port}/secret.jpg", "http://inside.test:{port}/secret.jpg", "http://[::1]:{port}/secret.jpg",
     "file:///etc/passwd", "http://u:p@pictures.test:{port}/secret.jpg", "//127.0.0.1:{port}/secret.jpg"],
)  # fmt: skip
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_checked_like_the_address_itself(tmp_path: Path, location: str, status: int) -> None:
    row, server = fetched(tmp_path, redirects_to(location, status))
    assert isinstance(row, Refused)
    assert server.paths == ["/a.jpg"]


@pytest.mark.parametrize("location", ["/b.jpg", "b.jpg", "//pictures.test:{port}/b.jpg", "?b"])
def test_a_redirect_to_where_one_may_go_is_followed(tmp_path: Path, location: str) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if len(server_paths) == 0:
            server_paths.append(request.path)
            return web.Response(status=302, headers={"Location": location.format(port=request.url.port)})
        return web.Response(body=photo())

    server_paths: list[str] = []
    row, _ = fetched(tmp_path, answer)
    assert isinstance(row, Fetched)
    assert row.name == ("a.jpg" if location == "?b" else "b.jpg")


def test_redirects_end(tmp_path: Path) -> None:
    reason = reason_of(tmp_path, redirects_to("/a.jpg"))
    assert reason == "leads on to others more than 5 times; give the last one"


def test_a_name_that_comes_to_mean_another_address_is_refused_at_that_moment(tmp_path: Path) -> None:
    """The address that is connected to is of the very look-up that was checked: there is no second one."""
    names = Names({"pictures.test": ("127.0.0.1",), "rebound.test": ("93.184.216.34", "127.0.0.1")})
    names.asked.append("rebound.test")
    rows: list[Fetched | Refused] = []

    async def act(fetcher: Fetcher, server: Server) -> None:
        rows.append(await fetcher.fetch("http://rebound.test/a.jpg", tmp_path))
        rows.append(await fetcher.fetch(server.url("/a.jpg"), tmp_path))
        rows.append(await fetcher.fetch(server.url("/b.jpg"), tmp_path))

    server = with_fetcher(gives(photo(), Connection="close"), act, names=names)
    assert rows[0] == Refused("http://rebound.test/a.jpg", OUT_OF_REACH)
    assert names.asked == ["rebound.test", "rebound.test", "pictures.test", "pictures.test"]
    assert server.paths == ["/a.jpg", "/b.jpg"]


# How much and how long


def test_more_bytes_than_are_fetched_are_refused_before_they_come(tmp_path: Path) -> None:
    reason = reason_of(tmp_path, gives(photo() + bytes(2_000_000)))
    assert "has more than 1,000,000 bytes" in reason


def test_a_body_without_end_is_broken_off(tmp_path: Path) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(photo())
        while True:
            await response.write(bytes(65_536))

    assert "has more than 1,000,000 bytes" in reason_of(tmp_path, endless)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_what_is_sent_packed_is_unpacked(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    row, _ = fetched(tmp_path, gives(pack(photo()), Content_Encoding="gzip"))
    assert isinstance(row, Fetched)
    assert Path(row.path).read_bytes() == photo()


def test_a_bomb_is_not_unpacked_beyond_the_cap(tmp_path: Path) -> None:
    bomb = gzip.compress(photo() + bytes(50_000_000))
    assert len(bomb) < 100_000
    assert "has more than 1,000,000 bytes" in reason_of(tmp_path, gives(bomb, Content_Encoding="gzip"))


@pytest.mark.parametrize(
    ("data", "coding", "words"),
    [
        (b"not packed", "gzip", "is packed, and damaged"),
        (gzip.compress(photo())[:-9], "gzip", "came only in part"),
        (b"?", "br", "in a way that is not read here ('br')"),
    ],
)
def test_what_is_packed_wrongly_is_refused(tmp_path: Path, data: bytes, coding: str, words: str) -> None:
    assert words in reason_of(tmp_path, gives(data, Content_Encoding=coding))


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    rules = replace(QUICK, quiet=0.05)
    assert "did not come in time" in reason_of(tmp_path, never, rules=rules)


def test_a_server_that_sends_one_byte_after_another_is_given_up(tmp_path: Path) -> None:
    async def dripping(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(photo())
        while True:
            await response.write(b"-")
            await asyncio.sleep(0)

    rules = replace(QUICK, whole=0.2)
    assert "did not come in time" in reason_of(tmp_path, dripping, rules=rules)


def test_a_body_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    async def breaks_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100000"})
        await response.prepare(request)
        await response.write(photo())
        assert request.transport is not None
        request.transport.abort()
        return response

    assert reason_of(tmp_path, breaks_off) == OUT_OF_REACH


def test_a_fetch_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def stuck(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(photo())
        begun.set()
        return await never(request)

    async def act(fetcher: Fetcher, server: Server) -> None:
        task = asyncio.create_task(fetcher.fetch(server.url("/a.jpg"), tmp_path))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with_fetcher(stuck, act)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    row, _ = fetched(tmp_path / "gone", gives(photo()))
    assert isinstance(row, Refused)
    assert row.reason == "could not be kept: no such file or directory; see to that, then add it again"


def test_a_status_that_is_no_success_is_told(tmp_path: Path) -> None:
    async def missing(_: web.Request) -> web.StreamResponse:
        return web.Response(status=404, body=photo())

    assert reason_of(tmp_path, missing) == "was answered with status 404; see that anyone can open it"


# How often


def later(seconds: str, times: int = 1) -> tuple[Answer, list[float]]:
    """An answer that asks to come back; and when it was asked."""
    asked: list[float] = []

    async def answer(_: web.Request) -> web.StreamResponse:
        asked.append(asyncio.get_running_loop().time())
        if len(asked) <= times:
            return web.Response(status=429, headers={"Retry-After": seconds})
        return web.Response(body=photo())

    return answer, asked


def test_a_server_that_asks_for_time_is_asked_once_more(tmp_path: Path) -> None:
    answer, asked = later("1")
    row, _ = fetched(tmp_path, answer)
    assert isinstance(row, Fetched)
    assert asked[1] - asked[0] >= 0.9


def test_it_is_not_asked_a_third_time(tmp_path: Path) -> None:
    answer, asked = later("0", times=9)
    assert "status 429" in reason_of(tmp_path, answer)
    assert len(asked) == 2


def test_a_server_that_asks_for_more_time_than_there_is_is_left(tmp_path: Path) -> None:
    answer, asked = later("3600")
    assert reason_of(tmp_path, answer) == "asks to come back in 3600 s; add it again then"
    assert len(asked) == 1


def test_a_host_has_two_requests_at_a_time_some_while_apart() -> None:
    async def main() -> list[tuple[str, float]]:
        hosts, starts = Hosts(Manners()), []
        loop = asyncio.get_running_loop()

        async def ask(name: str, seconds: float) -> None:
            async with hosts.turn(name):
                starts.append((name, round(loop.time(), 3)))
                await asyncio.sleep(seconds)

        async with asyncio.TaskGroup() as group:
            for name in ("a", "a", "a", "b", "a"):
                group.create_task(ask(name, 1))
        return starts

    assert virtual_time.run(main()) == [("a", 0), ("b", 0), ("a", 0.2), ("a", 1), ("a", 1.2)]


def test_a_host_that_asked_for_time_has_it() -> None:
    async def main() -> float:
        hosts = Hosts(Manners())
        hosts.hold("a", 7)
        async with hosts.turn("a"):
            return asyncio.get_running_loop().time()

    assert virtual_time.run(main()) == 7


def test_hosts_that_nobody_waits_for_are_forgotten() -> None:
    async def main() -> int:
        hosts = Hosts(Manners(apart=0))
        for number in range(3000):
            async with hosts.turn(str(number)):
                pass
        return len(hosts._hosts)

    assert virtual_time.run(main()) <= 1001


# Names, and posting


@pytest.mark.parametrize(
    ("url", "header", "name"),
    [
        ("http://a.test/looks/a.jpg", "", "a.jpg"),
        ("http://a.test/", "", "picture"),
        ("http://a.test/..%2F..%2Fetc%2Fpasswd", "", "passwd"),
        ("http://a.test/.htaccess", "", "htaccess"),
        ("http://a.test/x", 'attachment; filename="b.jpg"', "b.jpg"),
        ("http://a.test/x", 'attachment; filename="../../b.jpg"', "b.jpg"),
        ("http://a.test/x", 'attachment; filename="C:\\\\x\\\\b.jpg"', "b.jpg"),
        ("http://a.test/x", "attachment; filename*=UTF-8''%e2%82%ac%20b.jpg", "€ b.jpg"),
        ("http://a.test/x.jpg", "attachment; filename*=nonsense''%ff", "ÿ"),
        ("http://a.test/x.jpg", "\udcff;;;==\n", "x.jpg"),
        ("http://a.test/x.jpg", "inline", "x.jpg"),
    ],
)
def test_what_is_fetched_gets_a_safe_name(url: str, header: str, name: str) -> None:
    found = name_of(URL(url), {"Content-Disposition": header})
    assert found == name
    assert why_unsafe(found) is None


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7.0),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("9" * 30, 999_999_999.0),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:27:00 GMT", 0.0),
    ],
)
def test_the_time_that_a_server_asks_for_is_understood(told: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": told, "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}) == seconds


def posted(answer: Answer, host: str = "pictures.test") -> tuple[int | Refused, Server, list[bytes]]:
    rows: list[int | Refused] = []
    bodies: list[bytes] = []

    async def noting(request: web.Request) -> web.StreamResponse:
        bodies.append(await request.read())
        return await answer(request)

    async def act(fetcher: Fetcher, server: Server) -> None:
        rows.append(await fetcher.post(server.url("/hook", host), b'{"a": 1}', {"webhook-id": "7"}))

    server = with_fetcher(noting, act)
    return rows[0], server, bodies


def test_a_webhook_is_posted_with_its_headers() -> None:
    status, server, bodies = posted(gives(b"thanks"))
    assert (status, bodies) == (200, [b'{"a": 1}'])
    assert server.seen[0].method == "POST"
    assert server.seen[0].headers["webhook-id"] == "7"


def test_a_webhook_goes_nowhere_private_and_follows_nobody() -> None:
    row, server, _ = posted(gives(b""), "127.0.0.1")
    assert isinstance(row, Refused)
    assert server.paths == []
    status, server, _ = posted(redirects_to("/a.jpg"))
    row, server, _ = posted(_moved)
    assert (status, row, server.paths) == (200, 307, ["/hook"])


async def _moved(_: web.Request) -> web.StreamResponse:
    return web.Response(status=307, headers={"Location": "/elsewhere"})


def test_an_address_is_refused_without_its_password(tmp_path: Path) -> None:
    async def main() -> Fetched | Refused:
        async with Fetcher() as fetcher:
            return await fetcher.fetch("https://me:secret@pictures.test/a.jpg", tmp_path)

    row = asyncio.run(main())
    assert isinstance(row, Refused)
    assert row.name == "https://pictures.test/a.jpg"
    assert "secret" not in row.reason

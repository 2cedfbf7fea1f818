"""Uploads: taken, named where they are not, streamed under caps, and nothing left of those that break off."""

from __future__ import annotations

import asyncio
import io
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from PIL import Image

from drawn_pictures import encoded
from manyeyes.model.arrival import Refused
from manyeyes.web.house import Caps
from manyeyes.web.multipart import PartBegins, PartEnds, pieces
from manyeyes.web.problems import Problem
from page_place import Page, picture, served, server


def zipped(**files: bytes) -> bytes:
    """A ZIP of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def left_of_uploads(page: Page) -> list[Path]:
    """Files that are still arriving."""
    return [each for each in page.house.data.glob("arriving/**/*") if each.is_file()]


@served()
async def test_pictures_are_taken_under_their_names_with_folders(page: Page) -> None:
    portfolio = await page.portfolio()
    answer = await page.upload(portfolio, {"looks/été.png": picture("a"), "b.png": picture("b")})
    assert answer.status_code == 201
    assert answer.json() == {"added": ["looks/été.png", "b.png"], "duplicates": [], "refused": []}
    images = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"]
    assert [(each["name"], each["status"]) for each in images] == [
        ("b.png", "waiting"),
        ("looks/été.png", "waiting"),
    ]
    assert left_of_uploads(page) == []


@served()
async def test_what_is_no_picture_is_named_and_the_rest_goes_on(page: Page) -> None:
    portfolio = await page.portfolio()
    answer = await page.upload(portfolio, {"notes.txt": b"buy milk", "a.png": picture("a")})
    assert answer.status_code == 201
    told = answer.json()
    assert told["added"] == ["a.png"]
    assert [each["name"] for each in told["refused"]] == ["notes.txt"]
    assert "text" in told["refused"][0]["reason"]


@served()
async def test_an_upload_with_nothing_good_in_it_is_a_problem_that_names_all(page: Page) -> None:
    portfolio = await page.portfolio()
    answer = await page.upload(portfolio, {"notes.txt": b"buy milk", "more.txt": b"and bread"})
    assert answer.status_code == 409
    assert [each["name"] for each in answer.json()["refused"]] == ["notes.txt", "more.txt"]
    assert (await page.get(f"/api/portfolios/{portfolio}"))["pictures"] == 0


@served()
async def test_duplicates_are_said_to_be_and_kept_once(page: Page) -> None:
    portfolio = await page.portfolio("a.png")
    answer = await page.upload(portfolio, {"again.png": picture("a.png")})
    assert answer.status_code == 200
    assert answer.json()["duplicates"] == [{"name": "again.png", "of": "a.png"}]
    twice = await page.upload(portfolio, {"b.png": picture("b"), "c.png": picture("b")})
    assert twice.status_code == 201
    assert twice.json()["duplicates"] == [{"name": "c.png", "of": "b.png"}]


@served()
async def test_a_zip_is_unpacked_and_what_is_bad_in_it_is_named(page: Page) -> None:
    portfolio = await page.portfolio()
    data = zipped(**{"look/a.png": picture("a"), "readme.md": b"# hello", "b.png": picture("b")})
    answer = await page.upload(portfolio, {"spring.zip": data})
    assert sorted(answer.json()["added"]) == ["b.png", "look/a.png"]
    assert [each["name"] for each in answer.json()["refused"]] == ["readme.md"]


@served()
async def test_a_body_that_is_one_picture_is_taken_under_the_name_in_the_address(page: Page) -> None:
    portfolio = await page.portfolio()
    answer = await page.client.post(
        f"/api/portfolios/{portfolio}/images",
        params={"name": "look 1.png"},
        content=picture("a"),
        headers={"content-type": "image/png"},
    )
    assert answer.json()["added"] == ["look 1.png"]


@served()
async def test_a_name_that_holds_markup_is_taken_as_it_is(page: Page) -> None:
    portfolio = await page.portfolio()
    name = "<img src=x onerror=alert(1)>.png"
    assert (await page.upload(portfolio, {name: picture("a")})).json()["added"] == [name]


@served()
async def test_a_body_of_another_type_is_refused(page: Page) -> None:
    portfolio = await page.portfolio()
    answer = await page.client.post(
        f"/api/portfolios/{portfolio}/images", content=b"<svg/>", headers={"content-type": "text/html"}
    )
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"--x\r\n\r\n",
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nabc',
    ],
)
def test_a_form_that_ends_too_early_is_malformed_and_nothing_of_it_is_kept(
    tmp_path: Path, body: bytes
) -> None:
    async def scene() -> None:
        async with server(tmp_path) as page:
            portfolio = await page.portfolio()
            answer = await page.client.post(
                f"/api/portfolios/{portfolio}/images",
                content=body,
                headers={"content-type": "multipart/form-data; boundary=x"},
            )
            assert answer.status_code == 400
            assert answer.json()["type"] == "urn:manyeyes:problem:malformed-body"
            assert left_of_uploads(page) == []

    asyncio.run(scene())


def capped(tmp_path: Path, caps: Caps) -> None:
    """Send three pictures to a server with these caps, which are not taken."""

    async def scene() -> None:
        async with server(tmp_path) as page:
            portfolio = await page.portfolio()
            uploads = page.site.uploads
            uploads._house = replace(page.house, caps=caps)
            answer = await page.upload(
                portfolio, {name: picture(name) for name in ("a.png", "b.png", "c.png")}
            )
            assert answer.status_code in (413, 507), answer.text
            assert left_of_uploads(page) == []
            assert (await page.get(f"/api/portfolios/{portfolio}"))["pictures"] == 0

    asyncio.run(scene())


def test_a_file_over_its_cap_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    capped(tmp_path, Caps(file=100))


def test_more_files_than_one_request_may_bring_are_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    capped(tmp_path, Caps(files=2))


def test_a_disk_that_is_nearly_full_takes_nothing(tmp_path: Path) -> None:
    capped(tmp_path, Caps(disk_left=1 << 60))


@served(upload_gb=0.00001)
async def test_a_body_over_the_cap_is_refused_whether_it_tells_its_length_or_not(page: Page) -> None:
    portfolio = await page.portfolio()
    path, kind = f"/api/portfolios/{portfolio}/images", {"content-type": "image/png"}

    async def streamed() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 1000

    for body in (b"x" * 20_000, streamed()):
        answer = await page.client.post(path, content=body, headers=kind)
        assert answer.status_code == 413
        assert answer.json()["type"] == "urn:manyeyes:problem:too-large"
    assert left_of_uploads(page) == []


@served()
async def test_an_upload_that_breaks_off_leaves_nothing_behind(page: Page) -> None:
    portfolio = await page.portfolio()
    request = httpx.Request(
        "POST", f"http://localhost/api/portfolios/{portfolio}/images", files={"f": b"x" * 9000}
    )
    body = request.read()
    messages: list[dict[str, object]] = [
        {"type": "http.request", "body": body[:5000], "more_body": True},
        {"type": "http.disconnect"},
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": request.url.path,
        "raw_path": request.url.raw_path,
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 5),
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
    }
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    app = page.client._transport.app  # type: ignore[attr-defined]
    await app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert left_of_uploads(page) == []
    assert (await page.get(f"/api/portfolios/{portfolio}"))["pictures"] == 0


def test_what_a_killed_server_left_half_arrived_is_gone_at_the_next_start(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path) as page:
            portfolio = await page.portfolio("a.png")
            half = tmp_path / "arriving" / "abc" / "0"
            half.parent.mkdir(parents=True)
            half.write_bytes(b"half a picture")
            [folder] = (tmp_path / "portfolios").iterdir()
            (folder / ".arriving-0123").write_bytes(b"half")
        async with server(tmp_path) as page:
            assert left_of_uploads(page) == []
            assert [each.name for each in folder.iterdir()] == ["a.png"]
            assert (await page.get(f"/api/portfolios/{portfolio}"))["pictures"] == 1

    asyncio.run(scene())


def test_a_second_server_at_the_same_folder_lets_what_arrives_at_the_first_alone(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path) as first:
            portfolio = await first.portfolio("a.png")
            half = tmp_path / "arriving" / "abc" / "0"
            half.parent.mkdir(parents=True)
            half.write_bytes(b"half a picture")
            async with server(tmp_path) as second:
                assert left_of_uploads(second) == [half]
                await second.upload(portfolio, {"b.png": picture("b.png")})
            assert left_of_uploads(first) == [half]
            assert (await first.get(f"/api/portfolios/{portfolio}"))["pictures"] == 2
        async with server(tmp_path) as third:
            assert left_of_uploads(third) == []

    asyncio.run(scene())


@served()
async def test_memory_does_not_grow_with_the_upload(page: Page) -> None:
    portfolio = await page.portfolio()

    async def body() -> AsyncIterator[bytes]:
        for _ in range(400):
            yield bytes(100_000)

    tracemalloc.start()
    await page.client.post(
        f"/api/portfolios/{portfolio}/images", content=body(), headers={"content-type": "image/png"}
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 15_000_000


async def _all(kind: str, *chunks: bytes) -> list[object]:
    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return [piece async for piece in pieces(kind, body())]


A_FORM = (
    b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nsecret\r\n'
    b'--b\r\nContent-Disposition: form-data; name="f"; filename="a%22b.png"\r\n'
    b"Content-Type: image/png\r\n\r\n\r\n--b-\r\n--b--\r\n"
)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_form_comes_to_the_same_pieces_however_it_is_cut(size: int) -> None:
    chunks = [A_FORM[at : at + size] for at in range(0, len(A_FORM), size)]
    found = asyncio.run(_all("multipart/form-data; boundary=b", *chunks))
    joined: list[object] = []
    for piece in found:
        if isinstance(piece, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += piece
        else:
            joined.append(piece)
    assert joined == [
        PartBegins("csrf", None),
        b"secret",
        PartEnds(),
        PartBegins("f", 'a"b.png'),
        b"\r\n--b-",
        PartEnds(),
    ]


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "text/plain; boundary=b"]
)
def test_a_form_whose_boundary_is_not_named_is_malformed(kind: str) -> None:
    with pytest.raises(Problem, match="boundary"):
        asyncio.run(_all(kind, A_FORM))


@served(max_megapixels=0.001)
async def test_pictures_are_taken_up_to_the_megapixels_that_are_set(page: Page) -> None:
    portfolio = await page.portfolio()
    answer = await page.upload(portfolio, {"a.png": picture("a")})
    assert answer.status_code == 409
    assert "0.001 megapixels are allowed" in answer.json()["refused"][0]["reason"]


def test_the_megapixels_that_are_set_may_be_more_than_usual(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path, max_megapixels=200) as page:
            large = encoded(Image.new("1", (11_000, 10_000)), "PNG")
            portfolio = await page.portfolio()
            assert (await page.upload(portfolio, {"a.png": large})).json()["added"] == ["a.png"]

    asyncio.run(scene())


@served(unpacked_gb=0.000_000_2)
async def test_a_zip_unpacks_to_no_more_than_is_set(page: Page) -> None:
    portfolio = await page.portfolio()
    archive = zipped(**{"a.png": picture("a"), "b.png": picture("b", width=200)})
    told = (await page.upload(portfolio, {"looks.zip": archive})).json()
    assert len(told["added"]) == 1
    assert "the archive would unpack to more than 200 bytes" in told["refused"][0]["reason"]


def test_where_the_disk_has_no_room_for_what_a_zip_holds_the_answer_says_so(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path) as page:
            portfolio = await page.portfolio()
            full = Refused("a.png", "it could not be kept: the disk is nearly full", no_room=True)
            page.site.uploads._house = replace(page.house, arrivals=lambda *_: lambda *_: iter([full]))
            answer = await page.upload(portfolio, {"looks.zip": zipped(a=picture("a"))})
            assert answer.status_code == 507
            assert answer.json()["type"] == "urn:manyeyes:problem:no-space"
            assert [one["name"] for one in answer.json()["refused"]] == ["a.png"]

    asyncio.run(scene())

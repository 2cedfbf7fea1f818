"""Hostile uploads over the wire: each is refused by name, and good ones beside them are taken."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from hostile_files import good_files, hostile_files
from web_server import Server, serving

HOSTILE = hostile_files()
#: Bytes that the server may need more for any one of them; a bomb needs hundreds of millions.
FORM_NAME = "files"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("hostile")) as one:
        yield one


def portfolio(server: Server) -> str:
    made: str = server.post("/portfolios", {"name": "hostile"})["id"]
    return made


def kept(server: Server, owner: str) -> set[str]:
    """Every file of the portfolio's folder."""
    folder = server.data / "portfolios" / owner
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_there_are_more_than_fifty() -> None:
    assert len(HOSTILE) > 50


def test_each_hostile_file_by_itself_is_refused_with_a_reason_and_leaves_nothing(server: Server) -> None:
    owner = portfolio(server)
    for one in HOSTILE:
        part = (FORM_NAME, (one.name, one.data, "application/octet-stream"))
        answer = server.ask("POST", f"/api/portfolios/{owner}/images", status=422, files=[part])
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert told["refused"], one.name
        assert all(refused["reason"] for refused in told["refused"])
        assert told["added"] == []
    assert kept(server, owner) == set()
    assert not any((server.data / "arriving").glob("*"))
    assert server.get(f"/portfolios/{owner}")["pictures"] == 0


def test_each_hostile_file_as_a_bare_body_is_refused_too(server: Server) -> None:
    owner = portfolio(server)
    for one in HOSTILE:
        if one.data:
            server.ask(
                "POST",
                f"/api/portfolios/{owner}/images?name={quote(one.name)}",
                status=422,
                content=one.data,
                headers={"Content-Type": "application/octet-stream"},
            )
    assert kept(server, owner) == set()


def test_good_pictures_beside_hostile_files_are_taken_and_each_hostile_one_is_named(server: Server) -> None:
    owner = portfolio(server)
    good = good_files()
    parts = [(FORM_NAME, (one.name, one.data, "application/octet-stream")) for one in HOSTILE]
    for place, (name, data) in enumerate(good.items()):
        parts.insert(3 * place, (FORM_NAME, (name, data, "image/jpeg")))
    receipt = server.ask("POST", f"/api/portfolios/{owner}/images", status=201, files=parts).json()
    assert len(receipt["added"]) == len(good)
    assert len({refused["name"] for refused in receipt["refused"]}) >= len(HOSTILE) - 5
    listed = server.get(f"/portfolios/{owner}/images", limit=100)["images"]
    assert len(listed) == len(good)
    assert {"<img src=x onerror=alert(1)>.jpg", "plain.jpg"} <= {image["name"] for image in listed}
    for image in listed:
        shown = server.ask("GET", image["thumbnail"])
        assert shown.headers["content-type"] == "image/webp"
        assert shown.headers["x-content-type-options"] == "nosniff"
        original = server.ask("GET", f"/api/images/{image['id']}/original")
        assert original.headers["content-disposition"].startswith("attachment")
        assert original.headers["x-content-type-options"] == "nosniff"


def test_a_name_with_markup_is_escaped_on_every_page(server: Server) -> None:
    owner = portfolio(server)
    name = '"><script>alert(1)</script><img src=x onerror=alert(1)>.jpg'
    data = good_files()["plain.jpg"]
    answer = server.ask("POST", f"/api/portfolios/{owner}/images", files=[(FORM_NAME, (name, data))])
    assert answer.status_code == 201
    server.wait_for_end(server.run(owner))
    picture = server.get(f"/portfolios/{owner}/images")["images"][0]["id"]
    base = f"/portfolios/{owner}"
    for path in ("/", base, f"{base}/profile", f"{base}/review", f"/images/{picture}", f"{base}/failures"):
        html = server.ask("GET", path, headers={"Accept": "text/html"}).text
        assert "<script>alert" not in html
        assert "<img src=x" not in html

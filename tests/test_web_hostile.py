"""Hostile uploads over the wire: each is refused by name, and good ones beside them are taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from hostile_files import good_files, hostile_files
from web_server import Server, serving

#: A form has no file without a name, and of a name with a drive the last part is taken, as browsers once did.
HOSTILE = [one for one in hostile_files() if one.name and "fakepath" not in one.name]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("hostile")) as one:
        yield one


def portfolio(server: Server) -> str:
    made: str = server.post("/portfolios", {"name": "hostile"})["id"]
    return made


def form(parts: Iterable[tuple[str, bytes]]) -> dict[str, Any]:
    """A request with a form of files, their names as they are: clients would escape what must not pass."""
    body = b"".join(
        b'--edge\r\nContent-Disposition: form-data; name="files"; filename="%b"\r\n\r\n%b\r\n'
        % (name.replace('"', "%22").encode(), data)
        for name, data in parts
    )
    kind = {"Content-Type": "multipart/form-data; boundary=edge"}
    return {"content": body + b"--edge--\r\n", "headers": kind}


def kept(server: Server) -> set[str]:
    """Every file of any portfolio."""
    return {path.name for path in (server.data / "portfolios").rglob("*") if path.is_file()}


def test_there_are_more_than_fifty() -> None:
    assert len(HOSTILE) > 50


def test_each_hostile_file_by_itself_is_refused_with_a_reason_and_leaves_nothing(server: Server) -> None:
    owner = portfolio(server)
    for one in HOSTILE:
        answer = server.ask("POST", f"/api/portfolios/{owner}/images", status=422, **form([one[:2]]))
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert told["refused"], one.name
        assert all(refused["reason"] for refused in told["refused"])
        assert told["added"] == []
    assert kept(server) == set()
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
    assert kept(server) == set()


def test_good_pictures_beside_hostile_files_are_taken_and_each_hostile_one_is_named(server: Server) -> None:
    owner = portfolio(server)
    good = good_files()
    parts = [one[:2] for one in HOSTILE]
    for place, named in enumerate(good.items()):
        parts.insert(3 * place, named)
    receipt = server.ask("POST", f"/api/portfolios/{owner}/images", status=201, **form(parts)).json()
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
    answer = server.ask("POST", f"/api/portfolios/{owner}/images", status=201, **form([(name, data)]))
    assert answer.json()["refused"] == []
    server.wait_for_end(server.run(owner))
    picture = server.get(f"/portfolios/{owner}/images")["images"][0]["id"]
    base = f"/portfolios/{owner}"
    for path in ("/", base, f"{base}/profile", f"{base}/review", f"/images/{picture}", f"{base}/failures"):
        html = server.ask("GET", path, headers={"Accept": "text/html"}).text
        assert "<script>alert" not in html
        assert "<img src=x" not in html

"""Where a server is: addresses as people type them, and who could listen on the way."""

from __future__ import annotations

import pytest

from manyeyes.model.errors import SettingsError
from manyeyes.remote.address import parse_address


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://eyes.example.com", "https://eyes.example.com"),
        ("https://eyes.example.com/", "https://eyes.example.com"),
        (" http://localhost:8000/eyes/ ", "http://localhost:8000/eyes"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://eyes.example.com/portfolio?sort=name#top", "https://eyes.example.com/portfolio"),
    ],
)
def test_an_address_is_read_as_it_is_meant(typed: str, meant: str) -> None:
    assert str(parse_address(typed)) == meant


@pytest.mark.parametrize(
    "typed", ["eyes", "eyes.example.com", "ftp://eyes", "http://", "http://eyes:port", "/tmp"]
)
def test_what_is_no_address_is_named_with_one_that_would_be(typed: str) -> None:
    with pytest.raises(SettingsError, match=r"^--server '.*' is no address: write it .*https://"):
        parse_address(typed)


@pytest.mark.parametrize("typed", ["https://anna:hunter2@eyes.example.com", "anna:hunter2@eyes.example.com"])
def test_a_password_in_an_address_is_refused_and_never_repeated(typed: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_address(typed)
    assert "hunter2" not in str(refused.value)
    assert "MANYEYES_TOKEN" in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "overheard"),
    [
        ("http://eyes.example.com", True),
        ("http://192.168.1.7:8000", True),
        ("http://10.0.0.1", True),
        ("https://eyes.example.com", False),
        ("http://localhost:8000", False),
        ("http://eyes.localhost", False),
        ("http://127.0.0.9", False),
        ("http://[::1]:8000", False),
    ],
)
def test_an_open_line_is_one_that_leaves_this_machine_unencrypted(typed: str, overheard: bool) -> None:
    assert parse_address(typed).is_overheard is overheard

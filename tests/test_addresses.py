"""Only public addresses are asked for, however a private one is spelt, but for those that are allowed."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from manyeyes.intake.addresses import OUT_OF_REACH, Allowed, is_public, parse_url, why_not_asked, without_user
from manyeyes.model.errors import SettingsError

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.100.100.200", "0.0.0.0", "0.1.2.3", "192.0.0.8", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1",
    "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "3fff::1", "100::1", "5f00::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1",
          "::ffff:8.8.8.8", "64:ff9b::808:808"]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_known(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_nothing_is_public_that_python_does_not_hold_for_global(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if is_public(str(address)):
        assert (mapped or address).is_global
        assert not (mapped or address).is_multicast


@given(st.ip_addresses(v=4))
def test_an_address_within_another_is_as_public_as_by_itself(address: ipaddress.IPv4Address) -> None:
    for within in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert is_public(within) == is_public(str(address))


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "1.2.3", "8.8.8.8.8", "::g"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


def said_of(text: str, allowed: str = "") -> str | None:
    url = parse_url(text)
    assert url is not None
    return why_not_asked(url, Allowed.parse(allowed))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "https://[::1]/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/",
        "http://127.1/", "http://127.0.0.1./", "http://0/", "http://[::ffff:7f00:1]/", "http://10.0.0.8:80/",
        "http://169.254.169.254/latest/meta-data/", "http://①②⑦.⓪.⓪.①/", "http://[fe80::1%25eth0]/",
        "http://256.256.256.256/", "http://evil.0x7f000001/",
    ],
)  # fmt: skip
def test_a_private_address_is_not_asked_however_it_is_spelt(url: str) -> None:
    assert said_of(url) == OUT_OF_REACH


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://pictures.test/a.jpg", "no web address"),
        ("file:///etc/passwd", "no web address"),
        ("gopher://127.0.0.1:6379/_x", "no web address"),
        ("data:image/png;base64,AAAA", "no web address"),
        ("javascript:alert(1)", "no web address"),
        ("//pictures.test/a.jpg", "no web address"),
        ("a.jpg", "no web address"),
        ("http://user@pictures.test/", "password"),
        ("http://user:secret@pictures.test/", "password"),
        ("http://pictures.test@127.0.0.1/", "password"),
        ("http://:@pictures.test/", "password"),
        ("http:///a.jpg", "names no host"),
        ("http://pictures.test:22/", "port 22"),
        ("https://pictures.test:8443/", "port 8443"),
    ],
)
def test_what_is_not_asked_for_is_told_with_the_reason(url: str, reason: str) -> None:
    assert reason in (said_of(url) or "")


@pytest.mark.parametrize(
    "url",
    [
        "http://pictures.test/a.jpg", "https://pictures.test:443/", "http://pictures.test:443/",
        "http://8.8.8.8/", "HTTPS://Pictures.TEST/", "https://[2606:4700::1]/", "https://bücher.test/ä.jpg",
        "http://1and1.test/", "http://3.test./",
    ],
)  # fmt: skip
def test_a_public_web_address_is_asked(url: str) -> None:
    assert said_of(url) is None


@pytest.mark.parametrize("text", ["http://[::1", "http://a:99999/", "http://" + "a" * 5000])
def test_what_is_no_url_is_none(text: str) -> None:
    assert parse_url(text) is None


def test_what_is_allowed_is_asked_at_its_ports_alone() -> None:
    allowed = "Intranet, 10.0.0.7:8080 , [fd00::7]:81"
    assert said_of("http://intranet/a.jpg", allowed) is None
    assert said_of("https://INTRANET./a.jpg", allowed) is None
    assert said_of("http://10.0.0.7:8080/", allowed) is None
    assert said_of("http://[fd00::7]:81/", allowed) is None
    assert "port 8080" in (said_of("http://intranet:8080/", allowed) or "")
    assert said_of("http://10.0.0.7/", allowed) == OUT_OF_REACH
    assert said_of("http://10.0.0.8:80/", allowed) == OUT_OF_REACH


@pytest.mark.parametrize("text", ["http://intranet", "a b", "user@host", "host:port", "host/path", "[::1"])
def test_an_allowed_host_that_is_none_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="MANYEYES_FETCH_ALLOW holds"):
        Allowed.parse(f"fine.test, {text}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:secret@pictures.test/a?b=@c#@", "https://pictures.test/a?b=@c#@"),
        (" https://pictures.test/@me ", "https://pictures.test/@me"),
        ("//u@h/x", "//h/x"),
        ("mailto:me@test", "mailto:me@test"),
    ],
)
def test_an_address_is_shown_without_its_user(text: str, shown: str) -> None:
    assert without_user(text) == shown


def test_a_url_keeps_what_its_signature_stands_for() -> None:
    url = "https://pictures.test/a%2Fb.jpg?sig=x%2By%3D&e=1"
    assert str(parse_url(url)) == str(URL(url)) == url

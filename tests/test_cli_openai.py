"""`manyeyes analyze --analyzer openai` against a stand-in, as its users meet it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from command_line import begin, draw, end, journal, manyeyes, provider_process
from manyeyes.cli.provider import KINDS

ASK = ("analyze", "shop", "--analyzer", "openai", "--model", "gpt-4o-mini")
SERVER = ("--kind", "openai")


def creates(place: Path) -> Counter[str]:
    return Counter(row["sha256"] for row in journal(place, "create"))


def test_every_picture_gets_a_checked_descriptor_by_one_call_and_is_reused_after_that(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 8)
    with provider_process(tmp_path, *SERVER, "--median", "0.1") as there:
        done = end(begin(*ASK, "--out", "out.jsonl", "--json", place=tmp_path, **there))
        again = manyeyes(*ASK, "--json", place=tmp_path, **there)
    assert (done.code, done.object["analyzed"]) == (0, 8)
    assert again.object["reused"] == 8
    assert list(creates(tmp_path).values()) == [1] * 8
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert all(line["descriptor"]["garment_type"] for line in lines)
    assert all(line["usage"]["input_tokens"] > 255 and line["attempts"] == 1 for line in lines)


def test_the_learned_limit_keeps_to_a_rate_that_refusals_tell(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 40)
    limits = ("--requests-per-minute", "600", "--request-burst", "5", "--no-refused-count")
    with provider_process(tmp_path, *SERVER, *limits, "--median", "0.1") as there:
        done = end(begin(*ASK, "--concurrency", "auto", "--json", place=tmp_path, **there))
    assert (done.code, done.object["analyzed"]) == (0, 40)
    assert len(journal(tmp_path, "refused")) <= 10


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"OPENAI_API_KEY": "wrong"}, "OPENAI_API_KEY"),
        ({"OPENAI_API_KEY": ""}, "OPENAI_API_KEY"),
        ({"OPENAI_API_KEY": "broke"}, "credit"),
        ({"MANYEYES_MODEL": "nobody/nothing"}, "nobody/nothing"),
    ],
)
def test_a_wrong_key_no_credit_or_an_unknown_model_stops_the_run(
    tmp_path: Path, more: dict[str, str], said: str
) -> None:
    draw(tmp_path / "shop", 20)
    with provider_process(tmp_path, *SERVER) as there:
        environment = {**there, "MANYEYES_MODEL": "gpt-4o-mini", **more}
        done = manyeyes(*ASK[:4], "--json", place=tmp_path, **environment)
        assert journal(tmp_path, "create") == []
    assert done.code == 1, done.err
    assert said in done.err


def test_a_server_without_keys_is_asked_without_one_and_nobody_is_asked_to_pay(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 6)
    with provider_process(tmp_path, *SERVER, "--keyless", "--median", "0.05") as there:
        place = there["OPENAI_BASE_URL"].removesuffix("/v1")
        environment = {"OPENAI_BASE_URL": place}
        done = manyeyes(*ASK, "--json", place=tmp_path, **environment)
        before = manyeyes(*ASK, "--dry-run", place=tmp_path, **environment)
    assert done.object["analyzed"] == 6
    assert "at most" not in before.out


def test_a_refused_picture_fails_alone(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 12)
    with provider_process(tmp_path, *SERVER, "--refusal", "0.3", "--median", "0.05", "--seed", "4") as there:
        done = manyeyes(*ASK, "--json", place=tmp_path, **there)
    assert done.code == 3
    assert 0 < done.object["failed"] < 12
    assert done.object["failed"] + done.object["analyzed"] == 12


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "OPENAI_API_KEY is not set"),
        ({"OPENAI_BASE_URL": "localhost:11434"}, "OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "http://localhost:11434/v1"}, "--model is needed"),
    ],
)
def test_what_is_not_usable_is_said_before_anything_is_done(
    tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    draw(tmp_path / "shop", 1)
    done = manyeyes(*ASK[:4], place=tmp_path, **environment)
    assert done.code == 2
    assert said in done.err


def test_a_setting_of_another_kind_of_provider_is_named(tmp_path: Path) -> None:
    done = manyeyes("provider", *SERVER, "--low-credit", place=tmp_path)
    assert done.code == 2
    assert "--low-credit is no setting of --kind openai" in done.err
    other = manyeyes("provider", "--keyless", place=tmp_path)
    assert "--keyless is no setting of --kind replicate" in other.err
    odd = manyeyes("provider", *SERVER, "--wait-told", "smoke", place=tmp_path)
    assert (odd.code, "smoke" in odd.err) == (2, True)


def test_what_two_kinds_share_is_the_same_option() -> None:
    one, other = ({option.name: option for option in options} for options in KINDS.values())
    shared = one.keys() & other.keys()
    assert {"median", "seed", "capacity", "announced"} <= shared
    assert [name for name in shared if one[name] != other[name]] == []

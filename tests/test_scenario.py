"""Scenarios as files: what they may hold, what is said of mistakes, and that every field is documented."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyeyes.lab.policies import POLICIES
from manyeyes.lab.scenario import (
    Allowed,
    Overload,
    Scenario,
    Service,
    Sizes,
    Slowdown,
    Tokens,
    parse_scenario,
)
from manyeyes.model.errors import SettingsError
from source_files import ROOT

PAGE = (ROOT / "docs" / "reference" / "scenario.md").read_text("utf-8")
FILES = sorted((ROOT / "benchmarks" / "scenarios").glob("*.json"))


def test_an_empty_object_is_a_scenario_of_defaults() -> None:
    assert parse_scenario("{}") == Scenario()


def test_a_file_gives_frozen_values() -> None:
    text = '{"slots": [[0, 20], [90, 10]], "requests": {"per_minute": 300, "kind": "window"}, "boot": 40}'
    assert parse_scenario(text) == Scenario(
        slots=((0.0, 20), (90.0, 10)), requests=Allowed(per_minute=300, kind="window"), boot=40
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"imags": 3}', "imags: there is no such field"),
        ('{"images": 0}', "images"),
        ('{"images": 2.5}', "images"),
        ('{"requests": {"per_minute": 0}}', "requests.per_minute"),
        ('{"requests": {"kind": "bucket"}}', "requests.per_minute"),
        ('{"tokens": {"per_minute": 9, "phase": 60}}', "tokens.phase"),
        ('{"service": {"cv": -1}}', "service.cv"),
        ('{"service": {"seconds": "quick"}}', "service.seconds"),
        ('{"failures": 1}', "failures"),
        ('{"overload": {"beyond": 0.5}}', "overload.beyond"),
        ('{"slots": [[5, 20]]}', "slots"),
        ('{"slots": [[0, 20], [9, 10], [5, 20]]}', "slots"),
        ('{"slots": [[0, 0]]}', "slots.0.1"),
        ('{"slots": [], "times": "shares"}', "times"),
        ('{"slowdowns": [{"start": 5, "end": 5, "factor": 2}]}', "slowdowns"),
        ('{"slowdowns": [{"start": 5, "end": 6}]}', "slowdowns.0.factor"),
        ('{"seeds": [3, 2]}', "seeds"),
        ('{"when_full": "burst"}', "when_full"),
        ('{"client_timeout": 1e999}', "client_timeout"),
        ("[]", "some.json"),
        ("{", "Invalid JSON"),
    ],
)
def test_a_mistake_is_named_by_its_field(text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(named)) as caught:
        parse_scenario(text, "some.json")
    assert str(caught.value).startswith("some.json is no scenario: ")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_scenario_of_the_benchmarks_can_be_read(file: Any) -> None:
    assert parse_scenario(file.read_text("utf-8"), file.name).name != Scenario().name


@given(st.sampled_from(["mean", "median"]), st.floats(0.1, 60), st.floats(0.01, 2), st.floats(0, 0.2))
def test_a_quantile_has_its_share_of_calls_below_it(of: Any, seconds: float, cv: float, far: float) -> None:
    service = Service(seconds=seconds, of=of, cv=cv, stragglers=far)
    found = [service.quantile(share) for share in (0.1, 0.5, 0.99)]
    assert found == sorted(found)
    usual = Service(seconds=seconds, of=of, cv=cv)
    assert usual.quantile(0.99) <= service.quantile(0.99) * (1 + 1e-9)
    if of == "median":
        assert usual.quantile(0.5) == pytest.approx(seconds)
        assert usual.mean >= seconds
    else:
        assert usual.mean == pytest.approx(seconds)


# Documented


def documented(heading: str) -> dict[str, str]:
    """Fields in the table below a heading, each with what stands as its default."""
    found = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) ?\|", found[1], flags=re.MULTILINE))


@pytest.mark.parametrize("value", [Scenario, Service, Sizes, Overload, Slowdown, Allowed, Tokens])
def test_every_field_is_documented_with_its_default_and_no_other(value: Any) -> None:
    fields = {field.name: field.default for field in dataclasses.fields(value)}
    shown = documented(value.__name__)
    assert list(shown) == list(fields)
    for name, default in fields.items():
        if default is dataclasses.MISSING or dataclasses.is_dataclass(default) or default == ():
            assert shown[name] == "", name
        else:
            assert shown[name] == _written(default), name


def _written(default: Any) -> str:
    if isinstance(default, tuple):
        flat = default[0] if isinstance(default[0], tuple) else default
        return ", ".join(f"{part:g}" for part in flat)
    if isinstance(default, str):
        return f"`{default}`"
    return f"{default:g}" if isinstance(default, float) else json.dumps(default)


def test_the_example_is_a_scenario() -> None:
    (example,) = re.findall(r"^```json\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert parse_scenario(example).images == 2000


def test_every_policy_is_documented_and_no_other() -> None:
    shown = re.findall(r"^\| `([\w:+-]+)`", PAGE.split("## Policies")[1].split("## ")[0], flags=re.MULTILINE)
    assert sorted(shown) == sorted(POLICIES)

"""The page on the REST API says what the API does: every route, every setting of a run, every problem."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from manyeyes.web.api.run_shapes import RunAsked
from manyeyes.web.app import ROUTERS
from source_files import ROOT, SOURCE

PAGE = (ROOT / "docs" / "reference" / "api.md").read_text("utf-8")


@cache
def paths() -> dict[str, Any]:
    """What `/openapi.json` tells of the routes."""
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router)
    told: dict[str, Any] = get_openapi(title="", version="", routes=app.routes)["paths"]
    return told


def written(path: str) -> str:
    """A path as the page writes it."""
    return re.sub(r"\{(portfolio|picture|run|share)\}", "{id}", path, count=1)


def test_every_route_has_a_row_with_its_methods_and_no_other_has() -> None:
    rows = re.findall(r"^\| `([A-Z]+) (/[^`]*)` \|", PAGE, flags=re.MULTILINE)
    there = {(method.upper(), written(path)) for path, each in paths().items() for method in each}
    assert set(rows) == there
    assert len(rows) == len(set(rows))


def test_every_route_says_in_a_sentence_what_it_does() -> None:
    for path, each in paths().items():
        for method, told in each.items():
            assert told["description"].rstrip().endswith("."), f"{method} {path}"


@pytest.mark.parametrize("name", RunAsked.model_fields)
def test_everything_that_may_be_asked_of_a_run_is_documented(name: str) -> None:
    spelt = RunAsked.model_fields[name].alias
    assert re.search(rf"^\| `{spelt}` \|", PAGE, flags=re.MULTILINE), f"{spelt} has no row"


def kinds() -> set[str]:
    """The kinds of problems that the source names."""
    source = "\n".join(each.read_text("utf-8") for each in (SOURCE / "web").rglob("*.py"))
    return set(re.findall(r'Problem\(\s*\d{3},\s*"([a-z-]+)"', source))


def test_every_kind_of_problem_is_documented_and_no_other() -> None:
    documented = re.findall(r"^\| `([a-z-]+)` \| \d{3}", PAGE, flags=re.MULTILINE)
    assert set(documented) == kinds()
    assert len(documented) > 15


def test_the_examples_of_the_page_are_json() -> None:
    blocks = re.findall(r"^```json\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        json.loads(block)

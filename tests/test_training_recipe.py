"""What tells one training run from another, and where it is kept."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "training"))

from recipe import Recipe, read_recipe, recipe_of, recipe_options, write_recipe


def changed(name: str) -> Recipe:
    """The plain recipe with another value for one setting."""
    value = getattr(Recipe(), name)
    return replace(Recipe(), **{name: value + ("other" if isinstance(value, str) else 1)})


@pytest.mark.parametrize("name", [field.name for field in fields(Recipe)])
def test_runs_that_differ_in_any_setting_are_kept_apart(name: str) -> None:
    assert changed(name).name != Recipe().name


@pytest.mark.parametrize("name", [field.name for field in fields(Recipe)])
def test_every_setting_is_an_option(name: str) -> None:
    parser = argparse.ArgumentParser()
    recipe_options(parser)
    value = getattr(changed(name), name)
    asked = parser.parse_args([f"--{name.replace('_', '-')}", str(value)])
    assert recipe_of(asked) == changed(name)


def test_a_recipe_is_read_back_by_its_runs_name(tmp_path: Path) -> None:
    recipe = replace(Recipe(), teachers="lite1-256,lite2-224", epochs=3)
    write_recipe(tmp_path, recipe)
    assert read_recipe(tmp_path, recipe.name) == recipe


def test_a_run_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="train lite9 first"):
        read_recipe(tmp_path, "lite9")

"""`manyeyes.__all__` is true: what it names is there, and what is there is named."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import types

import pytest

import manyeyes
from source_files import SOURCE


def promised_to_type_checkers() -> set[str]:
    """The names that the package imports for type checkers, since at run time they come when first used."""
    tree = ast.parse((SOURCE / "__init__.py").read_text("utf-8"))
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("manyeyes.")
        for alias in node.names
    }


def test_every_public_name_is_listed_once_and_in_order() -> None:
    assert manyeyes.__all__ == sorted(set(manyeyes.__all__))


@pytest.mark.parametrize("name", manyeyes.__all__)
def test_a_public_name_can_be_imported_and_says_what_it_is_for(name: str) -> None:
    value = getattr(manyeyes, name)
    if isinstance(value, types.UnionType):
        # A union has no docstring of its own: it is as well described as its members.
        assert all(inspect.getdoc(member) for member in value.__args__)
    else:
        assert value.__module__.startswith("manyeyes.")
        assert value.__doc__, f"{name} has no docstring"


def test_type_checkers_are_promised_what_is_public_and_nothing_else() -> None:
    assert promised_to_type_checkers() == set(manyeyes.__all__)


def test_a_star_import_brings_the_public_names_and_nothing_else() -> None:
    brought: dict[str, object] = {}
    exec("from manyeyes import *", brought)
    assert brought.keys() - {"__builtins__"} == set(manyeyes.__all__)


def test_nothing_else_looks_public() -> None:
    script = "import manyeyes; print(*[name for name in dir(manyeyes) if not name.startswith('_')])"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    from_elsewhere = {"import_module", "TYPE_CHECKING"}
    assert set(shown.stdout.split()) - from_elsewhere <= set(manyeyes.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="no attribute 'portfolio_of_dreams'"):
        manyeyes.portfolio_of_dreams  # noqa: B018 - asking is the test

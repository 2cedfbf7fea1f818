"""The house style, as far as it can be counted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from statistics import quantiles

import pytest

from source_files import Module, files_below, package_modules

LONGEST_FILE = 300
LONGEST_BODY = 40
#: Lines that nine of ten bodies do not exceed.
USUAL_BODY = 20

#: They say nothing of what a thing is for.
BANNED_WORDS = {"manager", "helper", "handler", "processor", "utils", "util", "common", "core", "misc"}
#: Names that others have chosen for us, and who.
GIVEN_NAMES = {
    ("stand_in/front.py", "handler"): "aiohttp passes it to a middleware by this name",
    ("stand_in/front.py", "Handler"): "what that is",
    ("stand_in/openai.py", "handler"): "aiohttp passes it to a middleware by this name",
    ("stand_in/openai.py", "Handler"): "what that is",
}

#: Tests that wait for a real socket, process or thread, where virtual time cannot be.
WAITS_FOR_REAL_THINGS: dict[str, str] = {
    "tests/web_server.py": "a server in another process does not tell when it has come so far",
    "tests/analyzer_contract.py": "waits for tickets on whatever loop it is run on",
    "tests/test_replicate_against_stand_in.py": "adapter and stand-in talk over a real socket",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef
ours = pytest.mark.parametrize("module", package_modules().values(), ids=lambda module: module.place)


def functions(module: Module) -> Iterator[Function]:
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def body_lines(function: Function) -> int:
    """Lines of a body, from the first after the docstring to the last."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def names_chosen(module: Module) -> Iterator[str]:
    """What others meet by name: the module, its classes, functions, parameters, attributes and constants.

    A variable that lives for a few lines explains itself.
    """
    yield module.path.stem
    for node in ast.walk(module.tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
    outermost = [node for node in module.tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    for assignment in outermost:
        yield from (node.id for node in ast.walk(assignment) if isinstance(node, ast.Name) and _is_set(node))


def _is_set(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def words(name: str) -> set[str]:
    """`RetryHandler` and `retry_handler` are both retry and handler."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


@ours
def test_no_file_is_longer_than_a_reader_can_hold(module: Module) -> None:
    assert len(module.path.read_text("utf-8").splitlines()) <= LONGEST_FILE


@ours
def test_no_body_is_longer_than_a_page(module: Module) -> None:
    long = {
        function.name: size for function in functions(module) if (size := body_lines(function)) > LONGEST_BODY
    }
    assert long == {}


def test_nine_of_ten_bodies_are_short() -> None:
    sizes = [body_lines(function) for module in package_modules().values() for function in functions(module)]
    assert quantiles(sizes, n=10)[-1] <= USUAL_BODY


@ours
def test_a_module_begins_with_a_sentence_on_what_it_is_for(module: Module) -> None:
    docstring = ast.get_docstring(module.tree)
    assert docstring is not None
    first = docstring.split("\n\n")[0]
    assert first.endswith((".", "!", "?")), first
    assert len(first.splitlines()) <= 2, first


@ours
def test_names_are_words_of_the_domain(module: Module) -> None:
    empty = {
        name
        for name in names_chosen(module)
        if words(name) & BANNED_WORDS and (module.place, name) not in GIVEN_NAMES
    }
    assert empty == set()


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks"])
def test_nothing_is_mocked(folder: str) -> None:
    mocked = [
        f"{module.name}:{node.lineno}"
        for module in files_below(folder)
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("unittest", "mock")))
        or (isinstance(node, ast.Import) and any("mock" in alias.name for alias in node.names))
    ]
    assert mocked == []


def test_tests_wait_in_virtual_time() -> None:
    real = {
        module.name
        for module in files_below("tests")
        if any(_sleeps(node) for node in ast.walk(module.tree))
        if "virtual_time" not in module.path.read_text("utf-8")
    }
    assert real == set(WAITS_FOR_REAL_THINGS)


def _sleeps(node: ast.AST) -> bool:
    """A call of `asyncio.sleep` or `time.sleep`, but for the sleep of 0 that only lets others go."""
    match node:
        case ast.Call(func=ast.Attribute(attr="sleep"), args=[ast.Constant(value=0)]):
            return False
        case ast.Call(func=ast.Attribute(value=ast.Name(id="asyncio" | "time"), attr="sleep")):
            return True
    return False

"""The project's own source, parsed: for the tests that read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "manyeyes"


@dataclass(frozen=True, slots=True)
class Module:
    """One file of ours."""

    #: `manyeyes.model.ask`; of a test, its path.
    name: str
    path: Path
    tree: ast.Module

    @property
    def place(self) -> str:
        """Its path in the package: `model/ask.py`."""
        return self.path.relative_to(SOURCE).as_posix()

    @property
    def room(self) -> str:
        """The first part of that, without `.py`: `model`, `settings`, `__init__`."""
        return self.place.split("/")[0].removesuffix(".py")


@cache
def package_modules() -> dict[str, Module]:
    """Every module of the package, by name."""
    modules = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = ("manyeyes", *path.relative_to(SOURCE).with_suffix("").parts)
        name = ".".join(parts).removesuffix(".__init__")
        modules[name] = Module(name, path, ast.parse(path.read_text("utf-8")))
    return modules


@cache
def files_below(folder: str) -> tuple[Module, ...]:
    """Every Python file below a folder of the project."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    return tuple(
        Module(path.relative_to(ROOT).as_posix(), path, ast.parse(path.read_text("utf-8"))) for path in paths
    )


@dataclass(frozen=True, slots=True)
class Import:
    """One name that a module imports."""

    importer: Module
    #: `manyeyes.model.ask`, `PIL.Image`: the module, as far as it is one.
    imported: str
    line: int
    #: Inside a function: done when that is called.
    lazy: bool

    def __str__(self) -> str:
        return f"{self.importer.place}:{self.line} imports {self.imported}"


def imports(module: Module) -> Iterator[Import]:
    """All that a module imports, `import_module("…")` too; types imported for the checker alone count."""
    lazy_lines = {
        inner.lineno
        for outer in ast.walk(module.tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Import | ast.ImportFrom | ast.Call)
    }
    for node in ast.walk(module.tree):
        for name in _imported(module, node):
            yield Import(module, name, getattr(node, "lineno", 0), getattr(node, "lineno", 0) in lazy_lines)


def _imported(module: Module, node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(level=0, module=str() as base, names=names):
            return [_module_or_member(base, alias.name) for alias in names]
        case ast.ImportFrom():
            raise AssertionError(f"{module.path}:{node.lineno} imports relatively: write the whole name")
        case ast.Call(func=ast.Name(id="import_module" | "__import__"), args=[argument, *_]):
            return [_text_of(argument)]
        case ast.Call(func=ast.Attribute(attr="import_module"), args=[argument, *_]):
            return [_text_of(argument)]
    return []


def _module_or_member(base: str, name: str) -> str:
    """`from manyeyes.store import life` imports a module, `from manyeyes.model.ask import Ask` a member."""
    return f"{base}.{name}" if f"{base}.{name}" in package_modules() else base


def _text_of(argument: ast.expr) -> str:
    match argument:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=[ast.Constant(value=str() as start), *_]):
            return start.rstrip(".")
    return "a name worked out when it runs"

"""Every import keeps to the house: rooms face one way, and nothing is imported behind the door."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from source_files import Import, Module, imports, package_modules

#: Room to what it may import besides itself; a dot narrows a room to one of its files.
MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "pacing": {"model"},
    "intake": {"model"},
    "imaging": {"model"},
    "analyzers": {"model"},
    "store": {"model"},
    # What the engine needs of other rooms is in its seams; values may travel through them.
    "engine": {"model", "pacing", "store.values", "analyzers.base"},
    # What pictures of figures are drawn of, whatever the figures.
    "plots": {"model"},
    "portrait": {"model", "engine", "store", "plots"},
    "lab": {"model", "pacing", "analyzers", "store.memory", "store.values", "engine", "plots"},
    "web": {"model", "engine", "portrait", "store", "plots", "settings"},
    # It knows a server by what goes over the wire.
    "remote": {"model"},
    # The wire is read twice, by the adapter and by the stand-in, so that no mistake is made once for both.
    "stand_in": set(),
    "settings": {"model"},
    "assemble": {
        "model", "pacing", "intake", "imaging", "analyzers", "store", "engine", "portrait", "lab", "web",
        "settings",
    },
    "wording": {
        "model", "imaging", "analyzers.base", "portrait", "store", "settings", "assemble",
    },
    # Apart from `assemble`, so that no command but `serve` imports what only the page needs.
    "housing": {
        "model", "pacing", "intake", "imaging", "analyzers", "store", "engine", "portrait", "web", "settings",
        "assemble",
    },
}  # fmt: skip

#: What single files may import besides what their room may, and why.
EXCEPTIONS: dict[str, tuple[set[str], str]] = {
    "analyzers/local": ({"imaging"}, "the local analyzer measures pixels"),
    "portrait/colours": ({"imaging.cielab"}, "colours that look alike are one of the palette"),
}

#: The doors, which may import any room: the command line, and the library under its public names.
FRONTS = {"cli", "library", "__init__", "__main__"}

#: Where imports inside functions are meant, and why.
LAZY: dict[str, str] = {
    "__init__.py": "a public name is imported when it is first used: `manyeyes --help` needs none",
    "analyzers/open.py": "an analyzer's module is imported when the analyzer is chosen",
    "cli/analyze.py": "the line to a server is imported where one is named",
    "cli/places.py": "the line to a server is imported where one is named",
    "cli/log.py": "structlog is imported where a log is written: few runs do, and every start would pay",
    "cli/records.py": "what has words written is imported where they are asked for",
    "cli/watched.py": "figures for Prometheus are wanted of few runs",
    "cli/main.py": "a command's module is imported when the command is chosen",
    "portrait/export.py": "Parquet needs a library that few have and that is slow to import",
    "store/rows.py": "of the databases' dialects only the one that the store's URL names is there",
}

#: Library to the rooms that may know of it.
KNOWN_TO: dict[str, set[str]] = {
    "aiohttp": {"analyzers", "intake", "stand_in", "remote"},
    "PIL": {"imaging", "stand_in", "lab", "plots"},
    "pillow_heif": {"imaging"},
    "sqlalchemy": {"store"},
    "sqlite3": {"store"},
    "pyarrow": {"portrait"},
    "resvg_py": {"plots"},
    "typer": {"cli"},
    "rich": {"cli"},
    "structlog": {"cli"},
    "pydantic": {"settings", "lab", "web"},
    "pydantic_settings": {"settings"},
    "dotenv": {"settings"},
    "platformdirs": {"settings"},
    "fastapi": {"web"},
    "filelock": {"web"},
    "starlette": {"web"},
    "jinja2": {"web"},
    "python_multipart": {"web"},
    "uvicorn": {"cli"},
}

#: The words and the decisions: no clock but the loop's, no disk, no network, no threads.
PURE: dict[str, set[str]] = {
    "model": {"asyncio", "io", "os", "pathlib", "random", "socket", "subprocess", "threading", "time"},
    "pacing": {"io", "os", "pathlib", "socket", "subprocess", "threading", "time"},
    "engine": {"os", "pathlib", "socket", "subprocess", "threading", "time"},
}


@cache
def every_import() -> tuple[Import, ...]:
    return tuple(one for module in package_modules().values() for one in imports(module))


def inside(name: str) -> str:
    """A module of ours without the package: `store.values`; the package itself is `__init__`."""
    return name.removeprefix("manyeyes").removeprefix(".") or "__init__"


def is_ours(name: str) -> bool:
    return name == "manyeyes" or name.startswith("manyeyes.")


def allowed(importer: Module) -> set[str]:
    more = [rooms for place, (rooms, _) in EXCEPTIONS.items() if importer.place.startswith(place)]
    return {importer.room}.union(MAY_IMPORT[importer.room], *more)


def test_every_room_is_in_the_table() -> None:
    rooms = {module.room for module in package_modules().values()}
    assert rooms - FRONTS <= set(MAY_IMPORT)


def test_rooms_import_only_what_the_table_allows() -> None:
    wrong = [
        str(one)
        for one in every_import()
        if is_ours(one.imported) and one.importer.room not in FRONTS
        if not any(
            inside(one.imported) == room or inside(one.imported).startswith(f"{room}.")
            for room in allowed(one.importer)
        )
    ]
    assert wrong == []


def test_only_the_front_doors_read_settings_and_assemble() -> None:
    readers = {
        "settings": FRONTS | {"assemble", "housing", "wording", "web"},
        "assemble": FRONTS | {"housing", "wording"},
    }
    wrong = [
        str(one)
        for one in every_import()
        if is_ours(one.imported) and (room := inside(one.imported)) in readers
        if one.importer.room not in readers[room] | {room}
    ]
    assert wrong == []


def test_the_stand_in_imports_nothing_of_ours() -> None:
    wrong = [
        str(one)
        for one in every_import()
        if one.importer.room == "stand_in" and is_ours(one.imported)
        if not inside(one.imported).startswith("stand_in")
    ]
    assert wrong == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    arrows: dict[str, set[str]] = {name: set() for name in package_modules()}
    for one in every_import():
        if one.imported in arrows and one.imported != one.importer.name and not one.lazy:
            arrows[one.importer.name].add(one.imported)
    while ends := {name for name, others in arrows.items() if not others}:
        arrows = {name: others - ends for name, others in arrows.items() if name not in ends}
    assert arrows == {}


def test_imports_stand_at_the_top_but_where_the_list_says_why() -> None:
    lazy = [one for one in every_import() if one.lazy]
    assert [str(one) for one in lazy if one.importer.place not in LAZY] == []
    assert set(LAZY) == {one.importer.place for one in lazy}, "the list names a place that needs it no more"


@pytest.mark.parametrize("library", KNOWN_TO)
def test_a_library_is_known_to_its_rooms_alone(library: str) -> None:
    wrong = [
        str(one)
        for one in every_import()
        if one.imported.split(".")[0] == library and one.importer.room not in KNOWN_TO[library]
    ]
    assert wrong == []


@pytest.mark.parametrize("room", PURE)
def test_words_and_decisions_touch_neither_clock_nor_disk_nor_network(room: str) -> None:
    wrong = [
        str(one)
        for one in every_import()
        if one.importer.room == room and one.imported.split(".")[0] in PURE[room]
    ]
    assert wrong == []


def test_the_environment_is_read_by_the_settings_alone() -> None:
    wrong = [
        f"{module.place}:{node.lineno}"
        for module in package_modules().values()
        if module.room != "settings"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute | ast.Name)
        and (node.attr if isinstance(node, ast.Attribute) else node.id) in {"environ", "environb", "getenv"}
    ]
    assert wrong == []

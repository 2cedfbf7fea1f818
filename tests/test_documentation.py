"""What the documentation says is so: settings, commands, errors, tables, links, command lines, words."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import re
import shlex
import zipfile
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from PIL import Image

import manyeyes
from manyeyes.cli.main import COMMANDS, load
from manyeyes.model import errors
from manyeyes.model.ask import Usage
from manyeyes.model.descriptor import StyleDescriptor, as_json
from manyeyes.model.image import ImageRef, Locator
from manyeyes.model.outcome import Analyzed, Failed
from manyeyes.model.progress import Progress
from manyeyes.model.vocabulary import WORDS
from manyeyes.portrait.export import json_line, result_line
from manyeyes.settings import Settings
from manyeyes.store.reports import Kept
from manyeyes.store.tables import metadata
from source_files import ROOT

DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


@cache
def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def reference(name: str) -> str:
    return text_of(REFERENCE / f"{name}.md")


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", text_of(page), flags=re.MULTILINE | re.DOTALL)


def row(table: str, first: str) -> str:
    """The row of a table whose first cell begins with `first` as code; empty where there is none."""
    found = re.search(rf"^\| `{re.escape(first)}`.*$", table, flags=re.MULTILINE)
    return found[0] if found else ""


def section(page: str, heading: str) -> str:
    """From a second-level heading to the next one."""
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", page, flags=re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


@cache
def options_of(command: str) -> dict[str, Any]:
    """The options of a command by how they are written, `--help` left out."""
    parsed = load(command)
    return {
        written: parameter
        for parameter in parsed.params
        if parameter.param_type_name == "option" and parameter.name != "help"
        for written in (*parameter.opts, *parameter.secondary_opts)
    }


# Settings


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_has_a_row_with_its_variable_its_flag_and_its_default(name: str) -> None:
    field = Settings.model_fields[name]
    variable = field.validation_alias.choices[0]  # type: ignore[union-attr]
    documented = row(reference("settings"), str(variable))
    assert documented, f"{variable} has no row in docs/reference/settings.md"
    flag = f"--{name.replace('_', '-')}"
    assert (f"`{flag}`" in documented) == any(flag in options_of(each) for each in ("analyze", "serve"))
    if field.default is not None:
        assert f"{field.default:g}" if isinstance(field.default, float) else str(field.default) in documented


def test_no_setting_is_documented_that_is_none() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)`", reference("settings"), flags=re.MULTILINE))
    assert documented == {
        str(field.validation_alias.choices[0])  # type: ignore[union-attr]
        for field in Settings.model_fields.values()
    }


# Commands


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_section_with_each_of_its_options_and_no_other(command: str) -> None:
    documented = section(reference("commands"), f"manyeyes {command}")
    assert documented, f"manyeyes {command} has no section in docs/reference/commands.md"
    if command == "provider":
        documented += reference("provider")
    shown = set(
        re.findall(r"^\| `(--?[a-z][a-z-]*)`(?:, `(--?[a-z][a-z-]*)`)?", documented, flags=re.MULTILINE)
    )
    written = {option for pair in shown for option in pair if option}
    opposites = {option for each in options_of(command).values() for option in each.secondary_opts}
    assert written | opposites == set(options_of(command))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_in_its_help_what_it_and_its_options_are_for(command: str) -> None:
    assert COMMANDS[command] == (inspect.getdoc(load(command).callback) or "").splitlines()[0]
    assert [written for written, option in options_of(command).items() if not option.help] == []


@pytest.mark.parametrize("option", options_of("provider"))
def test_an_option_of_the_stand_in_has_its_default_in_its_row(option: str) -> None:
    default = options_of("provider")[option].default
    if option.startswith("--no-") or default in (None, ()):
        return
    documented = row(reference("provider"), option) or row(reference("provider"), f"--no-{option[2:]}")
    words = {True: "on", False: "off"} if isinstance(default, bool) else {}
    for value in default if isinstance(default, list | tuple) else [default]:
        text = words.get(value) or (f"{value:g}" if isinstance(value, float) else str(value))
        assert text in documented or text == "0" * 64


def test_every_exit_code_is_documented() -> None:
    documented = section(reference("commands"), "Exit codes")
    assert set(re.findall(r"^\| (\d+) \|", documented, flags=re.MULTILINE)) == {"0", "1", "2", "3", "130"}


# Errors, tables, fields, public names


@pytest.mark.parametrize(
    "error",
    [each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, Exception)],
    ids=lambda error: error.__name__,
)
def test_every_error_has_a_row_with_its_kind(error: type[errors.ManyeyesError]) -> None:
    assert f"`{error.kind}`" in row(reference("errors"), error.__name__)


def test_the_remedies_that_are_documented_are_those_that_are_told() -> None:
    documented = re.findall(r"^\| `(\w+)` \| ([A-Z][^|]+) \|$", reference("errors"), flags=re.MULTILINE)
    assert {kind: said.replace("`", "") for kind, said in documented} == {
        kind: errors.remedy_for(kind) for kind, _ in documented
    }
    assert len(documented) > 8


@pytest.mark.parametrize("table", metadata.tables.values(), ids=lambda table: table.name)
def test_every_table_of_the_store_has_a_row_with_its_columns(table: Any) -> None:
    columns = row(reference("store"), table.name).split("|")[3]
    assert re.findall(r"`(\w+)`", columns) == [column.name for column in table.columns]


@pytest.mark.parametrize("field", as_json(StyleDescriptor()))
def test_every_field_of_the_descriptor_is_documented_with_all_its_words(field: str) -> None:
    documented = re.search(rf"^\| .*`{field}`.* \|$", reference("descriptor"), flags=re.MULTILINE)
    assert documented, f"{field} has no row"
    words = [word for path, listed in WORDS.items() if path.split(".")[0] == field for word in listed]
    assert [word for word in words if word not in documented[0]] == []


@pytest.mark.parametrize("name", manyeyes.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    assert f"`{name}" in reference("library")


@pytest.mark.parametrize("name", ["analyze", "analyze_portfolio"])
def test_every_parameter_of_the_library_is_documented(name: str) -> None:
    for parameter in inspect.signature(getattr(manyeyes, name)).parameters:
        assert row(reference("library"), parameter), f"{parameter} of {name} has no row"


# Links, command lines, examples, words


def anchors(page: Path) -> set[str]:
    """The names by which the headings of a page can be linked to."""
    headings = re.findall(r"^#+ (.*)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pages
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.is_relative_to(ROOT)
        assert place.exists(), f"{target} is not there"
        assert not anchor or anchor in anchors(place), f"{target} has no such heading"


def test_every_page_of_the_documentation_can_be_reached_from_its_index() -> None:
    index = DOCS / "index.md"
    linked = {(DOCS / target).resolve() for target in re.findall(r"\]\(([^)#\s]+\.md)", text_of(index))}
    assert linked == set(DOCS.rglob("*.md")) - {index}


def command_lines(page: Path) -> list[str]:
    """Every `manyeyes …` that a reader may copy: in blocks for the shell, and within sentences."""
    lines = [line.strip() for block in blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines()]
    in_blocks = [re.sub(r"^([A-Z_]+=\S+ )+", "", line) for line in lines]
    in_sentences = re.findall(r"`(manyeyes [^`]*)`", prose(page))
    return [line for line in (*in_blocks, *in_sentences) if line.startswith("manyeyes ")]


ALL_LINES = sorted({line for page in PAGES for line in command_lines(page)})


def test_the_documentation_shows_command_lines() -> None:
    assert len(ALL_LINES) > 20


@pytest.mark.parametrize("line", ALL_LINES)
def test_a_command_line_that_is_shown_can_be_parsed(line: str) -> None:
    words = shlex.split(re.split(r" [|>] | &&? ", line)[0], comments=True)[1:]
    if words[0].startswith("-"):
        assert words[0] in ("--help", "--version", "--install-completion")
        return
    command, *arguments = words
    assert command in COMMANDS
    if not arguments or arguments[0].endswith("...") or arguments[-1] == "--help":
        return  # It speaks of the command; what it takes is said elsewhere.
    with load(command).make_context(command, arguments) as context:
        assert context.params


EXAMPLES = [
    pytest.param(block, id=f"{page.relative_to(ROOT).as_posix()}-{number}")
    for page in PAGES
    for number, block in enumerate(blocks(page, "python"), 1)
    if "from manyeyes import" in block
]


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory with what the examples name: a folder of pictures and a ZIP of one more."""
    (tmp_path / "photos").mkdir()
    for name, colour in (("red", (200, 40, 50)), ("blue", (40, 60, 200))):
        Image.new("RGB", (60, 80), colour).save(tmp_path / "photos" / f"{name}.png")
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.write(tmp_path / "photos" / "red.png", "again.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MANYEYES_STORE", "sqlite:///runs.db")


@pytest.mark.usefixtures("photos")
@pytest.mark.parametrize("block", EXAMPLES)
def test_an_example_in_python_runs(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = compile(block, "example", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    known: dict[str, Any] = {}
    running = FunctionType(code, known)()
    if inspect.iscoroutine(running):
        asyncio.run(running)
    report = known.get("report")
    if isinstance(report, manyeyes.Report):
        assert (report.total, report.stopped) == (2, None)
    else:
        assert len(capsys.readouterr().out.splitlines()) == known["run"].progress.analyzed > 0


def shown_object(page: Path) -> dict[str, Any]:
    """The one JSON object that a page shows."""
    (block,) = blocks(page, "json")
    shown: dict[str, Any] = json.loads(block)
    return shown


def test_the_progress_that_is_shown_has_the_fields_of_progress() -> None:
    assert list(shown_object(DOCS / "how-to" / "watch-a-run.md")) == list(Progress().as_json())


def test_the_result_that_is_shown_has_the_fields_of_a_result() -> None:
    image = ImageRef("spring/05.jpg", Locator("spring/05.jpg"), "1", 1)
    outcome = Analyzed(image, "id", 0, "", StyleDescriptor(), usage=Usage(1, 1))
    shown = shown_object(DOCS / "how-to" / "get-results-out.md")
    written = json.loads(json_line(result_line(Kept(outcome))))
    assert list(shown) == list(written)
    assert shown["usage"].keys() == written["usage"].keys()
    assert shown["descriptor"].keys() < written["descriptor"].keys()


def test_the_fields_of_the_values_are_documented() -> None:
    for value in (Progress, Analyzed, Failed, manyeyes.Report):
        documented = row(reference("library"), value.__name__)
        for name in re.findall(r"`(\w+)`", documented)[1:]:
            assert hasattr(value, name) or name in value.__slots__, f"{value.__name__} has no {name}"


def test_the_glossary_is_in_order_and_says_something_of_each_word() -> None:
    entries = re.findall(r"^## (.+)\n\n(.+)", text_of(DOCS / "glossary.md"), flags=re.MULTILINE)
    words = [word for word, _ in entries]
    assert words == sorted(words, key=str.lower)
    assert len(words) == text_of(DOCS / "glossary.md").count("\n## ")


@pytest.mark.parametrize(
    "word",
    [
        "Analyzer", "Ask", "Attempt", "Binding gate", "Budget", "Call", "Intent", "Limit", "Limiter",
        "Outcome", "Permit", "Portfolio", "Quota", "Run", "Sample", "Stand-in", "Ticket",
    ],
)  # fmt: skip
def test_a_word_of_the_house_is_in_the_glossary(word: str) -> None:
    assert section(text_of(DOCS / "glossary.md"), word).strip()


@pages
def test_a_page_has_one_title_and_lines_that_can_be_read_in_a_terminal(page: Path) -> None:
    assert len(re.findall(r"^# ", prose(page), flags=re.MULTILINE)) == 1
    long = [line for line in prose(page).splitlines() if len(line) > 125 and not line.startswith("|")]
    assert long == []

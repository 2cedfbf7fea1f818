"""Wrong command lines: one plain sentence each, exit code 2, and what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import draw
from manyeyes.cli.main import COMMANDS, load
from manyeyes.settings import DEFAULT_CONCURRENCY, Settings
from reading_place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder with one picture and no store."""
    draw(tmp_path / "shop", 1)
    return Place(tmp_path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("analyze shop --limit 0", "--limit must be a whole number from 1 up, not '0'"),
        ("analyze shop --limit many", "--limit must be a whole number from 1 up, not 'many'"),
        ("analyze shop --limit", "--limit needs a value"),
        ("analyze shop --json=3", "--json takes no value"),
        ("analyze shop --concurency 3", "analyze has no option --concurency: did you mean --concurrency?"),
        ("analyze shop --wings 3", "analyze has no option --wings: see `manyeyes analyze --help`"),
        (
            "analyze shop --concurrency many",
            "--concurrency must be a whole number from 1 up, auto or threshold, not 'many'",
        ),
        ("analyze shop --progress fancy", "--progress must be rich, plain, json or none, not 'fancy'"),
        (
            "analyze shop --progress plan",
            "--progress must be rich, plain, json or none, not 'plan': did you mean plain?",
        ),
        ("analyze", "analyze needs SOURCE: folders, pictures and ZIPs, several at once"),
        ("analyze shop --burst 3", "--burst needs --rpm: it says how many calls may start at once"),
        ("simulate --burst 3", "--burst needs --rpm"),
        ("analyze shop --batch-size 4", "--batch-size needs --strategy batch: no other has batches"),
        ("analyze shop --batch-size auto --strategy sequential", "--batch-size needs --strategy batch"),
        ("simulate --batch-size 4", "--batch-size needs --strategy batch"),
        ("simulate --memory-mb 9", "--memory-mb needs --strategy batch --batch-size auto"),
        ("simulate --memory-mb 9 --strategy batch", "--memory-mb needs --strategy batch --batch-size auto"),
        ("simulate --cv none", "--cv must be a number from 0 up, not 'none'"),
        ("sample --count 0", "--count must be a whole number from 1 to 100000, not '0'"),
        ("sample --seed 1.5", "--seed must be a whole number, not '1.5'"),
        ("export --format xml", "--format must be jsonl, csv or parquet, not 'xml'"),
        ("runs twice", "runs does not know what to do with 'twice': see `manyeyes runs --help`"),
        ("forget", "forget needs PORTFOLIO|PICTURE: a portfolio or a picture"),
        ("anlyze shop", "there is no command 'anlyze': did you mean analyze?"),
        ("paint shop", "there is no command 'paint': choose one of analyze, serve, runs,"),
        ("--verzion", "manyeyes has no option --verzion: did you mean --version?"),
        ("analyze shpo", "'shpo' does not exist: did you mean 'shop'?"),
        (
            "analyze shop/Picture1.png",
            "'shop/Picture1.png' does not exist: did you mean 'shop/picture-1.png'?",
        ),
        (
            "analyze SHOP/picture-1.png",
            "'SHOP/picture-1.png' does not exist: did you mean 'shop/picture-1.png'?",
        ),
        ("analyze shopp/more", "'shopp/more' does not exist: did you mean 'shop'?"),
        ("analyze nowhere", "'nowhere' does not exist; check the spelling"),
        ("analyze shop --store sqlite:////nope/x.db", "there is no folder '/nope' for the store 'x.db'"),
    ],
)
def test_a_wrong_command_line_is_answered_by_one_sentence(place: Place, line: str, said: str) -> None:
    done = place.manyeyes(*line.split())
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"manyeyes: {said}")
    assert done.err.count("\n") == 1


def test_what_was_typed_does_not_reach_the_terminal_as_it_is(place: Place) -> None:
    done = place.manyeyes("analyze", "--\x1b[2Jx")
    assert done.code == 2
    assert "\x1b" not in done.err


def test_no_command_at_all_shows_the_help(place: Place) -> None:
    done = place.manyeyes()
    assert done.code == 2
    assert "analyze" in done.out + done.err
    assert "manyeyes:" not in done.err


def test_a_burst_beside_a_rate_is_taken(place: Place) -> None:
    assert place.manyeyes("simulate", "--rpm", "600", "--burst", "3", "--json").code == 0
    assert place.manyeyes("simulate", "--burst", "3", "--json", ANALYSIS_RPM="600").code == 0


def test_what_a_flag_needs_may_stand_in_the_environment(place: Place) -> None:
    batches = {"ANALYSIS_STRATEGY": "batch", "ANALYSIS_BATCH_SIZE": "auto"}
    assert place.manyeyes("simulate", "--memory-mb", "9", "--json", **batches).code == 0
    assert place.manyeyes("simulate", "--batch-size", "4", "--json", ANALYSIS_STRATEGY="batch").code == 0


def test_the_environment_alone_may_say_what_is_not_needed_now(place: Place) -> None:
    spare = {"ANALYSIS_BATCH_SIZE": "4", "ANALYSIS_MEMORY_MB": "9", "ANALYSIS_BURST": "3"}
    assert place.manyeyes("simulate", "--json", **spare).code == 0


@pytest.mark.parametrize("columns", ["40", "80", "200"])
@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_cuts_no_option_at_any_width(place: Place, command: str, columns: str) -> None:
    done = place.manyeyes(command, "--help", COLUMNS=columns)
    assert done.code == 0
    words = done.out.split()
    for parameter in load(command).params:
        if parameter.param_type_name == "option":
            assert any(name in words for name in parameter.opts), parameter.name
    assert not set("…│╭") & set(done.out)


@pytest.mark.parametrize("command", ["analyze", "simulate"])
def test_the_help_tells_the_defaults_of_the_settings(command: str) -> None:
    told = {option.name: option.help for option in load(command).params}
    default = DEFAULT_CONCURRENCY if command == "simulate" else "auto"
    assert told["concurrency"].endswith(f"(default {default}).")
    for name, field in Settings.model_fields.items():
        if name in told and field.default not in (None, False):
            shown = f"{field.default:g}" if isinstance(field.default, float) else field.default
            assert told[name].endswith(f"(default {shown})."), name
    assert "default" not in told["rpm"]

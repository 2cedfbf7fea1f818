"""Settings are read once, in the order flag, environment, `.env`, default; bad ones are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from manyeyes.model.errors import SettingsError
from manyeyes.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields.values():
        monkeypatch.delenv(field.validation_alias.choices[0], raising=False)  # type: ignore[union-attr,arg-type]
    return tmp_path


def test_row_3_unset_it_is_five_in_batches_and_learned_otherwise() -> None:
    batch = read_settings({"strategy": "batch"})
    assert (batch.calls_at_once(), batch.moving) == (5, None)
    # Groups of the log are of five while the limit moves.
    assert (read_settings().calls_at_once(), read_settings().moving) == (5, "auto")


@pytest.mark.parametrize(
    "flags",
    [{"concurrency": "5"}, {"preset": "production"}, {"strategy": "sequential"}, {"strategy": "batch"}],
)
def test_row_3_a_number_however_it_is_said_pins_the_limit(flags: dict[str, str]) -> None:
    assert read_settings(flags).moving is None


def test_row_3_the_flag_wins_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("ANALYSIS_CONCURRENCY=3\n")
    assert read_settings().calls_at_once() == 3
    monkeypatch.setenv("ANALYSIS_CONCURRENCY", "10")
    assert read_settings().calls_at_once() == 10
    assert read_settings({"concurrency": "20"}).calls_at_once() == 20


@pytest.mark.parametrize("value", ["abc", "0", "-1", "2.5"])
def test_row_3_a_bad_number_names_the_variable_and_the_file(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match=f"^--concurrency must be a whole number.*'{value}'"):
        read_settings({"concurrency": value})
    Path(".env").write_text(f"ANALYSIS_CONCURRENCY={value}\n")
    with pytest.raises(SettingsError, match=rf"^ANALYSIS_CONCURRENCY in {Path('.env').absolute()} must"):
        read_settings()
    monkeypatch.setenv("ANALYSIS_CONCURRENCY", value)
    with pytest.raises(SettingsError, match=r"^ANALYSIS_CONCURRENCY in the environment must"):
        read_settings()


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYSIS_CONCURRENCY", "")
    assert read_settings().calls_at_once() == 5


@pytest.mark.parametrize(
    ("preset", "calls"), [("development", 4), ("production", 6), ("high-load", 12), ("rate-limited", 2)]
)
def test_row_11_a_preset_stands_for_a_number(preset: str, calls: int) -> None:
    assert read_settings({"preset": preset}).calls_at_once() == calls


@pytest.mark.parametrize(
    ("pictures", "calls"), [(1, 5), (49, 5), (50, 8), (99, 8), (100, 10), (199, 10), (200, 15), (9999, 15)]
)
def test_row_11_by_size_goes_by_the_portfolio(pictures: int, calls: int) -> None:
    assert read_settings({"preset": "by-size"}).calls_at_once(pictures) == calls


def test_row_11_concurrency_wins_over_preset_and_that_over_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANALYSIS_CONCURRENCY", "9")
    assert read_settings({"preset": "production"}).calls_at_once() == 6
    assert read_settings({"preset": "production", "concurrency": "3"}).calls_at_once() == 3
    monkeypatch.setenv("ANALYSIS_PRESET", "production")
    assert read_settings().calls_at_once() == 9


def test_sequential_has_one_call_in_flight_whatever_is_set() -> None:
    assert read_settings({"strategy": "sequential", "concurrency": "7"}).calls_at_once() == 1


def test_a_batch_size_is_also_how_many_run_at_once_unless_that_is_set() -> None:
    assert read_settings({"strategy": "batch", "batch_size": "7"}).calls_at_once() == 7
    assert read_settings({"strategy": "batch", "batch_size": "7", "concurrency": "3"}).calls_at_once() == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strategy", "random"),
        ("preset", "fast"),
        ("batch_size", "half"),
        ("rpm", "0"),
        ("rpm", "inf"),
        ("deadline", "1"),
        ("memory_mb", "-3"),
        ("log_level", "loud"),
    ],
)
def test_every_bad_value_is_named_with_its_flag_and_what_it_must_be(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^--{name.replace('_', '-')} must be .*, not '{value}'$"):
        read_settings({name: value})


def test_a_token_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_secret")
    settings = read_settings()
    assert "r8_secret" not in repr(settings)
    assert settings.replicate_api_token is not None
    assert settings.replicate_api_token.get_secret_value() == "r8_secret"


def test_a_file_of_settings_that_is_not_text_is_named() -> None:
    Path(".env").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"the file \.env cannot be read"):
        read_settings()


def test_other_lines_of_the_file_are_left_alone() -> None:
    Path(".env").write_text("DATABASE_URL=postgres://elsewhere\n")
    assert read_settings().calls_at_once() == 5

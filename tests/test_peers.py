"""The benchmark beside other clients: fair bounds, pinned environments, a table that hides nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from command_line import draw

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks" / "peers"))

from clients import CLIENTS, Client
from environments import REQUIREMENTS
from PIL import Image
from run import notes, table
from trial import Place, Row, tried
from worlds import WORLDS, World, latencies, provider_settings

from manyeyes.stand_in.openai_world import openai_world_from


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_every_client_has_its_script_and_pinned_requirements(client: Client) -> None:
    if not client.script:
        assert client.environment == ""
        return
    assert (REQUIREMENTS.parent / f"ask_{client.script}.py").exists()
    lines = (REQUIREMENTS / f"{client.environment}.txt").read_text().split()
    assert all("==" in line for line in lines)


def test_nobody_could_beat_the_bound() -> None:
    # Forty of one second at twenty slots; ten beyond the burst at ten a second, and the last one's own.
    assert [world.bound([1.0] * 40) for world in WORLDS] == [2.0] * 4
    assert [world.bound([10.0, 1.0, 1.0]) for world in WORLDS] == [10.0] * 4


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_the_settings_of_a_world_are_those_of_a_stand_in(world: World) -> None:
    settings = provider_settings(world, seed=3)
    assert settings.pop("kind") == "openai"
    assert openai_world_from(settings).manners.draws_by == "order"


def test_latencies_are_the_same_for_every_client_and_others_for_another_seed() -> None:
    assert latencies(1, 50) == latencies(1, 100)[:50]
    assert latencies(1, 50) != latencies(2, 50)
    assert 0.5 < sorted(latencies(1, 1000))[500] < 0.7


def test_the_table_shows_what_was_lost_and_what_did_not_end() -> None:
    worlds = WORLDS[:2]
    clients = [Client(name, "x", "plain", (), "as it is") for name in ("good", "bad", "absent")]
    rows = [
        Row("a", "good", 200, 10.0, 11.0, 3, 0, 2.0, 60),
        Row("b", "good", 200, 10.0, 12.0, 0, 0, 4.0, 80),
        Row("a", "bad", 200, 10.0, 8.0, 100, 50, 1.0, 50),
        Row("b", "bad", 200, 10.0, None, 7, 20, 1.0, 50, "not ended"),
        Row("a", "absent", 0, 0.0, why="not installed: no such thing"),
        Row("b", "absent", 200, 10.0, None, 0, 200, 1.0, 50, "failed: it fell over"),
    ]
    lines = table(rows, worlds, clients).splitlines()[2:]
    assert lines == [
        "| good | 1.10 | 2, 0 | 1.20 | 0, 0 | 10–20 | 60–80 |",
        "| bad | (0.80) | 50, 25 % | not ended | 4, 10 % | 5 | 50 |",
        "| absent | not installed | –, 0 | failed | 0, 100 % | – | – |",
    ]
    said = "\n".join(notes(worlds, clients, rows))
    assert "absent at a: not installed: no such thing" in said
    assert "absent at b: failed: it fell over" in said


def test_a_trial_of_our_own_answers_every_picture(tmp_path: Path) -> None:
    draw(tmp_path / "drawn", 12)
    (tmp_path / "pictures").mkdir()
    for path in (tmp_path / "drawn").iterdir():
        Image.open(path).convert("RGB").save(tmp_path / "pictures" / f"{path.stem}.jpg")
    world = next(world for world in WORLDS if world.name == "d")
    row = tried(world, CLIENTS[0], Place(tmp_path / "pictures", tmp_path, seed=1, patience=10.0))
    assert (row.why, row.lost, row.pictures) == ("", 0, 12)
    assert row.seconds is not None
    assert row.seconds >= row.bound
    assert row.cpu > 0

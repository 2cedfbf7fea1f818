"""What Prometheus reads of a run is what happened in it."""

from __future__ import annotations

import socket
import urllib.request
from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from command_line import begin, draw, end, manyeyes
from engine_world import DRESS, PAID, Album, analyze, limiter_of
from manyeyes.analyzers.scripted import Scripted
from manyeyes.engine.flow import NOTHING_LEFT
from manyeyes.model.errors import Refused
from manyeyes.model.progress import PAUSED
from manyeyes.pacing.gates import Gate
from manyeyes.web.metrics import GATES, Metrics


def figures(text: str) -> dict[str, float]:
    """Figures by name, with the value of their one label behind it."""
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_gate_has_a_state() -> None:
    assert {gate.value for gate in Gate} | {NOTHING_LEFT, PAUSED, "bytes", "preparation"} == set(GATES) - {"none"}


def test_the_counts_are_those_of_the_run() -> None:
    pictures = {str(at): f"picture {at}" for at in range(6)} | {"copy": "picture 0", "bad": "corrupt"}
    script = {"*": DRESS, "5": Refused("no")}
    told = analyze(Album(pictures), Scripted(script, seconds=3.0, traits=PAID), limiter=limiter_of(2))
    metrics = Metrics()
    metrics.watch(lambda: 4, lambda: 9)
    binding = []
    for event, progress in told.events:
        metrics.hear(event, progress)
        now = figures(generate_latest(metrics.registry).decode())
        binding += [gate for gate in GATES if now[f"manyeyes_binding_gate {gate}"]]
    assert [now[f"manyeyes_pictures_total {outcome}"] for outcome in ("analyzed", "reused", "failed")] == [
        5, 1, 2,
    ]  # fmt: skip
    assert (now["manyeyes_calls_total"], now["manyeyes_pictures_left"]) == (6, 0)
    assert (now["manyeyes_picture_seconds_count"], now["manyeyes_picture_seconds_sum"]) == (6, 18)
    assert (now["manyeyes_calls_in_flight"], now["manyeyes_concurrency_limit"]) == (4, 9)
    assert binding.count("concurrency") >= 2
    assert len(binding) == len(told.events)


def test_a_run_on_the_command_line_can_be_watched(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    draw(tmp_path / "shop", 6)
    process = begin(
        "analyze", "shop", "--analyzer", "modelled", "--progress", "plain", "--metrics-port", str(port),
        place=tmp_path,
    )  # fmt: skip
    assert process.stderr is not None
    while "1 of 6" not in process.stderr.readline():
        assert process.poll() is None
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        told = figures(answer.read().decode())
    assert told["manyeyes_pictures_total analyzed"] + told["manyeyes_pictures_left"] == 6
    assert told["manyeyes_concurrency_limit"] >= 1
    assert end(process).code == 0


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    draw(tmp_path / "shop", 1)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = manyeyes("analyze", "shop", "--metrics-port", str(port), place=tmp_path)
    assert done.code == 2
    assert f"--metrics-port {port} cannot be had" in done.err
    assert "Traceback" not in done.err

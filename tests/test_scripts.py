"""The two commands of the README, on machines that lack something."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from source_files import ROOT

#: All that the scripts call before there is an environment, but for a Python.
TOOLS = ("sh", "dirname", "cat", "cksum", "rm", "mv", "id", "mkdir")

scripts = pytest.mark.parametrize("script", ["run.sh", "test.sh"])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project's scripts, in a folder with a space in its name."""
    place = tmp_path / "my project"
    shutil.copytree(ROOT / "scripts", place / "scripts")
    shutil.copy(ROOT / "pyproject.toml", place)
    return place


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder of programs that is all of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(str(shutil.which(tool)))
    return folder


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def run(project: Path, tools: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(project / "scripts" / script), *arguments],
        env={"PATH": str(tools), "HOME": str(project)}, cwd=tools, capture_output=True, text=True,
        check=False, timeout=30,
    )  # fmt: skip


def installed(project: Path, manyeyes: str) -> None:
    """An environment as it is after the first time, with this in place of `manyeyes`."""
    environment = project / ".venv"
    program(environment / "bin" / "python", 'case "$*" in *pip*install*) echo installing >&2 ;; esac; exit 0')
    program(environment / "bin" / "manyeyes", manyeyes)


@scripts
def test_without_python_it_says_what_to_install(project: Path, tools: Path, script: str) -> None:
    ended = run(project, tools, script)
    assert ended.returncode == 1
    assert "needs Python 3.11 or newer, and there is no python3 here" in ended.stderr
    assert "apt-get install python3 python3-venv" in ended.stderr


@scripts
def test_an_old_python_is_named_with_its_version(project: Path, tools: Path, script: str) -> None:
    program(tools / "python3", 'case "$*" in *%d*) echo 3.9.2 ;; *) exit 1 ;; esac')
    ended = run(project, tools, script)
    assert ended.returncode == 1
    assert "needs Python 3.11 or newer; here is only python3 3.9.2" in ended.stderr


@scripts
def test_a_python_without_venv_is_told_from_none(project: Path, tools: Path, script: str) -> None:
    program(tools / "python3", 'case "$*" in *ensurepip*) exit 1 ;; *%d*) echo 3.11.2 ;; esac')
    ended = run(project, tools, script)
    assert ended.returncode == 1
    assert "python3 3.11.2 cannot make virtual environments" in ended.stderr
    assert "apt-get install python3-venv" in ended.stderr


def test_a_newer_python_is_found_behind_an_old_one(project: Path, tools: Path) -> None:
    program(
        tools / "python3.12", 'case "$*" in *%d*) echo 3.12.1 ;; *--clear*) echo made by 3.12; exit 1 ;; esac'
    )
    program(tools / "python3", 'case "$*" in *%d*) echo 3.9.2 ;; *) exit 1 ;; esac')
    ended = run(project, tools, "run.sh")
    assert ended.returncode == 1
    assert "made by 3.12" in ended.stderr
    assert "could not be made; what stands above says why" in ended.stderr


def test_sources_reach_the_command_as_they_were_given(project: Path, tools: Path) -> None:
    installed(project, 'printf "<%s>" "$PWD" "$@"')
    ended = run(project, tools, "run.sh", "a folder", "ümlaut's *.zip", "--json")
    assert ended.returncode == 0
    assert ended.stdout == f"<{tools}><analyze><--analyzer><local><a folder><ümlaut's *.zip><--json>"


@pytest.mark.parametrize("code", [0, 1, 2, 3, 130])
def test_the_exit_code_of_the_command_is_passed_on(project: Path, tools: Path, code: int) -> None:
    installed(project, f"exit {code}")
    assert run(project, tools, "run.sh", "photos").returncode == code


def test_without_a_source_a_sample_is_drawn_once_and_analyzed(project: Path, tools: Path) -> None:
    installed(project, 'echo "$*"; case "$1" in sample) mkdir "$2" ;; esac')
    sample = project / "sample-portfolio"
    first = run(project, tools, "run.sh")
    assert first.stdout.splitlines() == [f"analyze --analyzer local {sample}"]
    assert f"Drew a sample portfolio into {sample}." in first.stderr
    assert not sample.with_name("sample-portfolio.part").exists()
    second = run(project, tools, "run.sh")
    assert second.stdout == first.stdout
    assert second.stderr == ""


def test_a_sample_that_could_not_be_drawn_is_not_taken_for_one(project: Path, tools: Path) -> None:
    installed(project, 'case "$1" in sample) exit 2 ;; *) echo analyzed ;; esac')
    ended = run(project, tools, "run.sh")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert not (project / "sample-portfolio").exists()


def test_it_installs_once_and_again_when_the_project_has_changed(project: Path, tools: Path) -> None:
    installed(project, "exit 0")
    assert "installing" in run(project, tools, "run.sh", "photos").stderr
    assert run(project, tools, "run.sh", "photos").stderr == ""
    with (project / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    assert "installing" in run(project, tools, "run.sh", "photos").stderr


def test_an_environment_that_runs_no_more_is_made_anew(project: Path, tools: Path) -> None:
    program(project / ".venv" / "bin" / "python", "exit 127")
    program(tools / "python3", 'case "$*" in *%d*) echo 3.11.2 ;; *--clear*) echo made anew; exit 1 ;; esac')
    assert "made anew" in run(project, tools, "run.sh").stderr


def test_the_scripts_keep_to_what_every_shell_knows() -> None:
    for script in sorted((ROOT / "scripts").glob("*.sh")):
        subprocess.run(["sh", "-n", str(script)], check=True)
        assert "[[" not in script.read_text("utf-8")
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)


def test_this_very_python_would_be_taken(project: Path, tools: Path) -> None:
    (tools / "python3").symlink_to(os.path.realpath(sys.executable))
    find = f'project="{project}"; . "{project}/scripts/environment.sh"; find_python'
    found = subprocess.check_output(["sh", "-c", find], env={"PATH": str(tools)}, text=True)
    assert found == "python3\n"

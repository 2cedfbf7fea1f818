"""What is trained, and how: everything that tells one run from another."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of one run; each is an option of train.py."""

    #: Which EfficientNet-Lite: lite0, lite1 or lite2.
    network: str = "lite0"
    #: Pixels a side that the network sees.
    pixels: int = 224
    #: How a picture gets square: `squeezed`, or `padded` with grey, which keeps its proportions.
    framing: str = "squeezed"
    #: How many of its first blocks stay as they came: they see edges and colours, and take most of the time.
    frozen: int = 5
    epochs: int = 20
    batch: int = 32
    #: The highest learning rate of the network (AdamW, one cycle); that of the head is `head_rate`.
    rate: float = 1e-3
    head_rate: float = 4e-3
    decay: float = 0.05
    #: Label smoothing.
    smoothing: float = 0.1
    #: The share of batches in which a rectangle of each picture comes from another one (CutMix).
    mix: float = 0.5
    #: Classes weigh frequency to the power of minus this.
    balance: float = 0.5
    #: How much of itself the average of the weights keeps from one step to the next.
    average: float = 0.997
    seed: int = 1
    #: Names of runs, with commas between, whose networks of the same fold teach this one by their mean.
    teachers: str = ""
    #: The teachers' weight in the targets; the labels have the rest.
    taught: float = 0.7

    @property
    def name(self) -> str:
        """The run's folder: what differs from the defaults is in it."""
        plain = Recipe()
        told = [f"{self.network}-{self.pixels}"]
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name not in {"network", "pixels"} and value != getattr(plain, field.name):
                told.append(f"{field.name}-{value}")
        return "_".join(told)


def recipe_options(parser: argparse.ArgumentParser) -> None:
    """Give `parser` an option for each field of a recipe."""
    for field in fields(Recipe):
        default = getattr(Recipe(), field.name)
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=type(default), default=default)


def place_options(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options that say where things are."""
    parser.add_argument("--data", type=Path, required=True, help="the folder with labels.csv and images/")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "manyeyes-training")


def recipe_of(options: argparse.Namespace) -> Recipe:
    """The recipe that was asked for."""
    return Recipe(**{field.name: getattr(options, field.name) for field in fields(Recipe)})


def run_folder(cache: Path, name: str) -> Path:
    """Where the run called `name` is kept."""
    return cache / "runs" / name


def write_recipe(cache: Path, recipe: Recipe) -> None:
    """Keep `recipe` in its run's folder."""
    run_folder(cache, recipe.name).mkdir(parents=True, exist_ok=True)
    (run_folder(cache, recipe.name) / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1), "utf-8")


def read_recipe(cache: Path, name: str) -> Recipe:
    """The recipe of the run called `name`."""
    kept = run_folder(cache, name) / "recipe.json"
    if not kept.exists():
        raise SystemExit(f"{kept} is missing: train {name} first.")
    return Recipe(**json.loads(kept.read_text("utf-8")))


def fold_folder(cache: Path, name: str, fold: int | str) -> Path:
    """Where the run called `name` keeps what belongs to one fold; `whole` is trained on every photograph."""
    return run_folder(cache, name) / f"fold-{fold}"

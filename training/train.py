"""Trains a network on each fold; a run that was stopped goes on at the epoch it was in."""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from decoded import Pixels, decoded
from labelled import CLASSES, FOLDS, folds_by_sender, read_labels
from network import GarmentNetwork
from recipe import Recipe, fold_folder, place_options, recipe_of, recipe_options, write_recipe
from teachers import Teachers, network_of
from views import mixed, varied, whole

#: Epochs from one look at what was held out to the next: a look takes a third of an epoch's time.
_JUDGED_EVERY = 5


@dataclass(frozen=True, slots=True)
class Lesson:
    """The photographs of one fold's training part, and those that it is judged by."""

    pixels: Pixels
    #: The place in CLASSES of each photograph's label.
    labels: Tensor
    learned: Tensor
    held_out: Tensor


class Trainee:
    """A network with its optimiser and the average of its weights, at the end of some epoch."""

    def __init__(self, recipe: Recipe, steps: int) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.network = network_of(recipe)
        self.averaged = network_of(recipe)
        self.averaged.load_state_dict(self.network.state_dict())
        self.epoch = 0
        self._steps = 0
        self._optimiser = _optimiser(self.network, recipe)
        self._rates = torch.optim.lr_scheduler.OneCycleLR(
            self._optimiser, [group["lr"] for group in self._optimiser.param_groups], steps, pct_start=0.2
        )

    def step(self, pictures: Tensor, targets: Tensor, weights: Tensor) -> float:
        """Learn from one batch, each picture with its weight, and return its loss."""
        _, logits = self.network(pictures)
        loss = (functional.cross_entropy(logits, targets, reduction="none") * weights).mean()
        self._optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._optimiser.step()
        self._rates.step()
        self._average()
        return loss.item()

    def _average(self) -> None:
        self._steps += 1
        keep = min(self.recipe.average, self._steps / (self._steps + 10))
        state = self.network.state_dict()
        for name, value in self.averaged.state_dict().items():
            if value.is_floating_point():
                value.lerp_(state[name], 1 - keep)
            else:
                value.copy_(state[name])

    def keep(self, place: Path) -> None:
        """Write all of it to `place`, whole or not at all."""
        state = {name: getattr(self, name).state_dict() for name in self._parts()}
        torch.save({**state, "epoch": self.epoch, "steps": self._steps}, place.with_suffix(".part"))
        place.with_suffix(".part").replace(place)

    def resume(self, place: Path) -> None:
        """Be what was kept at `place`."""
        state = torch.load(place, weights_only=True)
        for name in self._parts():
            getattr(self, name).load_state_dict(state[name])
        self.epoch, self._steps = state["epoch"], state["steps"]

    @staticmethod
    def _parts() -> tuple[str, ...]:
        return "network", "averaged", "_optimiser", "_rates"


def _optimiser(network: GarmentNetwork, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW; norms and biases do not decay."""
    groups = []
    for part, rate in (
        (network.head, recipe.head_rate),
        (network.blocks, recipe.rate),
        (network.last, recipe.rate),
    ):
        for flat in (False, True):
            chosen = [value for value in part.parameters() if (value.ndim < 2) == flat]
            groups.append({"params": chosen, "lr": rate, "weight_decay": 0.0 if flat else recipe.decay})
    return torch.optim.AdamW(groups)


def train_epoch(trainee: Trainee, lesson: Lesson, teachers: Teachers, seed: int) -> float:
    """Show `trainee` each photograph once, in the order and the views of `seed`; return the mean loss."""
    recipe = trainee.recipe
    torch.manual_seed(seed)
    chance = torch.Generator().manual_seed(seed)
    trainee.network.train()
    weights = class_weights(lesson.labels[lesson.learned], recipe.balance)
    order = lesson.learned[torch.randperm(len(lesson.learned), generator=chance)]
    losses = []
    for rows in order.split(recipe.batch)[: len(order) // recipe.batch]:
        pictures = varied(torch.from_numpy(lesson.pixels[rows.numpy()]), recipe.pixels, chance)
        targets = functional.one_hot(lesson.labels[rows], len(CLASSES)).float()
        if torch.rand(1, generator=chance).item() < recipe.mix:
            pictures, targets = mixed(pictures, targets, chance)
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        taught = teachers.targets(pictures, targets)
        losses.append(trainee.step(pictures, taught, targets @ weights))
    return math.fsum(losses) / len(losses)


def class_weights(labels: Tensor, balance: float) -> Tensor:
    """Each class's weight: its frequency to the power of minus `balance`; the mean photograph has 1."""
    counts = torch.bincount(labels, minlength=len(CLASSES)).clamp(min=1).float()
    weights = counts**-balance
    return weights / weights[labels].mean()


@torch.no_grad()
def answers(network: GarmentNetwork, lesson: Lesson, edge: int) -> tuple[Tensor, Tensor]:
    """Logits for the photographs held out, as they are and mirrored: each N × classes."""
    network.eval()
    both: tuple[list[Tensor], list[Tensor]] = ([], [])
    for rows in lesson.held_out.split(32):
        pictures = whole(torch.from_numpy(lesson.pixels[rows.numpy()]), edge)
        for logits, seen in zip(both, (pictures, pictures.flip(3)), strict=True):
            logits.append(network(seen.contiguous(memory_format=torch.channels_last))[1])
    return torch.cat(both[0]), torch.cat(both[1])


def judge(trainee: Trainee, lesson: Lesson, place: Path) -> dict[str, float]:
    """Leave the logits for what was held out in `place`/logits.npz, and return the shares that are right."""
    if not len(lesson.held_out):
        return {}
    plain, mirrored = answers(trainee.averaged, lesson, trainee.recipe.pixels)
    np.savez(
        place / "logits.npz", rows=lesson.held_out.numpy(), plain=plain.numpy(), mirrored=mirrored.numpy()
    )
    labels = lesson.labels[lesson.held_out]
    both = {"top1": plain, "top1_mirrored_too": plain + mirrored}
    return {
        name: round((logits.argmax(1) == labels).float().mean().item(), 4) for name, logits in both.items()
    }


def train_fold(recipe: Recipe, lesson: Lesson, fold: int, place: Path) -> None:
    """Train on one fold, and leave state.pt, epochs.jsonl and logits.npz in `place`."""
    place.mkdir(parents=True, exist_ok=True)
    teachers = Teachers(recipe, place)
    trainee = Trainee(recipe, recipe.epochs * (len(lesson.learned) // recipe.batch))
    if (place / "state.pt").exists():
        trainee.resume(place / "state.pt")
    while trainee.epoch < recipe.epochs:
        began = time.monotonic()
        loss = train_epoch(trainee, lesson, teachers, (recipe.seed * 100 + fold) * 1000 + trainee.epoch)
        trainee.epoch += 1
        told: dict[str, float] = {"fold": fold, "epoch": trainee.epoch, "loss": round(loss, 4)}
        if trainee.epoch % _JUDGED_EVERY == 0 or trainee.epoch == recipe.epochs:
            told |= judge(trainee, lesson, place)
        told["seconds"] = round(time.monotonic() - began, 1)
        with (place / "epochs.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(told) + "\n")
        print(json.dumps(told), flush=True)
        trainee.keep(place / "state.pt")


def main() -> None:
    """Train what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    place_options(parser)
    recipe_options(parser)
    parser.add_argument("--folds", type=int, nargs="+", default=list(range(FOLDS)), help="from 0")
    parser.add_argument("--whole", action="store_true", help="learn from every photograph, to ship it")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    recipe = recipe_of(options)
    photographs = read_labels(options.data)
    images, edge = [one.image for one in photographs], recipe.pixels * 8 // 7
    pixels = decoded(options.data, images, edge, recipe.framing, options.cache)
    labels = torch.tensor([CLASSES.index(one.garment_type) for one in photographs])
    fold_of = torch.tensor(folds_by_sender([one.sender for one in photographs]))
    print(json.dumps(asdict(recipe)), flush=True)
    write_recipe(options.cache, recipe)
    for fold in [FOLDS] if options.whole else options.folds:
        lesson = Lesson(pixels, labels, (fold_of != fold).nonzero()[:, 0], (fold_of == fold).nonzero()[:, 0])
        name = "whole" if options.whole else fold
        train_fold(recipe, lesson, fold, fold_folder(options.cache, recipe.name, name))


if __name__ == "__main__":
    main()

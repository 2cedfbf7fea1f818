"""Trained networks, taken up again: to teach others, and to be exported."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from labelled import CLASSES
from network import GarmentNetwork
from recipe import Recipe, fold_folder, read_recipe


def network_of(recipe: Recipe) -> GarmentNetwork:
    """The network that `recipe` starts from."""
    network = GarmentNetwork(recipe.network, recipe.pixels, recipe.frozen, len(CLASSES))
    return network.to(memory_format=torch.channels_last)


def trained(cache: Path, name: str, fold: str) -> GarmentNetwork:
    """What run `name` has made of `fold`: the average of its weights, ready to answer."""
    network = network_of(read_recipe(cache, name))
    kept = fold_folder(cache, name, fold) / "state.pt"
    if not kept.exists():
        raise SystemExit(f"{kept} is missing: train that fold of {name} first.")
    network.load_state_dict(torch.load(kept, weights_only=True)["averaged"])
    return network.eval()


class Teachers:
    """What other networks say of the very view that is learned from (arXiv:2106.05237).

    They were trained on the same folds, so no judged photograph reaches the one that is taught through them.
    """

    def __init__(self, recipe: Recipe, place: Path) -> None:
        """`place`: the folder of the fold that is trained, CACHE/runs/<name>/fold-<fold>."""
        self._recipe = recipe
        cache, fold = place.parents[2], place.name.removeprefix("fold-")
        names = recipe.teachers.split(",") if recipe.teachers else []
        self._networks = [(read_recipe(cache, name).pixels, trained(cache, name, fold)) for name in names]

    @torch.no_grad()
    def targets(self, pictures: Tensor, labels: Tensor) -> Tensor:
        """What to learn of `pictures`, N × classes: their smoothed `labels` and the teachers' mean."""
        smoothing, taught = self._recipe.smoothing, self._recipe.taught
        wanted = labels * (1 - smoothing) + smoothing / labels.shape[1]
        if not self._networks:
            return wanted
        with torch.autocast("cpu", torch.bfloat16):
            said = [self._answer(network, pictures, edge) for edge, network in self._networks]
        return wanted * (1 - taught) + torch.stack(said).mean(0) * taught

    @staticmethod
    def _answer(network: GarmentNetwork, pictures: Tensor, edge: int) -> Tensor:
        if edge != pictures.shape[-1]:
            pictures = functional.interpolate(pictures, (edge, edge), mode="bilinear", antialias=True)
        return functional.softmax(network(pictures)[1].float(), 1)

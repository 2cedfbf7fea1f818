"""What the network sees of a photograph: in training another view each time, otherwise the whole of it."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def normalised(pixels: Tensor) -> Tensor:
    """N × H × W × 3 bytes as N × 3 × H × W from about -1 to 1, the way EfficientNet-Lite was trained."""
    return (pixels.permute(0, 3, 1, 2).float() - 127) / 128


def whole(pixels: Tensor, edge: int) -> Tensor:
    """The whole picture, shrunk to `edge`, each pixel an average of those it stands for."""
    return functional.interpolate(normalised(pixels), (edge, edge), mode="bilinear", antialias=True)


def varied(pixels: Tensor, edge: int, chance: torch.Generator) -> Tensor:
    """Flipped, turned, zoomed, stretched and shifted at random, in other light."""
    count = len(pixels)
    grid = functional.affine_grid(_affine(count, chance), [count, 3, edge, edge], align_corners=False)
    seen = functional.grid_sample(normalised(pixels), grid, padding_mode="reflection", align_corners=False)
    return _in_other_light(seen, chance)


def mixed(pictures: Tensor, targets: Tensor, chance: torch.Generator) -> tuple[Tensor, Tensor]:
    """A rectangle of each picture from another one, and the targets by area (CutMix, arXiv:1905.04899)."""
    edge = pictures.shape[-1]
    side = math.sqrt(_uniform(1, 0.1, 0.6, chance).item())
    height = width = max(1, round(edge * side))
    top = int(_uniform(1, 0, edge - height, chance).item())
    left = int(_uniform(1, 0, edge - width, chance).item())
    other = torch.randperm(len(pictures), generator=chance)
    here = (..., slice(top, top + height), slice(left, left + width))
    pictures[here] = pictures[other][here]
    share = height * width / edge**2
    return pictures, targets * (1 - share) + targets[other] * share


def _uniform(count: int, low: float, high: float, chance: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=chance)


def _affine(count: int, chance: torch.Generator) -> Tensor:
    """From the view's coordinates to the picture's: N × 2 × 3."""
    zoom = _uniform(count, math.log(0.65), math.log(1.1), chance).exp()
    stretch = _uniform(count, -0.15, 0.15, chance).exp()
    turn = _uniform(count, -0.2, 0.2, chance)
    flip = torch.where(torch.rand(count, generator=chance) < 0.5, -1.0, 1.0)
    room = 0.08 + (1 - zoom).clamp(min=0) * 0.5
    across = _uniform(count, -1, 1, chance) * room
    down = _uniform(count, -1, 1, chance) * room
    cos, sin = turn.cos() * zoom, turn.sin() * zoom
    first = torch.stack([flip * cos * stretch, -sin * stretch, across], 1)
    second = torch.stack([flip * sin / stretch, cos / stretch, down], 1)
    return torch.stack([first, second], 1)


def _in_other_light(pictures: Tensor, chance: torch.Generator) -> Tensor:
    """Brightness, contrast and colour changed by up to a third."""
    one = (len(pictures), 1, 1, 1)
    bright = _uniform(len(pictures), -0.25, 0.25, chance).reshape(one)
    contrast = _uniform(len(pictures), 0.7, 1.35, chance).reshape(one)
    colour = _uniform(len(pictures), 0.5, 1.4, chance).reshape(one)
    grey = pictures.mean(1, keepdim=True)
    tint = _uniform(3 * len(pictures), 0.92, 1.08, chance).reshape(len(pictures), 3, 1, 1)
    return (((pictures - grey) * colour + grey) * contrast * tint + bright).clamp(-1, 1.01)

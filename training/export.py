"""Writes a trained network as ONNX, whole and in 8 bits, and prints what the 8 bits cost."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from decoded import Pixels, decoded
from labelled import CLASSES, folds_by_sender, read_labels
from network import GarmentNetwork, folded
from recipe import fold_folder, place_options, read_recipe
from teachers import trained

#: Pictures that show the quantiser what values occur.
_SHOWN = 256
#: The first convolutions stay whole: what they lose to rounding, all the others inherit. It halves the error.
_KEPT_WHOLE = 3
_BATCH = 16


class Shipped(nn.Module):
    """From bytes (N × edge × edge × 3) to `embedding` (N × 1280, of length 1) and `logits` (N × classes)."""

    def __init__(self, network: GarmentNetwork) -> None:
        super().__init__()
        network.eval()
        network.blocks = nn.ModuleList(folded(block) for block in network.blocks)
        network.last = nn.Sequential(fuse_conv_bn_eval(network.last[0], network.last[1]), nn.ReLU6())
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings and logits."""
        embedding, logits = self.network((pixels.permute(0, 3, 1, 2).float() - 127) / 128)
        return functional.normalize(embedding), logits


class Shown(CalibrationDataReader):
    """Photographs as the quantiser wants them, a batch at a time."""

    def __init__(self, pixels: Pixels) -> None:
        self._batches: Iterator[Pixels] = iter(np.array_split(pixels, max(1, len(pixels) // _BATCH)))

    def get_next(self) -> dict[str, Pixels] | None:
        """The next batch, or None at the end."""
        batch = next(self._batches, None)
        return None if batch is None else {"pixels": batch}


def write_whole(network: GarmentNetwork, edge: int, place: Path) -> None:
    """Write `network`, for pictures of `edge` a side, as an ONNX file."""
    example = torch.zeros(2, edge, edge, 3, dtype=torch.uint8)
    names = {"input_names": ["pixels"], "output_names": ["embedding", "logits"]}
    sizes = {name: {0: "pictures"} for name in ("pixels", "embedding", "logits")}
    torch.onnx.export(
        Shipped(network).eval(),
        (example,),
        place,
        dynamic_axes=sizes,
        dynamo=False,
        opset_version=17,
        **names,
    )


def write_quantised(whole: Path, place: Path, shown: Pixels) -> None:
    """Write `whole` with weights and activations of 8 bits, their ranges taken from `shown`."""
    prepared = place.with_suffix(".prepared")
    quant_pre_process(whole, prepared, skip_symbolic_shape=True)
    convolutions = [node.name for node in onnx.load(prepared).graph.node if node.op_type == "Conv"]
    quantize_static(
        prepared,
        place,
        Shown(shown),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        nodes_to_exclude=convolutions[:_KEPT_WHOLE],
    )
    prepared.unlink()


def shrunk(pixels: Pixels, edge: int) -> Pixels:
    """N × H × W × 3 bytes shrunk to `edge` a side, as in training."""
    batches = [torch.from_numpy(pixels[begin : begin + 64]) for begin in range(0, len(pixels), 64)]
    small = [
        functional.interpolate(
            batch.permute(0, 3, 1, 2).float(), (edge, edge), mode="bilinear", antialias=True
        )
        for batch in batches
    ]
    rounded: Pixels = torch.cat(small).round().clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous().numpy()
    return rounded


def opened(place: Path, threads: int) -> onnxruntime.InferenceSession:
    """The ONNX file at `place`, to be run on so many threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(place, options, providers=["CPUExecutionProvider"])


def answers(place: Path, pixels: Pixels) -> NDArray[np.float32]:
    """The logits that the file at `place` gives for `pixels`: N × classes."""
    session = opened(place, threads=1)
    starts = range(0, len(pixels), _BATCH)
    logits = [session.run(["logits"], {"pixels": pixels[begin : begin + _BATCH]})[0] for begin in starts]
    return np.concatenate(logits)


def speed(place: Path, pixels: Pixels, threads: int) -> float:
    """Pictures a second of the fastest of some batches: what else runs on the machine counts least then."""
    session = opened(place, threads)
    fastest = float("inf")
    for begin in range(0, len(pixels) - _BATCH + 1, _BATCH):
        began = time.perf_counter()
        session.run(None, {"pixels": pixels[begin : begin + _BATCH]})
        fastest = min(fastest, time.perf_counter() - began)
    return _BATCH / fastest


def main() -> None:
    """Export the fold that the command line names; `--fold whole` is what was trained on everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    place_options(parser)
    parser.add_argument("run", help="the name of a folder in CACHE/runs")
    parser.add_argument("--fold", required=True, help="0 to 4, or whole")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    recipe = read_recipe(options.cache, options.run)
    photographs = read_labels(options.data)
    images, edge = [one.image for one in photographs], recipe.pixels * 8 // 7
    pixels = decoded(options.data, images, edge, recipe.framing, options.cache)
    labels = np.array([CLASSES.index(one.garment_type) for one in photographs])
    fold_of = np.array([str(fold) for fold in folds_by_sender([one.sender for one in photographs])])
    held_out, learned = np.flatnonzero(fold_of == options.fold), np.flatnonzero(fold_of != options.fold)
    chosen = np.random.default_rng(recipe.seed).permutation(learned)[:_SHOWN]
    shown = shrunk(pixels[np.sort(chosen)], recipe.pixels)
    place = fold_folder(options.cache, recipe.name, options.fold)
    write_whole(trained(options.cache, options.run, options.fold), recipe.pixels, place / "model.onnx")
    write_quantised(place / "model.onnx", place / "model-int8.onnx", shown)
    print("| file | MB | top-1 | pictures/s |\n|---|--:|--:|--:|")
    judged = shrunk(pixels[held_out], recipe.pixels) if len(held_out) else None
    for name in ("model.onnx", "model-int8.onnx"):
        share = float("nan")
        if judged is not None:
            share = (answers(place / name, judged).argmax(1) == labels[held_out]).mean()
        size, fast = (place / name).stat().st_size / 1e6, speed(place / name, shown, options.threads)
        print(f"| {name} | {size:.1f} | {share:.4f} | {fast:.0f} |", flush=True)


if __name__ == "__main__":
    main()

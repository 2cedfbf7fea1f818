"""How good answers are: shares right, calibration, and how sure one can be of these figures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]


def probabilities(logits: Floats) -> Floats:
    """Softmax of each row."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=1, keepdims=True)
    return shares


def among_first(scores: Floats, labels: Places, k: int) -> Flags:
    """Whether each row's label is among its `k` highest scores."""
    first = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    found: Flags = (first == labels[:, None]).any(axis=1)
    return found


def macro_recall(scores: Floats, labels: Places) -> float:
    """The mean over classes of the share that is found, of the classes that occur."""
    right = among_first(scores, labels, 1)
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def calibration_error(confidences: Floats, right: Flags, bins: int = 15) -> float:
    """Expected calibration error over `bins` of equal mass (arXiv:1904.01685): 0 is best.

    Each bin's gap between mean confidence and share right counts by how many answers it holds.
    """
    order = np.argsort(confidences, kind="stable")
    gaps = [abs(confidences[part].sum() - right[part].sum()) for part in np.array_split(order, bins)]
    return float(sum(gaps) / len(confidences))


def right_when_sure(confidences: Floats, right: Flags, least: float) -> tuple[float, float]:
    """Of the answers at least `least` sure: the share right (NaN of none), and their share of all."""
    sure = confidences >= least
    return (float(right[sure].mean()) if sure.any() else float("nan")), float(sure.mean())


def lowest_threshold(confidences: Floats, right: Flags, wanted: float) -> float:
    """The lowest confidence from which on at least `wanted` of the answers are right; 1 if there is none."""
    order = np.argsort(-confidences, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    # Answers of one confidence are given or withheld together.
    last_of_its_kind = np.append(np.diff(confidences[order]) < 0, True)
    enough = np.flatnonzero((shares >= wanted) & last_of_its_kind)
    return float(confidences[order][enough[-1]]) if len(enough) else 1.0


def interval(
    statistic: Callable[[Places], float], senders: Places, repeats: int = 1000, seed: int = 1
) -> tuple[float, float]:
    """95 % interval of `statistic` of rows, by drawing whole senders with replacement.

    A sender's photographs resemble each other: drawing photographs one by one would promise too much.
    """
    chance = np.random.default_rng(seed)
    rows_of = [np.flatnonzero(senders == sender) for sender in np.unique(senders)]
    drawn = [
        statistic(np.concatenate([rows_of[one] for one in chance.integers(0, len(rows_of), len(rows_of))]))
        for _ in range(repeats)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)

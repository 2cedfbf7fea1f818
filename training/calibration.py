"""Turns logits into probabilities that mean what they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from figures import Floats, Places, lowest_threshold, probabilities

#: How strongly each class's shift is held at 0, next to the mean loss: rare classes need it.
_PENALTY = 1e-3
_STEPS = 50


@dataclass(frozen=True, slots=True)
class Calibration:
    """Softmax of logits times `scale` plus `shifts`: a temperature and a bias by class (arXiv:1706.04599)."""

    scale: float
    shifts: Floats

    def probabilities(self, logits: Floats) -> Floats:
        """N × classes, each row adding up to 1."""
        return probabilities(logits * self.scale + self.shifts)


def fitted(logits: Floats, labels: Places, *, shifted: bool = True) -> Calibration:
    """The calibration under which `labels` are likeliest, by Newton's method; no shifts unless `shifted`."""
    count, classes = logits.shape
    wanted = np.eye(classes)[labels]
    # By row and class, how the raised logit changes with each parameter: the scale first, then the shifts.
    slopes = np.concatenate(
        [logits[:, :, None], np.broadcast_to(np.eye(classes), (count, classes, classes))], 2
    )
    if not shifted:
        slopes = slopes[:, :, :1]
    found = np.zeros(slopes.shape[2])
    found[0] = 1.0
    penalty = np.full(len(found), _PENALTY)
    penalty[0] = 0.0
    for _ in range(_STEPS):
        given = probabilities(slopes @ found)
        slope = np.einsum("nc,nck->k", given - wanted, slopes) / count + penalty * found
        spread = np.einsum("nck,nc,ncl->kl", slopes, given, slopes, optimize=True)
        mean = np.einsum("nc,nck->nk", given, slopes)
        curve = (spread - mean.T @ mean) / count + np.diag(penalty) + 1e-9 * np.eye(len(found))
        step = np.linalg.solve(curve, slope)
        found = found - step * min(1.0, 2.0 / max(1e-12, float(np.abs(step).max())))
        if np.abs(step).max() < 1e-9:
            break
    return Calibration(float(found[0]), found[1:] if shifted else np.zeros(classes))


@dataclass(frozen=True, slots=True)
class Nested:
    """Answers out of fold: nothing that shaped one was fitted on the fold it belongs to."""

    probabilities: Floats
    #: By row, the confidence below which its fold answers null.
    thresholds: Floats


def nested(logits: Floats, labels: Places, folds: Places, wanted: float, *, shifted: bool = True) -> Nested:
    """Calibrate each fold, and choose its threshold for null, on the other folds' logits out of fold.

    The threshold is the lowest at which `wanted` of the answers given are right.
    """
    given, thresholds = np.zeros_like(logits), np.zeros(len(labels))
    for fold in np.unique(folds):
        here = folds == fold
        chosen = fitted(logits[~here], labels[~here], shifted=shifted)
        given[here] = chosen.probabilities(logits[here])
        elsewhere = chosen.probabilities(logits[~here])
        right = elsewhere.argmax(1) == labels[~here]
        thresholds[here] = lowest_threshold(elsewhere.max(1), right, wanted)
    return Nested(given, thresholds)

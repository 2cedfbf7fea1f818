"""Fits a run's calibration and threshold for null on all answers out of fold, to be shipped as JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from calibration import fitted
from evaluate import WANTED, Judged, read_run
from figures import lowest_threshold
from labelled import CLASSES, FOLDS, read_labels
from recipe import place_options, run_folder


def shipped(judged: Judged) -> dict[str, object]:
    """What turns the logits of the network that is shipped into answers."""
    chosen = fitted(judged.logits, judged.labels)
    given = chosen.probabilities(judged.logits)
    threshold = lowest_threshold(given.max(1), given.argmax(1) == judged.labels, WANTED)
    shifts = {word: round(float(shift), 6) for word, shift in zip(CLASSES, chosen.shifts, strict=True)}
    return {"scale": round(chosen.scale, 6), "shifts": shifts, "threshold": round(threshold, 6)}


def main() -> None:
    """Write calibration.json into the run's folder, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    place_options(parser)
    parser.add_argument("run", help="the name of a folder in CACHE/runs, all folds of which are trained")
    options = parser.parse_args()
    judged = read_run(options.cache, options.run, read_labels(options.data), mirrored=False)
    folds = sorted(set(judged.folds.tolist()))
    if len(folds) < FOLDS:
        raise SystemExit(f"Of {options.run} only folds {folds} are trained: train the others first.")
    place: Path = run_folder(options.cache, options.run) / "calibration.json"
    place.write_text(json.dumps(shipped(judged), indent=1) + "\n", "utf-8")
    print(place.read_text("utf-8"))


if __name__ == "__main__":
    main()

"""Prints, as Markdown, how good a run is out of fold: against the goals, and by class."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration import Nested, nested
from figures import (
    Flags,
    Floats,
    Places,
    among_first,
    calibration_error,
    interval,
    macro_recall,
    probabilities,
    right_when_sure,
)
from labelled import CLASSES, FOLDS, FREQUENT, Photograph, read_labels
from recipe import fold_folder, place_options

#: Of the answers that are given, the share that must be right.
WANTED = 0.95


@dataclass(frozen=True, slots=True)
class Judged:
    """The photographs that were held out so far, and the logits they got."""

    rows: Places
    logits: Floats
    labels: Places
    folds: Places
    senders: Places


def read_run(cache: Path, name: str, photographs: list[Photograph], *, mirrored: bool) -> Judged:
    """The logits out of fold of run `name`; `mirrored`: the mean of a picture's and its mirror image's."""
    rows, logits, folds = [], [], []
    for fold in range(FOLDS):
        kept = fold_folder(cache, name, fold) / "logits.npz"
        if not kept.exists():
            continue
        with np.load(kept) as file:
            rows.append(file["rows"])
            logits.append((file["plain"] + file["mirrored"]) / 2 if mirrored else file["plain"])
            folds.append(np.full(len(file["rows"]), fold))
    if not rows:
        raise SystemExit(f"No fold of {name} is in {cache / 'runs'}: train it first.")
    found = np.concatenate(rows)
    labels = np.array([CLASSES.index(one.garment_type) for one in photographs])
    _, senders = np.unique([one.sender for one in photographs], return_inverse=True)
    return Judged(
        found, np.concatenate(logits).astype(float), labels[found], np.concatenate(folds), senders[found]
    )


def mean_of(runs: list[Judged]) -> Judged:
    """What the runs say together, of what all have judged: the mean of their log probabilities."""
    shared = sorted(set.intersection(*(set(run.rows.tolist()) for run in runs)))
    logits = []
    for run in runs:
        order = np.argsort(run.rows)
        chosen = order[np.searchsorted(run.rows[order], shared)]
        logits.append(np.log(probabilities(run.logits[chosen])))
    return Judged(
        run.rows[chosen], np.mean(logits, 0), run.labels[chosen], run.folds[chosen], run.senders[chosen]
    )


def goals(judged: Judged, given: Nested | None) -> Iterator[str]:
    """One line for each goal: the figure, its interval, and the goal."""
    scores, labels = judged.logits, judged.labels
    first, third = among_first(scores, labels, 1), among_first(scores, labels, 3)
    frequent = np.isin(labels, [CLASSES.index(word) for word in FREQUENT])
    yield "| figure | out of fold | 95 % interval | goal |\n|---|--:|--:|--:|"
    yield _line("top-1", judged, lambda rows: first[rows].mean(), "≥ 0.90")
    yield _line("top-3", judged, lambda rows: third[rows].mean(), "≥ 0.975")
    yield _line("macro recall", judged, lambda rows: macro_recall(scores[rows], labels[rows]), "≥ 0.82")
    yield _line("top-1, ten most frequent", judged, lambda rows: first[rows][frequent[rows]].mean(), "≥ 0.93")
    if given is not None:
        yield from _calibrated_goals(judged, given)


def _calibrated_goals(judged: Judged, given: Nested) -> Iterator[str]:
    """The same, of what is told once it is calibrated."""
    sure = given.probabilities.max(1)
    right = given.probabilities.argmax(1) == judged.labels
    told = sure >= given.thresholds
    yield _line("top-1, calibrated", judged, lambda rows: right[rows].mean(), "")
    yield _line(
        "calibration error", judged, lambda rows: calibration_error(sure[rows], right[rows]), "≤ 0.03"
    )
    yield _line(
        "right when ≥ 0.9 sure",
        judged,
        lambda rows: right_when_sure(sure[rows], right[rows], 0.9)[0],
        "≥ 0.95",
    )
    yield _line("share ≥ 0.9 sure", judged, lambda rows: right_when_sure(sure[rows], right[rows], 0.9)[1], "")
    yield _line("right where not null", judged, lambda rows: right[rows][told[rows]].mean(), "")
    yield _line("share not null", judged, lambda rows: told[rows].mean(), "")


def _line(name: str, judged: Judged, statistic: Callable[[Places], float], goal: str) -> str:
    low, high = interval(statistic, judged.senders)
    return f"| {name} | {statistic(np.arange(len(judged.labels))):.3f} | {low:.3f} – {high:.3f} | {goal} |"


def by_class(judged: Judged) -> Iterator[str]:
    """One line for each class: how many there are, how many are found, and what they are taken for."""
    answers = judged.logits.argmax(1)
    yield "| class | photographs | senders | recall | precision | taken for |\n|---|--:|--:|--:|--:|---|"
    for place, word in enumerate(CLASSES):
        here: Flags = judged.labels == place
        said: Flags = answers == place
        hits = int((here & said).sum())
        wrong = Counter(CLASSES[answer] for answer in answers[here & ~said]).most_common(3)
        yield (
            f"| {word} | {here.sum()} | {len(set(judged.senders[here]))} | {hits / max(1, here.sum()):.2f} "
            f"| {hits / max(1, said.sum()):.2f} | {', '.join(f'{other} {count}' for other, count in wrong)} |"
        )


def main() -> None:
    """Judge the runs that the command line names, together."""
    parser = argparse.ArgumentParser(description=__doc__)
    place_options(parser)
    parser.add_argument("runs", nargs="+", help="names of folders in CACHE/runs; several are asked together")
    parser.add_argument("--mirrored", action="store_true", help="each picture and its mirror image")
    parser.add_argument("--temperature", action="store_true", help="calibrate by a temperature alone")
    options = parser.parse_args()
    photographs = read_labels(options.data)
    judged = mean_of(
        [read_run(options.cache, name, photographs, mirrored=options.mirrored) for name in options.runs]
    )
    folds = np.unique(judged.folds)
    print(f"{' + '.join(options.runs)}: {len(judged.labels)} photographs of folds {folds.tolist()}\n")
    given = None
    if len(folds) > 1:
        given = nested(judged.logits, judged.labels, judged.folds, WANTED, shifted=not options.temperature)
    print("\n".join([*goals(judged, given), "", *by_class(judged)]))


if __name__ == "__main__":
    main()

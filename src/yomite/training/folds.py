"""Cross-validation: a run for each fold, and what the folds' scores say together."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

from yomite.checkpoint import read_checkpoint
from yomite.config import RunConfig, parse_config
from yomite.files import write_whole
from yomite.training.distributed import World
from yomite.training.loop import train

Scores = dict[str, dict[str, list[float]]]
"""By set and score, one number a fold."""


def train_folds(
    config: RunConfig, num_folds: int, *, data_root: Path, world: World | None = None, resume: bool = False
) -> Scores:
    """Train as often as there are folds, each time without one of them, and score it on that one.

    Fold n is the run `data.fold=n/folds` in the folder `fold-n`, which may as well be started by itself. The
    scores are those of its last validation; folds.json in the run's folder holds them all.

    Args:
        config: The run.
        num_folds: K.
        data_root: Where the data sets are.
        world: The processes of the run; None for this one alone.
        resume: Goes on where an earlier cross-validation stopped.

    Raises:
        YomiteError: As train() does; also if there are fewer samples or writers than folds.
    """
    plain = config.model_dump(mode="json")
    scores: Scores = {}
    for number in range(1, num_folds + 1):
        fold = f"{number}/{num_folds}"
        folder = config.folder / f"fold-{number}"
        changed = plain | {"data": plain["data"] | {"fold": fold}, "out": str(folder)}
        weights = train(parse_config(changed), data_root=data_root, world=world, resume=resume)
        for name, scores_of_set in read_checkpoint(weights).progress["scores"].items():
            kept = scores.setdefault(name.removesuffix(f" (fold {fold})"), {})
            for score, value in scores_of_set.items():
                kept.setdefault(score, []).append(value)
    if world is None or world.is_main:
        write_whole(config.folder / "folds.json", json.dumps(scores, ensure_ascii=False, indent=1).encode())
    return scores


def format_folds(scores: Scores) -> str:
    """Format a line for each score of each set: mean, standard deviation between folds, and the folds."""
    lines = []
    for name, values_by_score in scores.items():
        lines.append(f"{name}")
        for score, values in values_by_score.items():
            if score == "samples":
                lines.append(f"  {score:<16} {sum(values):.0f} in {len(values)} folds")
                continue
            mean, deviation = statistics.fmean(values), statistics.stdev(values)
            folds = " ".join(f"{value:.4f}" for value in values)
            lines.append(f"  {score:<16} {mean:.4f} ± {deviation:.4f}  ({folds})")
    return "\n".join(lines)

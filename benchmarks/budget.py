"""Training for a given time: a run is planned by a short trial, and what is done is kept on disk."""

import dataclasses
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from yomite.charset import build_charset
from yomite.config import RunConfig, load_config
from yomite.streams import Stream
from yomite.tasks import ValidationSet
from yomite.training.loop import train

WARM_UP_STEPS = 4


@dataclass(frozen=True)
class Plan:
    """What the time allows: precision, steps, and seconds a step as they were measured."""

    precision: str
    total_steps: int
    step_seconds: float


class BudgetedRun:
    """A family that is planned by a trial, then trained for so many steps."""

    def __init__(
        self,
        config: RunConfig,
        data_root: Path,
        stream: Stream,
        validation: Sequence[ValidationSet],
        *,
        clock: Callable[[], float] = time.perf_counter,
        timed_steps: int = 12,
        average: Callable[[Any], Any] = np.median,
    ) -> None:
        """Keep what is trained.

        Args:
            config: The run; its length and precision are planned here.
            data_root: Where the data sets are.
            stream: Shared by all families.
            validation: Sets to score the trained model on.
            clock: In seconds: of the wall, or of the processor.
            timed_steps: Of the trial, after the first few.
            average: Of its times: the mean where steps differ in what they do, else the median.
        """
        self.config, self.data_root = config, data_root
        self.stream, self.validation = stream, validation
        self._clock, self._timed_steps, self._average = clock, timed_steps, average

    def plan(self, seconds: float, precisions: Sequence[str]) -> Plan:
        """Try each precision for a few steps; the faster one is taken."""
        plans = []
        for precision in precisions:
            config = self.change(precision, WARM_UP_STEPS + self._timed_steps, folder="trial")
            shutil.rmtree(config.folder, ignore_errors=True)
            stamps = self.train(config, validation=())
            step_seconds = float(self._average(np.diff(stamps)[WARM_UP_STEPS:]))
            shutil.rmtree(config.folder)
            plans.append(Plan(precision, max(2, round(seconds / step_seconds)), step_seconds))
        return min(plans, key=lambda plan: plan.step_seconds)

    def change(self, precision: str, total_steps: int, folder: str = "") -> RunConfig:
        """Return the run with another length; the warm-up is at most a tenth of it."""
        schedule = self.config.schedule
        warmup_steps = min(schedule.warmup_steps, total_steps // 10)
        lengths = {"total_steps": total_steps, "warmup_steps": warmup_steps}
        return self.config.model_copy(
            update={
                "precision": precision,
                "schedule": schedule.model_copy(update=lengths),
                "out": str(self.config.folder / folder),
            }
        )

    def train(self, config: RunConfig, validation: Sequence[ValidationSet]) -> list[float]:
        """Train, or go on; return the time at which each step began."""
        stamps: list[float] = []

        def mark(part: str) -> None:
            if part == "loader":
                stamps.append(self._clock())

        train(
            config,
            data_root=self.data_root,
            resume=True,
            stream=self.stream,
            validation=validation,
            mark=mark,
        )
        return stamps


def keep(path: Path, kind: type[Any], work: Callable[[], Any]) -> Any:
    """Return a record from disk, or make and write it."""
    if path.is_file():
        return kind(**json.loads(path.read_text(encoding="utf-8")))
    record = work()
    path.write_text(json.dumps(dataclasses.asdict(record), indent=1, ensure_ascii=False), encoding="utf-8")
    return record


def read_results(out: Path, kind: type[Any]) -> dict[Path, Any]:
    """Return the records of all families that are trained so far, by their files."""
    return {path: kind(**json.loads(path.read_text(encoding="utf-8"))) for path in out.glob("*/result.json")}


def read_scores(log_path: Path, score: str) -> dict[str, float]:
    """Return a score of each set at the last validation."""
    records = [json.loads(line) for line in log_path.read_text(encoding="utf-8").splitlines()]
    return {r["group"]: r[score] for r in records if score in r and r["group"] != "train"}


def write_characters(path: Path, num_classes: int, more: str = "") -> Path:
    """Write the kana and as many Kyoiku kanji, in the order of the school grades, as make num_classes.

    Args:
        path: Of the file.
        num_classes: Characters without those of `more`; 0: the whole charset.
        more: Further characters, which come last.
    """
    names = ("kana", "kyoiku") if num_classes else ("full",)
    characters = [character for name in names for character in build_charset(name).characters]
    path.write_text("".join(characters[: num_classes or None]) + more, encoding="utf-8")
    return path


def load_family(
    config_path: Path, family: str, own: Sequence[str], shared: Sequence[str], out: Path
) -> RunConfig:
    """Return the run of one family; its own overrides come after its name and before the shared ones."""
    folder = out / "".join(character if character.isalnum() else "-" for character in family)
    return load_config(config_path, [f"model.name={family}", *own, *shared, f"out={folder}"])

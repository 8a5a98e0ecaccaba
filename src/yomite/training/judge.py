"""Which state is the best so far, when the rate falls, and when a run has learned enough."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from yomite.config import RunConfig
from yomite.errors import ConfigError
from yomite.tasks import Task


class Judge:
    """Follows one score, validation.metric, from validation to validation.

    Attributes:
        metric: validation.metric, or what the task judges by.
        best: The best score so far, None before the first.
        num_stale: Validations in a row since then.
        num_falls: How often the rate of the schedule "plateau" has fallen.
    """

    def __init__(self, config: RunConfig, set_names: Sequence[str], task: Task) -> None:
        """Check that the score will be there.

        Args:
            config: The run.
            set_names: What will be validated on.
            task: Of the model.

        Raises:
            ConfigError: If the metric is not known, or something waits for scores and there are none.
        """
        self.metric = config.validation.metric or task.metric
        self._set_name, _, self._score = self.metric.rpartition("/")
        self._sign = -1 if self._score in task.lower_is_better else 1
        self._patience = config.validation.patience
        self._fall_patience = config.schedule.patience if config.schedule.name == "plateau" else None
        self.best: float | None = None
        self.num_stale, self.num_falls, self._num_stale_since_fall = 0, 0, 0
        if self._score not in task.scores or (
            self._set_name and set_names and self._set_name not in set_names
        ):
            raise ConfigError(
                f"validation.metric {self.metric!r}: it must be one of {', '.join(task.scores)}, "
                f"or SOURCE/score with one of the sources {', '.join(set_names) or '(there are none)'}"
            )
        for key, patience in (
            ("validation.patience", self._patience),
            ("schedule.name plateau", self._fall_patience),
        ):
            if patience and not set_names:
                raise ConfigError(f"{key} waits for scores; name a set in validation.sources")

    @property
    def is_patient(self) -> bool:
        """False when the run should end: no better score for validation.patience validations."""
        return self._patience is None or self.num_stale < self._patience

    def judge(self, scores_by_set: Mapping[str, Mapping[str, float]]) -> bool:
        """Take the scores of a validation, and say whether they are the best so far."""
        chosen = [self._set_name] if self._set_name else list(scores_by_set)
        score = math.fsum(scores_by_set[name][self._score] for name in chosen) / len(chosen)
        if self.best is None or self._sign * score > self._sign * self.best:
            self.best, self.num_stale, self._num_stale_since_fall = score, 0, 0
            return True
        self.num_stale += 1
        self._num_stale_since_fall += 1
        if self._fall_patience and self._num_stale_since_fall >= self._fall_patience:
            self.num_falls += 1
            self._num_stale_since_fall = 0
        return False

    def read_state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "best": self.best,
            "num_stale": self.num_stale,
            "num_falls": self.num_falls,
            "num_stale_since_fall": self._num_stale_since_fall,
        }

    def fill_state(self, state: Mapping[str, Any]) -> None:
        """The inverse of read_state."""
        self.best, self.num_stale = state["best"], state["num_stale"]
        self.num_falls, self._num_stale_since_fall = state["num_falls"], state["num_stale_since_fall"]

"""What a run tells while it goes: TensorBoard, and log.jsonl with one object a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter


class Tracker:
    """Writes scalars of a step to TensorBoard and to log.jsonl in the run's folder."""

    def __init__(self, folder: Path, start_step: int) -> None:
        """Opens both; what an interrupted run wrote after start_step is taken back: it will come again."""
        self._path = folder / "log.jsonl"
        if self._path.exists():
            kept = [
                line for line in self._path.read_text("utf-8").splitlines() if _step_of(line) <= start_step
            ]
            self._path.write_text("".join(f"{line}\n" for line in kept), "utf-8")
        self._board = SummaryWriter(
            str(folder / "tensorboard"), purge_step=start_step + 1 if start_step else None
        )

    def log(self, step: int, group: str, scalars: dict[str, float]) -> None:
        """One line and one point a scalar, `group/name`; step counts finished steps."""
        for name, value in scalars.items():
            self._board.add_scalar(f"{group}/{name}", value, step)
        record: dict[str, Any] = {"step": step, "group": group, **scalars}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Flushes TensorBoard."""
        self._board.close()


def _step_of(line: str) -> float:
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):  # the last line of a run that was killed
        return float("inf")

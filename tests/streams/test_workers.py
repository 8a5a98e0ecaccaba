"""Loader processes: they start whatever the training process has done before, and end with it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from yomite.errors import ConfigError
from yomite.streams.batch import Batch
from yomite.streams.loader import build_loader


class BusyStream:
    """Draws with OpenMP, from a large array."""

    num_samples = 64

    def __init__(self) -> None:
        self.table = np.arange(1 << 20, dtype=np.int64)

    def draw(self, epoch: int, indices: np.ndarray) -> Batch:
        noise = torch.full((1 << 20,), 3.0).sqrt().sum() * 0
        images = torch.full((len(indices), 1, 4, 4), os.getpid() % 251, dtype=torch.uint8) + noise.byte()
        self.table[0] += 1  # a copy of its own
        return Batch(images, torch.from_numpy(self.table[np.asarray(indices) + 1]))


class LocalStream(BusyStream):
    def __init__(self) -> None:
        super().__init__()
        self.key = lambda: 1


kept = []


def read_step() -> None:
    """What the test below runs in a process of its own."""
    torch.set_num_threads(2)
    torch.full((1 << 22,), 2.0).sqrt().sum()  # starts the threads of OpenMP
    batches = iter(build_loader(BusyStream(), 8, start_step=0, total_steps=40, workers=1))
    print(next(batches).targets.tolist(), flush=True)
    if "keep" in sys.argv:
        kept.append(batches)
    if "stop" in sys.argv:
        os.kill(os.getpid(), signal.SIGKILL)
    if "terminate" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)
        print(sum(1 for _ in batches), flush=True)


def run_step(*words: str) -> tuple[str, str, int]:
    """Return what it printed, its errors, and how it ended; ends what hangs for a minute."""
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        [sys.executable, "-c", "import test_workers; test_workers.read_step()", *words],
        env={**os.environ, "OMP_NUM_THREADS": "2", "PYTHONPATH": paths},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as started:  # fmt: skip
        try:
            return *started.communicate(timeout=60), started.wait()
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            raise


def test_a_worker_draws_although_its_parent_has_used_openmp() -> None:
    """A forked one never gave a batch."""
    printed, errors, _ = run_step()
    assert printed == f"{list(range(1, 9))}\n", errors


def test_workers_outlive_a_signal_to_all() -> None:
    printed, errors, _ = run_step("terminate")
    assert printed.splitlines()[1:] == ["39"], errors


def test_workers_end_with_a_parent_that_forgets_them() -> None:
    printed, errors, code = run_step("keep")
    assert code == 0 and printed, errors


def test_workers_end_with_a_parent_that_is_killed() -> None:
    """They hold the pipe of its output open: the call returns when the last of them has gone."""
    assert run_step("stop")[2] == -signal.SIGKILL


def test_a_stream_that_cannot_travel_is_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"cannot be sent to loader processes .*loader\.workers=0"):
        next(iter(build_loader(LocalStream(), 8, start_step=0, total_steps=1, workers=1)))

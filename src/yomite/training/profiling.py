"""Where the time of a run goes: the loop itself, for some steps, with a stopwatch and PyTorch's profiler."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile, record_function, schedule

from yomite.config import CheckpointConfig, RunConfig, ScheduleConfig, TrackingConfig, ValidationConfig
from yomite.errors import TrainingError
from yomite.streams import Stream
from yomite.training.distributed import World
from yomite.training.loop import train

PARTS = ("loader", "forward", "backward", "optimizer", "rest")
TRACED_STEPS = 3
NUM_OPERATORS = 10


@dataclass(frozen=True)
class Operator:
    """An operator of the traced steps: calls and milliseconds of one step, without what it calls."""

    name: str
    calls: float
    milliseconds: float


@dataclass(frozen=True)
class StepProfile:
    """What was measured.

    Attributes:
        device: Such as "cpu" or the name of the GPU.
        num_steps: Measured, after a warm-up in which the loader's queue came to rest.
        batch_size: Samples of a step.
        seconds_by_part: Of one step, the mean; the sum is the step. On a GPU the device is waited for after
            each part, so that each is charged with its own work.
        operators: The most expensive ones.
    """

    device: str
    num_steps: int
    batch_size: int
    seconds_by_part: dict[str, float]
    operators: tuple[Operator, ...]

    @property
    def images_per_second(self) -> float:
        """Samples learned from."""
        return self.batch_size / sum(self.seconds_by_part.values())


class Stopwatch:
    """The `mark` of the loop: adds up the time of each part and names it in the trace."""

    def __init__(self, device: torch.device, profiler: profile, warmup_steps: int, num_steps: int) -> None:
        self.seconds_by_part: dict[str, float] = dict.fromkeys(PARTS, 0.0)
        self._device, self._profiler = device, profiler
        self._first, self._end = warmup_steps, warmup_steps + num_steps
        self._step, self._since, self._part = 0, 0.0, ""
        self._region = ExitStack()

    def __call__(self, part: str) -> None:
        """End the part of the step before, and begin another."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        now = time.perf_counter()
        if self._first <= self._step < self._end:
            self.seconds_by_part[self._part] += now - self._since
        self._region.close()
        if part == "rest":
            self._step += 1
            self._profiler.step()
        self._region.enter_context(record_function(part))
        self._part, self._since = part, time.perf_counter()

    def close(self) -> None:
        """End the last part."""
        self._region.close()


def profile_run(
    config: RunConfig,
    *,
    data_root: Path,
    trace_path: Path,
    num_steps: int = 20,
    stream: Stream | None = None,
) -> StepProfile:
    """Run some steps of a configuration in a folder that is thrown away, without validation.

    Args:
        config: The run.
        data_root: Where the data sets are.
        trace_path: Where the trace of the last steps goes, in Chrome's format.
        num_steps: How many steps are measured.
        stream: Samples instead of those that config.data describes.

    Raises:
        YomiteError: As for a run; TrainingError if the trace cannot be written.
    """
    # What waits in the loader's queue at the start came for nothing: it must be used up first.
    warmup_steps = 3 + config.loader.workers * config.loader.prefetch
    # One step more comes before the profiler's own warm-up step, and one after the traced ones.
    total_steps = warmup_steps + num_steps + 1 + TRACED_STEPS + 1
    world = World.alone()
    activities = [ProfilerActivity.CPU]
    if world.device.type == "cuda":
        activities.append(ProfilerActivity.CUDA)
    plan = schedule(wait=warmup_steps + num_steps, warmup=1, active=TRACED_STEPS, repeat=1)
    with tempfile.TemporaryDirectory() as folder, profile(activities=activities, schedule=plan) as profiler:
        short = config.model_copy(
            update={
                "out": folder,
                "schedule": ScheduleConfig(name="constant", warmup_steps=0, total_steps=total_steps),
                "validation": ValidationConfig(),
                "checkpoint": CheckpointConfig(every_steps=total_steps),
                "tracking": TrackingConfig(tensorboard=False),
            }
        )
        stopwatch = Stopwatch(world.device, profiler, warmup_steps, num_steps)
        train(short, data_root=data_root, world=world, stream=stream, validation=(), mark=stopwatch)
        stopwatch.close()
    try:
        trace_path.parent.mkdir(parents=True, exist_ok=True)
        profiler.export_chrome_trace(str(trace_path))
    except (OSError, RuntimeError) as error:
        raise TrainingError(
            f"the trace cannot be written to {trace_path} ({error}); give --out FILE"
        ) from error
    seconds = {part: total / num_steps for part, total in stopwatch.seconds_by_part.items()}
    is_cuda = world.device.type == "cuda"
    device = (
        torch.cuda.get_device_name(world.device) if is_cuda else f"cpu, {torch.get_num_threads()} threads"
    )
    return StepProfile(device, num_steps, config.batch_size, seconds, _list_operators(profiler, is_cuda))


def _list_operators(profiler: profile, is_cuda: bool) -> tuple[Operator, ...]:
    operators = []
    for event in profiler.key_averages():
        microseconds = event.self_device_time_total if is_cuda else event.self_cpu_time_total
        is_ours = event.key in PARTS or event.key.startswith(("ProfilerStep", "enumerate(DataLoader)"))
        if microseconds > 0 and not is_ours:
            operators.append(
                Operator(event.key, event.count / TRACED_STEPS, microseconds / TRACED_STEPS / 1000)
            )
    operators.sort(key=lambda operator: -operator.milliseconds)
    return tuple(operators[:NUM_OPERATORS])

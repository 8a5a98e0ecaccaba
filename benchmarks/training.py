"""What the loader costs a training run, and how much of the device a step uses.

    OMP_NUM_THREADS=2 python benchmarks/training.py --data-root ../shared/data

Prints two tables for benchmarks/README.md, measured with torch.utils.benchmark. A step is the loop's:
forward, backward, clipping, optimizer, moving average. By the clock, each way to get a batch takes its turn,
several rounds; the median counts, and "held in memory" (one batch, used again and again) is the floor. By
processor time, on one thread, what a batch and a step cost by themselves: true on a busy machine too.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import nn
from torch.utils.benchmark import Timer

from yomite.charset import Charset, build_charset
from yomite.config import RunConfig, load_config
from yomite.cores import count_cores
from yomite.models.cost import count_macs
from yomite.streams import Stream, build_stream
from yomite.streams.batch import Batch
from yomite.streams.loader import build_loader
from yomite.training.distributed import World, autocast
from yomite.training.learner import Learner, build_ema, build_learner, build_optimizer

Step = Callable[[Batch], None]
HELD = "held in memory"
CACHED = "filled cache, no process beside"
DRAWN = "drawn live, no process beside"


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", default="configs/released.yaml", help="the run whose steps are made")
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--stored", default="dev/freehand-jis-kanji", help="a source to fill the cache from")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=4, help="steps of a round, for each way")
    parser.add_argument("overrides", nargs="*", metavar="section.key=value")
    options = parser.parse_args()
    config = load_config(options.config, options.overrides)
    device = World.alone().device
    charset = build_charset(config.charset)
    learner = build_learner(config, charset, options.data_root)
    learner = learner.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    step = build_step(config, learner, device)
    with tempfile.TemporaryDirectory() as cache:
        os.environ["YOMITE_CACHE"] = cache
        stored, fill_seconds, reopen_seconds = build_stored(
            config, charset, options.stored, options.data_root
        )
        drawn = build_stream(config, charset, options.data_root)
        ways = open_ways(config, stored, drawn, device)
        costs = time_alone(step, ways, device)
        seconds = time_in_turn(step, ways, options.rounds, options.steps)
    print(f"{config.name}: steps of {config.batch_size}, {config.precision}, {describe(device)}")
    print(f"filling the cache: {stored.num_samples} samples in {fill_seconds:.1f} s; opening it again: "
          f"{reopen_seconds:.2f} s")  # fmt: skip
    print_costs(costs)
    print_table(config, learner.model, seconds, device)


def build_step(config: RunConfig, learner: Learner, device: torch.device) -> Step:
    """One step of the loop, waiting for the device at its end."""
    optimizer = build_optimizer(learner, config.optimizer)
    ema = build_ema(learner.model, config.ema)
    rng = torch.Generator(device)

    def step(batch: Batch) -> None:
        batch = batch.to(device)
        optimizer.zero_grad(set_to_none=True)
        with autocast(config.precision, device):
            loss, _ = learner(batch, rng)
        loss.backward()
        nn.utils.clip_grad_norm_(learner.parameters(), config.gradient_clip or 1.0).item()
        optimizer.step()
        ema.update_parameters(learner.model)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return step


def build_stored(
    config: RunConfig, charset: Charset, source: str, data_root: Path
) -> tuple[Stream, float, float]:
    """Samples from a cache, the seconds to fill it, and the seconds to open it once it is filled."""
    data = config.data.model_copy(update={"stream": "stored", "sources": (source,), "allow_missing": True})
    chosen = config.model_copy(update={"data": data})
    seconds = []
    for _ in range(2):
        since = time.perf_counter()
        stream = build_stream(chosen, charset, data_root)
        seconds.append(time.perf_counter() - since)
    return stream, seconds[0], seconds[1]  # pyright: ignore[reportPossiblyUnboundVariable]


def open_ways(
    config: RunConfig, stored: Stream, drawn: Stream, device: torch.device
) -> dict[str, Iterator[Batch]]:
    """The ways to get a batch, by name."""
    workers = max(1, config.loader.workers)

    def load(stream: Stream, workers: int) -> Iterator[Batch]:
        loader = build_loader(
            stream, config.batch_size, start_step=0, total_steps=None, workers=workers,
            prefetch=config.loader.prefetch, pin_memory=device.type == "cuda",
        )  # fmt: skip
        return iter(loader)

    def repeat(batch: Batch) -> Iterator[Batch]:
        while True:
            yield batch

    return {
        HELD: repeat(next(load(stored, 0)).to(device)),
        CACHED: load(stored, 0),
        DRAWN: load(drawn, 0),
        f"filled cache, processes: {workers}": load(stored, workers),
        f"drawn live, processes: {workers}": load(drawn, workers),
    }


def time_alone(step: Step, ways: dict[str, Iterator[Batch]], device: torch.device) -> dict[str, float]:
    """Seconds of processor time of a step, and of a batch where no process is beside; on one thread.

    On a GPU a step is timed by the clock: its processor time is mostly waiting.
    """
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    stages = {"a step": Timer("step(batch)", globals={"step": step, "batch": next(ways[HELD])}, timer=clock)}
    for name in (CACHED, DRAWN):
        stages[f"a batch, {name.partition(',')[0]}"] = Timer(
            "next(batches)", globals={"batches": ways[name]}, timer=time.process_time
        )
    costs = {}
    for name, timer in stages.items():
        timer.timeit(2)  # warms up
        costs[name] = statistics.median(timer.timeit(2).mean for _ in range(7))
    return costs


def print_costs(costs: dict[str, float]) -> None:
    """What a step and its batch cost by themselves."""
    print("| by itself, one thread | ms | of a step |")
    print("|---|---|---|")
    for name, seconds in costs.items():
        print(f"| {name} | {1000 * seconds:.2f} | {100 * seconds / costs['a step']:.1f} % |")
    print()


def time_in_turn(
    step: Step, ways: dict[str, Iterator[Batch]], rounds: int, steps: int
) -> dict[str, list[float]]:
    """Seconds of a step, one number a round; the ways take turns, so all see the same machine."""
    timers = {
        name: Timer(
            "step(next(batches))",
            globals={"step": step, "batches": batches},
            num_threads=torch.get_num_threads(),
        )
        for name, batches in ways.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for round_number in range(-1, rounds):  # the first round warms up and empties the queues
        for name, timer in timers.items():
            mean = timer.timeit(steps).mean
            if round_number >= 0:
                seconds[name].append(mean)
    return seconds


def print_table(
    config: RunConfig, model: nn.Module, seconds: dict[str, list[float]], device: torch.device
) -> None:
    """The ways, what each costs over the floor, and the device's share."""
    median = {name: statistics.median(times) for name, times in seconds.items()}
    floor = median[HELD]
    print("| batches | ms a step, median (best to worst) | images/s | over a batch held in memory |")
    print("|---|---|---|---|")
    for name, times in seconds.items():
        spread = f"{1000 * median[name]:.1f} ({1000 * min(times):.1f} to {1000 * max(times):.1f})"
        rate, cost = config.batch_size / median[name], 100 * (median[name] / floor - 1)
        print(f"| {name} | {spread} | {rate:,.0f} | {cost:+.1f} % |")
    rate = measure_matrix_rate(device, config.precision)
    # Backward costs twice as much as forward; a multiply-accumulate is two operations.
    used = 3 * 2 * count_macs(model) * config.batch_size / floor
    print(
        f"\nA step held in memory uses {used / 1e9:,.1f} GFLOP/s, {100 * used / rate:.1f} % of the "
        f"{rate / 1e9:,.0f} GFLOP/s that a product of matrices reaches here in {config.precision}."
    )


def measure_matrix_rate(device: torch.device, precision: str) -> float:
    """Operations a second of a large product of matrices in the run's precision."""
    size = 8192 if device.type == "cuda" else 1024
    kind = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[precision]
    left, right = (torch.randn(size, size, device=device, dtype=kind) for _ in range(2))
    timer = Timer("left @ right", globals={"left": left, "right": right}, num_threads=torch.get_num_threads())
    return 2 * size**3 / timer.blocked_autorange(min_run_time=2).median


def describe(device: torch.device) -> str:
    """The device in words."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"cpu, {torch.get_num_threads()} threads, {count_cores()} cores"


if __name__ == "__main__":
    main()

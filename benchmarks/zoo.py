"""Every family side by side: the same 500 characters, the same samples, the same minutes on this machine.

    python benchmarks/zoo.py --data-root ../shared/data --out runs/zoo

For each family: a few steps in fp32 and in bf16 tell which is faster here and how many steps fit into the
time; then configs/zoo.yaml is trained for so many steps and exported. At the end every network is timed.
Prints a Markdown table for docs/models.md and keeps it in OUT/table.md. What is done is kept: a run that was
stopped goes on with the same command, family by family. Nothing else should run on the machine meanwhile.

On a machine with several cores, families may train at once, each on a core of its own; the last call times
them all:

    taskset -c 0 python benchmarks/zoo.py --data-root DIR --train-only --families residual resnet vit &
    taskset -c 1 python benchmarks/zoo.py --data-root DIR --train-only --families swin hybrid efficientnet
    python benchmarks/zoo.py --data-root DIR
"""

import argparse
import datetime
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import budget
import numpy as np
import torch
from budget import BudgetedRun, Plan, keep, read_results, read_scores, write_characters
from machine import read_commit

from yomite.charset import build_charset
from yomite.checkpoint import read_checkpoint
from yomite.config import RunConfig, load_config
from yomite.data.sources import resolve_data_root
from yomite.models import build
from yomite.models.cost import count_macs, count_parameters
from yomite.reading.model_file import open_model_file
from yomite.shipping.tracing import trace_weights
from yomite.streams import Stream, build_stream
from yomite.tasks import ValidationSet
from yomite.tasks.character import CharacterTask
from yomite.training.distributed import World
from yomite.training.validation import read_validation

PROJECT = Path(__file__).parents[1]
CONFIG = PROJECT / "configs" / "zoo.yaml"
TRANSFORMER = ("optimizer.learning_rate=1e-3",)  # the usual rate for attention; half of that for convolutions

# The small configuration of each family: its defaults, and what makes the libraries' backbones small.
FAMILIES: dict[str, tuple[str, ...]] = {
    "residual": (),
    "resnet": (),
    "efficientnet": (),
    "vit": TRANSFORMER,
    "vit, sine positions": (*TRANSFORMER, "model.name=vit", "model.arguments.positions=sine"),
    "swin": TRANSFORMER,
    "hybrid": TRANSFORMER,
    "torchvision:mobilenet_v3_small": (),
    "transformers:convnextv2": (
        *TRANSFORMER,
        "model.arguments.settings={depths: [2, 2, 6, 2], hidden_sizes: [32, 64, 128, 256]}",
    ),
}


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    family: str
    parameters: int
    macs: int
    num_cores: int
    precision: str
    images_per_second: float
    minutes: float
    steps: int
    top1: dict[str, float]


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/zoo"))
    parser.add_argument("--minutes", type=float, default=8.0, help="of training, for each family")
    parser.add_argument("--num-classes", type=int, default=500, help="0: the whole charset")
    parser.add_argument(
        "--families", nargs="+", default=list(FAMILIES), choices=list(FAMILIES), metavar="NAME"
    )
    parser.add_argument("--train-only", action="store_true", help="leave times and table to a later call")
    parser.add_argument("overrides", nargs="*", metavar="section.key=value", help="for all of them")
    options = parser.parse_args()
    data_root = resolve_data_root(options.data_root)
    options.out.mkdir(parents=True, exist_ok=True)
    characters = write_characters(options.out / "characters.txt", options.num_classes)
    shared = [f"charset={characters}", *options.overrides]
    config = load_config(CONFIG, shared)
    charset = build_charset(config.charset)
    stream = build_stream(config, charset, data_root)
    validation = read_validation(config, CharacterTask(charset), data_root)
    for family in options.families:
        bench = Bench(family, load_family(family, shared, options.out), data_root, stream, validation)
        bench.run(60 * options.minutes)
    if not options.train_only:
        table = format_table(options.out, options.minutes, len(charset), config.model.input_size)
        (options.out / "table.md").write_text(table, encoding="utf-8")
        print(table)


def load_family(family: str, shared: Sequence[str], out: Path) -> RunConfig:
    """The run of one family."""
    return budget.load_family(CONFIG, family, FAMILIES[family], shared, out)


class Bench(BudgetedRun):
    """One family: planned, trained, exported; each part is kept in its folder."""

    def __init__(
        self,
        family: str,
        config: RunConfig,
        data_root: Path,
        stream: Stream,
        validation: Sequence[ValidationSet],
    ) -> None:
        super().__init__(config, data_root, stream, validation)
        self.family = family

    def run(self, seconds: float) -> Result:
        """The result, from disk if it is there."""
        folder = self.config.folder
        folder.mkdir(parents=True, exist_ok=True)
        plan = keep(folder / "plan.json", Plan, lambda: self.plan(seconds, ("fp32", "bf16")))
        return keep(folder / "result.json", Result, lambda: self.measure(plan))

    def measure(self, plan: Plan) -> Result:
        """Trains for the planned steps, counts what it costs, and exports it."""
        config = self.change(plan.precision, plan.total_steps)
        stamps = self.train(config, self.validation)
        model = build(
            config.model.name,
            len(build_charset(config.charset)),
            config.model.input_size,
            **config.model.arguments,
        )
        weights = read_checkpoint(config.folder / "weights.safetensors")
        trace_weights(weights, "model").write(config.folder / "model.onnx")
        seconds = np.diff(stamps) if len(stamps) > 1 else [plan.step_seconds]  # nothing was left to train
        return Result(
            self.family,
            count_parameters(model),
            count_macs(model),
            torch.get_num_threads(),
            plan.precision,
            config.batch_size / statistics.median(seconds),
            statistics.mean(seconds) * plan.total_steps / 60,
            plan.total_steps,
            read_scores(config.folder / "log.jsonl", "top1"),
        )


def time_picture(onnx_path: Path, size: int, num_pictures: int = 200) -> float:
    """Milliseconds of the network for one canvas on two cores, the median."""
    model_file = open_model_file(onnx_path, num_threads=2)
    canvases = np.random.default_rng(0).integers(0, 256, (num_pictures, 1, 1, size, size), dtype=np.uint8)
    times = []
    for canvas in canvases:
        start = time.perf_counter()
        model_file.compute(canvas, "logits")
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times[num_pictures // 10 :])


def format_table(out: Path, minutes: float, num_classes: int, size: int) -> str:
    """All that is trained so far, timed now, the best mean first."""
    results = read_results(out, Result)
    ranked = sorted(results.items(), key=lambda item: -statistics.mean(item[1].top1.values()))
    names = list(ranked[0][1].top1)
    on_gpu = World.alone().device.type == "cuda"
    chip = torch.cuda.get_device_name() if on_gpu else f"{ranked[0][1].num_cores} {platform.machine()} cores"
    lines = [
        f"{num_classes} characters, {minutes:g} minutes of training each on {chip}, "
        f"commit {read_commit()}, {datetime.date.today()}; strict top-1.",
        "",
        f"| family | parameters | MACs | ms a picture | training images/s | {' | '.join(names)} |",
        f"|---|{'---|' * (4 + len(names))}",
    ]
    for path, result in ranked:
        top1 = " | ".join(f"{100 * result.top1[name]:.1f} %" for name in names)
        picture_ms = time_picture(path.with_name("model.onnx"), size)
        lines.append(
            f"| {result.family} | {result.parameters / 1e6:.2f} M | {result.macs / 1e6:.0f} M "
            f"| {picture_ms:.2f} | {result.images_per_second:,.0f} ({result.precision}) | {top1} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()

"""Every family for lines side by side: the same few characters, the same lines, the same minutes of one core.

    OMP_NUM_THREADS=1 python benchmarks/line_zoo.py --data-root ../shared/data --out runs/line-zoo

The characters are the kana, digits and some punctuation: texts are cut at all others, so lines are short.
They are composed once, for all families. For each family a few steps tell how many fit into the time, which
is time of the processor; then configs/line-zoo.yaml is trained for so many steps. Prints a Markdown table
for docs/models.md and keeps it in OUT/table.md, and in OUT/FAMILY/maps.png where the family looked. What is
done is kept: a run that was stopped goes on with the same command.
"""

import argparse
import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from budget import BudgetedRun, Plan, keep, load_family, read_results, read_scores, write_characters
from machine import read_commit, read_processor
from PIL import Image
from torch import nn

from yomite.charset import Charset, build_charset
from yomite.checkpoint import load_model, read_checkpoint
from yomite.config import RunConfig, load_config
from yomite.data.sources import resolve_data_root
from yomite.models.cost import count_macs, count_parameters
from yomite.reports.sheets import draw_sheet, overlay_heat
from yomite.streams import Stream, build_stream
from yomite.streams.batch import Batch
from yomite.tasks import Sheet, ValidationSet
from yomite.tasks.line import LineTask
from yomite.training.validation import read_validation

CONFIG = Path(__file__).parents[1] / "configs" / "line-zoo.yaml"
MORE_CHARACTERS = "0123456789、。・「」（）！？"
TRANSFORMER = ("optimizer.learning_rate=1e-3",)
WRITES = (*TRANSFORMER, "objective.name=teacher_forcing")
SLIDING = "model.arguments={widths: [32, 64, 160], embedding: 192, context: 64, blocks: 4, dropout: 0.05}"
ALIKE = "[16, 32, 64, 96]"  # channels of the convolutions of crnn and encoder_decoder

# The small configuration of each family; sliding is as large as the character network that it begins from.
FAMILIES: dict[str, tuple[str, ...]] = {
    "sliding, released weights": (
        "model.name=sliding",
        SLIDING,
        "init_from=yomite-character",
        "optimizer.learning_rate=1.2e-3",
        "optimizer.rates={stem: 0, blocks.0: 0, blocks.1: 0, blocks.2: 0, blocks.3: 0.4, blocks.4: 0.4, "
        "place_weight: 0.4, classifier: 0.5}",
    ),
    "crnn": (f"model.arguments={{widths: {ALIKE}, hidden: 128}}",),
    "vit_ctc": (*TRANSFORMER, "model.arguments={width: 96, depth: 4, heads: 4}"),
    "encoder_decoder": (
        *WRITES,
        f"model.arguments={{stem_widths: {ALIKE}, width: 96, depth: 2, heads: 4, max_length: 64}}",
    ),
    "transformers:VisionEncoderDecoder": (
        *WRITES,
        "model.arguments={encoder: {hidden_size: 96, num_attention_heads: 4, intermediate_size: 384, "
        "patch_size: [16, 8], image_size: [32, 384], initializer_range: 0.1}, decoder: {d_model: 96, "
        "decoder_layers: 2, decoder_attention_heads: 4, decoder_ffn_dim: 384, init_std: 0.1}, "
        "max_length: 64}",
    ),
    "sliding": ("model.name=sliding", SLIDING),
}
WIDTH_PX = 480
NUM_TRIAL_STEPS = 32
PARTS = ("images", "targets", "widths", "target_lengths", "is_vertical")
NUM_TIMED = 20


class KeptLines:
    """A stream of lines that were composed before, in whole batches; each epoch has another order of them."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        """Keep batches, all of one size."""
        self._batches, self._size = batches, len(batches[0])
        self.num_samples = self._size * len(batches)

    def draw(self, epoch: int, indices: np.ndarray) -> Batch:
        """Return the batch that stands at these indices, which are all of one batch."""
        number, first = divmod(int(indices[0]), self._size)
        if first or len(indices) != self._size:
            raise ValueError("batch_size must be that of the kept lines; give another --out for another size")
        return self._batches[np.random.default_rng(epoch).permutation(len(self._batches))[number]]


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    family: str
    parameters: int
    macs: int
    minutes: float
    steps: int
    lines: int
    cer: dict[str, float]


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/line-zoo"))
    parser.add_argument("--minutes", type=float, default=15.0, help="of one core, for each family")
    parser.add_argument("--num-classes", type=int, default=171, help="kana, and kanji beyond 171")
    parser.add_argument("--num-lines", type=int, default=16_000, help="composed for all families")
    parser.add_argument(
        "--families", nargs="+", default=list(FAMILIES), choices=list(FAMILIES), metavar="NAME"
    )
    parser.add_argument("--train-only", action="store_true", help="leave times and table to a later call")
    parser.add_argument("overrides", nargs="*", metavar="section.key=value", help="for all of them")
    options = parser.parse_args()
    torch.set_num_threads(1)
    data_root = resolve_data_root(options.data_root)
    options.out.mkdir(parents=True, exist_ok=True)
    path = write_characters(options.out / "characters.txt", options.num_classes, MORE_CHARACTERS)
    shared = [f"charset={path}", *options.overrides]
    config = load_config(CONFIG, shared)
    charset = build_charset(config.charset)
    stream = compose_lines(options.out / "lines.npz", config, charset, data_root, options.num_lines)
    validation = read_validation(config, LineTask(charset), data_root)
    for family in options.families:
        run_family(family, shared, options.out, data_root, 60 * options.minutes, stream, validation)
    if not options.train_only:
        table = format_table(options.out, options.minutes, charset, validation)
        (options.out / "table.md").write_text(table, encoding="utf-8")
        print(table)


def compose_lines(
    path: Path, config: RunConfig, charset: Charset, data_root: Path, num_lines: int
) -> KeptLines:
    """Compose the lines that all families learn from, or read them where that was done."""
    size = config.batch_size
    if not path.is_file():
        stream, kept = build_stream(config, charset, data_root), {}
        for number in range(num_lines // size):
            batch = stream.draw(0, np.arange(number * size, (number + 1) * size))
            assert batch.widths is not None and batch.target_lengths is not None
            parts = (batch.images, batch.targets, batch.widths, batch.target_lengths)
            parts = (*parts, batch.metadata["is_vertical"])
            kept |= {f"{name}-{number}": part.numpy() for name, part in zip(PARTS, parts, strict=True)}
        np.savez(path.with_suffix(".part.npz"), **kept)
        path.with_suffix(".part.npz").rename(path)
    with np.load(path) as file:
        batches = []
        for number in range(len(file.files) // len(PARTS)):
            *parts, is_vertical = (torch.from_numpy(file[f"{name}-{number}"]) for name in PARTS)
            batches.append(Batch(*parts, metadata={"is_vertical": is_vertical}))
    return KeptLines(batches)


def run_family(
    family: str,
    shared: Sequence[str],
    out: Path,
    data_root: Path,
    seconds: float,
    stream: Stream,
    validation: Sequence[ValidationSet],
) -> Result:
    """Return the result of a family, from disk if it is there."""
    config = load_family(CONFIG, family, FAMILIES[family], shared, out)
    run = BudgetedRun(
        config,
        data_root,
        stream,
        validation,
        clock=time.process_time,
        timed_steps=NUM_TRIAL_STEPS,
        average=np.mean,  # batches differ in width
    )
    config.folder.mkdir(parents=True, exist_ok=True)
    plan = keep(config.folder / "plan.json", Plan, lambda: run.plan(seconds, [config.precision]))

    def measure() -> Result:
        planned = run.change(plan.precision, plan.total_steps)
        stamps = run.train(planned, validation)
        model = load_model(read_checkpoint(config.folder / "weights.safetensors"))
        step_seconds = np.diff(stamps) if len(stamps) > 1 else [plan.step_seconds]  # nothing was left
        length = WIDTH_PX // config.model.input_size if hasattr(model, "decode") else None
        return Result(
            family,
            count_parameters(model),
            count_macs(model, WIDTH_PX, length),
            float(np.mean(step_seconds)) * plan.total_steps / 60,
            plan.total_steps,
            plan.total_steps * config.batch_size,
            read_scores(config.folder / "log.jsonl", "cer"),
        )

    return keep(config.folder / "result.json", Result, measure)


def choose_lines(batch: Batch, num_lines: int) -> list[Batch]:
    """Return the lines nearest to WIDTH_PX, each by itself."""
    assert batch.widths is not None
    nearest = (batch.widths - WIDTH_PX).abs().argsort()[:num_lines]
    return [batch[nearest[place : place + 1]].trim() for place in range(num_lines)]


@torch.inference_mode()
def time_line(model: nn.Module, task: LineTask, lines: Sequence[Batch]) -> float:
    """Milliseconds from a strip to its text, the mean over lines, the best of five rounds."""
    rounds = []
    for _ in range(5):
        start = time.process_time()
        for line in lines:
            task.decode(model, line)
        rounds.append(time.process_time() - start)
    return 1000 * min(rounds) / len(lines)


def draw_maps(model: nn.Module, task: LineTask, one: ValidationSet, heading: str) -> Image.Image:
    """Lay where a model looked over some lines."""
    sheets = task.glimpse(model, one.batch, [one], is_last=True)
    sheet = next(found for found in sheets if isinstance(found, Sheet) and found.heat is not None)
    tiles = [overlay_heat(image, heat) for image, heat in zip(sheet.images, sheet.heat or (), strict=True)]
    return Image.fromarray(draw_sheet(tiles, sheet.titles, is_right=sheet.is_right, heading=heading))


def format_table(out: Path, minutes: float, charset: Charset, validation: Sequence[ValidationSet]) -> str:
    """All that is trained so far, timed now, the best on composed lines first."""
    task, (composed, *_) = LineTask(charset), validation
    lines = choose_lines(composed.batch, NUM_TIMED)
    ranked = sorted(read_results(out, Result).items(), key=lambda item: item[1].cer[composed.name])
    names = [one.name for one in validation]
    rows = [
        f"{len(charset)} characters, {minutes:g} minutes of one core each, {read_processor()}, "
        f"commit {read_commit()}, {datetime.date.today()}; CER.",
        "",
        f"| family | parameters | MACs | ms a line | lines seen | {' | '.join(names)} |",
        f"|---|{'---|' * (4 + len(names))}",
    ]
    for path, result in ranked:
        model = load_model(read_checkpoint(path.with_name("weights.safetensors")))
        draw_maps(model, task, composed, result.family).save(path.with_name("maps.png"))
        cer = " | ".join(f"{result.cer[name]:.3f}" for name in names)
        rows.append(
            f"| {result.family} | {result.parameters / 1e6:.2f} M | {result.macs / 1e6:.0f} M "
            f"| {time_line(model, task, lines):.1f} | {result.lines:,} ({result.minutes:.1f} min) | {cer} |"
        )
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()

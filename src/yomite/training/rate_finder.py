"""How high a learning rate a run can take: the range test of Smith, arXiv:1506.01186."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from yomite.charset import build_charset
from yomite.config import RunConfig
from yomite.errors import TrainingError
from yomite.streams import Stream, build_stream
from yomite.streams.loader import build_loader
from yomite.training.distributed import World, autocast
from yomite.training.learner import build_learner, build_optimizer, check_split, set_learning_rate
from yomite.training.objectives import weigh_classes

LOWEST, HIGHEST = 1e-6, 1.0
SMOOTHING = 0.9


def find_learning_rate(
    config: RunConfig, *, data_root: Path, num_steps: int = 120, stream: Stream | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Train a few steps, each with a higher rate, until the loss has grown to four times its lowest.

    Args:
        config: The run; nothing of it is written.
        data_root: Where the data sets are.
        num_steps: From the lowest rate to the highest.
        stream: Samples instead of those that config.data describes.

    Returns:
        rates: Float (N,), N at most num_steps.
        losses: Float (N,), the smoothed loss of each.

    Raises:
        YomiteError: As for train().
    """
    device = World.alone().device
    charset = build_charset(config.charset)
    learner = build_learner(config, charset, data_root)
    check_split(config, 1, learner.model)
    learner = learner.to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    optimizer = build_optimizer(learner, config.optimizer)
    if stream is None:
        stream = build_stream(config, charset, data_root)
    weigh_classes(learner.objective, config.objective, stream, device)
    loader = build_loader(
        stream,
        config.batch_size,
        start_step=0,
        total_steps=num_steps,
        accumulate=config.accumulate,
        workers=config.loader.workers,
        prefetch=config.loader.prefetch,
    )
    batches = iter(loader)
    rng = torch.Generator(device)
    rates, losses = np.geomspace(LOWEST, HIGHEST, num_steps), []
    average = 0.0
    for step, rate in enumerate(tqdm(rates, unit="step")):
        set_learning_rate(optimizer, rate)
        optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for _ in range(config.accumulate):
            with autocast("fp32" if config.precision == "fp32" else "bf16", device):
                loss, _ = learner(next(batches).to(device), rng)
            (loss / config.accumulate).backward()
            total += loss.item() / config.accumulate
        nn.utils.clip_grad_norm_(learner.parameters(), config.gradient_clip or math.inf)
        optimizer.step()
        average = SMOOTHING * average + (1 - SMOOTHING) * total
        smoothed = average / (1 - SMOOTHING ** (step + 1))
        if not math.isfinite(total) or (losses and smoothed > 4 * min(losses)):
            break
        losses.append(smoothed)
    if not losses:
        raise TrainingError("the loss is not finite even without training; look at the samples and the model")
    return rates[: len(losses)], np.array(losses)


def suggest_learning_rate(rates: np.ndarray, losses: np.ndarray) -> float:
    """Suggest a tenth of the rate with the lowest loss: there it still falls, far from where it grows."""
    return float(rates[losses.argmin()] / 10)


def draw_curve(rates: np.ndarray, losses: np.ndarray, width: int = 72, height: int = 14) -> str:
    """Draw the losses over the rates as text; a line of `|` marks the suggestion.

    Args:
        rates: Float (N,), growing by one factor.
        losses: Float (N,).
        width: Columns of the curve.
        height: Rows of it.
    """
    columns = np.linspace(0, len(rates) - 1, width)
    curve = np.interp(columns, np.arange(len(losses)), losses)
    low, high = float(curve.min()), float(curve.max())
    rows = np.rint((high - curve) / max(high - low, 1e-12) * (height - 1)).astype(int)
    log_rates = np.interp(columns, np.arange(len(rates)), np.log10(rates))
    marked = int(np.abs(log_rates - math.log10(suggest_learning_rate(rates, losses))).argmin())
    grid = [["|" if column == marked else " " for column in range(width)] for _ in range(height)]
    for column, row in enumerate(rows):
        grid[row][column] = "o"
    labels = {0: f"{high:.3g}", height - 1: f"{low:.3g}"}
    lines = [f"{labels.get(row, ''):>8} |{''.join(cells)}" for row, cells in enumerate(grid)]
    ticks = [" "] * (width + 8)
    for exponent in range(math.ceil(log_rates[0]), math.floor(log_rates[-1]) + 1):
        column = int(np.abs(log_rates - exponent).argmin())
        ticks[column : column + 5] = f"1e{exponent}".ljust(5)
    axis = [" " * 9 + "+" + "-" * width, " " * 10 + "".join(ticks).rstrip()]
    return "\n".join(["    loss", *lines, *axis, " " * 10 + "learning rate"])

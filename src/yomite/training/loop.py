"""One training run from the config to the weights, top to bottom.

A step is a pure function of (config, seed, step, state): samples come from (seed, epoch, index), the rate
from the step, and the random numbers of the model (dropout) and of the objective are seeded anew for each
step. So a checkpoint needs no generator's state, and a run that was stopped anywhere goes on as if it had
not been.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from yomite.charset import Charset, build_charset
from yomite.checkpoint import Checkpoint, fill_model, read_checkpoint, read_commit, write_checkpoint
from yomite.config import RunConfig, changed_keys
from yomite.data.batches import Mixture, build_loader
from yomite.errors import ConfigError, ModelFileError, TrainingError
from yomite.evaluation.scores import number_lookalikes
from yomite.training.learner import build_learner
from yomite.training.optim import (
    build_ema,
    build_optimizer,
    fill_optimizer,
    learning_rate_at,
    read_optimizer,
    set_learning_rate,
)
from yomite.training.tracking import Tracker
from yomite.training.validation import ValidationSet, read_validation, score

LOG_EVERY_STEPS = 50


def train(
    config: RunConfig,
    *,
    data_root: Path,
    resume: bool = False,
    mixture: Mixture | None = None,
    validation: Sequence[ValidationSet] | None = None,
) -> Path:
    """Runs a configuration.

    Args:
        config: The run.
        data_root: Where the data sets are.
        resume: Goes on from the newest checkpoint in the run's folder, if there is one.
        mixture: Samples instead of those that config.data describes.
        validation: Sets instead of those that config.validation names.

    Returns:
        The weights: `weights.safetensors` in the run's folder, the moving average where there is one.
        Beside it lie `best.safetensors` (the weights of the best validation), checkpoints/, log.jsonl and
        tensorboard/.

    Raises:
        YomiteError: ConfigError, DataError or ModelFileError before any work; TrainingError for a loss that
        is not finite.
    """
    # Build
    folder = config.folder
    newest = newest_checkpoint(folder)
    if newest and not resume:
        raise ConfigError(f"{folder} holds a run already; type --resume to go on with it, or give out=FOLDER")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    charset = build_charset(config.charset)
    model_config = config.model.model_dump(mode="json") | {"num_classes": len(charset)}
    learner = build_learner(config, charset, data_root, fresh=not newest)
    learner = learner.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    model = learner.model
    optimizer = build_optimizer(learner, config.optimizer)
    ema = build_ema(model, config.ema) if config.ema.decay else None
    if mixture is None:
        mixture = _build_mixture(config, charset, data_root)
    if validation is None:
        validation = read_validation(config.validation.sources, charset, data_root, config.model.input_size)
    groups = torch.from_numpy(number_lookalikes(charset.characters))
    commit = read_commit()
    step, best = 0, -1.0

    # Resume
    if newest:
        saved = read_checkpoint(newest)
        for line in changed_keys(saved.config, config.model_dump(mode="json")):
            print(f"resumed with {line}")
        if saved.characters != charset.characters:
            raise ModelFileError(
                f"{newest} was trained with other characters; give out=FOLDER to begin a new run"
            )
        fill_model(
            learner, {f"{s}.{n}": t for s in ("model", "objective") for n, t in saved.section(s).items()}
        )
        fill_optimizer(learner, optimizer, saved.section("optimizer"))
        step, best = saved.progress["step"], saved.progress["best"]
        if ema:
            fill_model(ema.module, saved.section("ema"))
            ema.n_averaged.fill_(step)

    def snapshot(kind: str) -> Checkpoint:
        samples = step * config.batch_size
        progress = {
            "step": step, "epoch": samples // mixture.num_samples, "samples": samples, "seed": config.seed,
            "best": best,
        }  # fmt: skip
        averaged = ema.module if ema else model
        if kind == "weights":
            tensors = {f"model.{name}": tensor for name, tensor in averaged.state_dict().items()}
        else:
            tensors = learner.state_dict()  # model.<name>, objective.<name>
            tensors |= (
                {f"ema.{name}": tensor for name, tensor in ema.module.state_dict().items()} if ema else {}
            )
            tensors |= {
                f"optimizer.{name}": tensor for name, tensor in read_optimizer(learner, optimizer).items()
            }
        plain = config.model_dump(mode="json")
        return Checkpoint(kind, model_config, charset.characters, tensors, plain, progress, commit)

    # Learn
    total_steps = config.schedule.total_steps
    loader = build_loader(
        mixture,
        config.batch_size,
        start_step=step,
        total_steps=total_steps,
        workers=config.loader.workers,
        prefetch=config.loader.prefetch,
        pin_memory=device.type == "cuda",
    )
    folder.mkdir(parents=True, exist_ok=True)
    tracker = Tracker(folder, step)
    rng = torch.Generator(device)
    sums: dict[str, float] = {}
    since = time.perf_counter()
    bar = tqdm(
        total=total_steps * config.batch_size, initial=step * config.batch_size, unit="img", unit_scale=True
    )
    for batch in loader:
        learner.train()
        step_seed = (config.seed << 32) + step
        torch.manual_seed(step_seed)
        rng.manual_seed(step_seed)
        batch = batch.to(device)
        learning_rate = learning_rate_at(step, config.optimizer.learning_rate, config.schedule)
        set_learning_rate(optimizer, learning_rate)
        with torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bf16"):
            loss, counts = learner(batch, rng)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        limit = config.gradient_clip or math.inf
        gradient_norm = nn.utils.clip_grad_norm_(learner.parameters(), limit).item()
        loss_value = loss.item()
        if not (math.isfinite(loss_value) and math.isfinite(gradient_norm)):
            raise TrainingError(
                f"step {step}: the loss is {loss_value}, the norm of its gradient {gradient_norm}; "
                "lower optimizer.learning_rate, then --resume"
            )
        optimizer.step()
        if ema:
            ema.update_parameters(model)
        step += 1

        # Watch
        bar.update(len(batch))
        new = {name: float(count) for name, count in counts.items()} | {"loss": loss_value, "steps": 1}
        sums = {name: sums.get(name, 0.0) + value for name, value in new.items()}
        if step % LOG_EVERY_STEPS == 0 or step == total_steps:
            now = time.perf_counter()
            scalars = {
                "loss": sums["loss"] / sums["steps"],
                **{name: sums[name] / sums["samples"] for name in counts if name != "samples"},
                "gradient_norm": gradient_norm,
                "learning_rate": learning_rate,
                "images_per_second": sums["samples"] / (now - since),
            }
            tracker.log(step, "train", scalars)
            shown = {name: f"{scalars[name]:.3f}" for name in ("loss", *counts) if name in scalars}
            bar.set_postfix({"step": step} | shown)
            sums, since = {}, now
        if validation and (step % config.validation.every_steps == 0 or step == total_steps):
            ratios = []
            for chosen in validation:
                scores = score(ema.module if ema else model, chosen, groups)
                tracker.log(step, chosen.name, scores)
                ratios.append(scores["top1_lookalikes"])
                bar.write(
                    f"step {step} {chosen.name}: " + " ".join(f"{k} {v:.4g}" for k, v in scores.items())
                )
            if sum(ratios) / len(ratios) > best:
                best = sum(ratios) / len(ratios)
                write_checkpoint(folder / "best.safetensors", snapshot("weights"))
        if step % config.checkpoint.every_steps == 0 or step == total_steps:
            write_checkpoint(_checkpoint_path(folder, step), snapshot("checkpoint"))
            for old in list_checkpoints(folder)[config.checkpoint.keep :]:
                old.unlink()
    bar.close()
    tracker.close()
    write_checkpoint(folder / "weights.safetensors", snapshot("weights"))
    return folder / "weights.safetensors"


def _checkpoint_path(folder: Path, step: int) -> Path:
    return folder / "checkpoints" / f"step-{step:08d}.safetensors"


def list_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a run, the newest first."""
    return sorted((folder / "checkpoints").glob("step-*.safetensors"), reverse=True)


def newest_checkpoint(folder: Path) -> Path | None:
    """The checkpoint to go on from, None in a new run."""
    return next(iter(list_checkpoints(folder)), None)


def _build_mixture(config: RunConfig, charset: Charset, data_root: Path) -> Mixture:
    """Drawing ink compiles kernels, so it is imported only when it is wanted."""
    from yomite.data.mixture import build_mixture

    mixture = build_mixture(config.data, charset, data_root, config.seed, config.model.input_size)
    mixture.draw(0, np.arange(1))  # compiles here once, and not in every worker that is forked from here
    return mixture

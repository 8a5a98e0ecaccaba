"""One training run from the config to the weights, top to bottom; the same for one process and for many.

A step is a pure function of (config, seed, position, state): samples come from (seed, epoch, index), the rate
from the step, and the random numbers of the model (dropout) and of the objective are seeded anew for each
micro-batch. So a checkpoint needs no generator's state, and a run that was stopped anywhere goes on as if it
had not been.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from yomite.charset import build_charset
from yomite.checkpoint import Checkpoint, fill_model
from yomite.config import RunConfig, read_commit
from yomite.errors import ConfigError
from yomite.streams import Stream, build_stream
from yomite.streams.batch import Batch
from yomite.streams.loader import build_loader
from yomite.tasks import ValidationSet, build_task
from yomite.training.distributed import World, autocast, find_slow_precision, no_sync
from yomite.training.learner import (
    build_ema,
    build_learner,
    build_optimizer,
    check_split,
    fill_optimizer,
    learning_rate_at,
    read_optimizer,
    set_learning_rate,
)
from yomite.training.objectives import weigh_classes
from yomite.training.stopping import (
    catch_signals,
    explain_anomaly,
    explain_changes,
    lock_folder,
    read_newest,
    report_nonfinite,
    save,
    save_checkpoint,
)
from yomite.training.tracking import Tracker, check_boards, show_glimpses
from yomite.training.validation import Judge, read_validation, score

LOG_EVERY_STEPS = 50


@lock_folder
def train(
    config: RunConfig,
    *,
    data_root: Path,
    world: World | None = None,
    resume: bool = False,
    stream: Stream | None = None,
    validation: Sequence[ValidationSet] | None = None,
    mark: Callable[[str], None] = lambda part: None,
) -> Path:
    """Run a configuration.

    Args:
        config: The run.
        data_root: Where the data sets are.
        world: The processes of the run, from join_world(); None for this one alone.
        resume: Goes on from the newest checkpoint in the run's folder, if there is one.
        stream: Samples instead of those that config.data describes.
        validation: Sets instead of those that config.validation names.
        mark: Told which part of a step begins: loader, forward, backward, optimizer, rest (`yomite profile`).

    Returns:
        The weights: `weights.safetensors` in the run's folder, the moving average where there is one.
        Beside it lie `best.safetensors` (the weights of the best validation), checkpoints/, log.jsonl and
        tensorboard/.

    Raises:
        YomiteError: ConfigError, DataError or ModelFileError before any work; TrainingError for a loss that
            is not finite, or a disk that is full.
        KeyboardInterrupt: After Ctrl-C or SIGTERM, with the state of the last step written.
    """
    # Build
    world = world or World.alone()
    folder, device = config.folder, world.device
    check_boards(config.tracking)
    saved, notes = read_newest(folder)
    is_restart = saved and world.launch and saved.progress.get("launch") == world.launch  # by torchrun
    if saved and not (resume or is_restart):
        raise ConfigError(f"{folder} holds a run already; type --resume to go on with it, or give out=FOLDER")
    plain, commit = config.model_dump(mode="json"), read_commit()
    charset = build_charset(config.charset)
    if saved:
        notes += [f"resumed with {line}" for line in explain_changes(saved, plain, charset)]
    learner = build_learner(config, charset, data_root, fresh=saved is None)
    check_split(config, world.size, learner.model)
    if config.sync_batchnorm:
        learner.model = world.sync_batchnorm(learner.model)
    learner = learner.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    model, task = learner.model, build_task(learner.model, charset)
    optimizer = build_optimizer(learner, config.optimizer)
    scaler = torch.amp.GradScaler(device.type, enabled=config.precision == "fp16")
    ema = build_ema(model, config.ema) if config.ema.decay else None
    if validation is None:
        validation = read_validation(config, task, data_root)
    notes += find_slow_precision(config.precision, device) if world.is_main else []
    notes += [f"{one.name}: {note}" for one in validation for note in one.batch.metadata.get("notes", ())]
    judge = Judge(config, [chosen.name for chosen in validation], task)
    if stream is None:
        stream = build_stream(config, charset, data_root)
    weigh_classes(learner.objective, config.objective, stream, device)
    step, num_skipped = 0, 0
    scores_by_set: dict[str, dict[str, float]] = {}

    # Resume
    if saved:
        fill_model(
            learner, {k: v for k, v in saved.tensors.items() if k.startswith(("model.", "objective."))}
        )
        fill_optimizer(learner, optimizer, saved.section("optimizer"))
        step, num_skipped = saved.progress["step"], saved.progress["num_skipped"]
        judge.fill_state(saved.progress["judge"])
        scores_by_set = saved.progress["scores"]
        if saved.progress["scaler"]:
            scaler.load_state_dict(saved.progress["scaler"])
        if ema:
            fill_model(ema.module, saved.section("ema") or saved.section("model"))
            ema.n_averaged.fill_(step)
    if not world.agrees(step):
        raise ConfigError(f"the processes see different checkpoints; {folder} must be one folder for all")

    def snapshot(kind: str) -> Checkpoint:
        samples = (step + num_skipped) * config.batch_size
        progress = {
            "step": step, "num_skipped": num_skipped, "epoch": samples // stream.num_samples,
            "samples": samples, "seed": config.seed, "launch": world.launch, "judge": judge.read_state(),
            "scores": scores_by_set, "scaler": scaler.state_dict(),
        }  # fmt: skip
        averaged = ema.module.state_dict() if ema else model.state_dict()
        if kind == "weights":
            tensors = {f"model.{name}": tensor for name, tensor in averaged.items()}
        else:
            tensors = learner.state_dict()  # model.<name>, objective.<name>
            tensors |= {f"ema.{name}": tensor for name, tensor in averaged.items()} if ema else {}
            state = read_optimizer(learner, optimizer)
            tensors |= {f"optimizer.{name}": tensor for name, tensor in state.items()}
        # What began from a pretrained folder can be built without it.
        arguments = getattr(model, "built_from", plain["model"]["arguments"])
        model_config = plain["model"] | {"arguments": arguments, "num_classes": len(charset)}
        return Checkpoint(kind, model_config, charset.characters, tensors, plain, progress, commit)

    # Learn
    total_steps = config.schedule.total_steps
    batches = iter(
        build_loader(
            stream,
            config.batch_size,
            start_step=step + num_skipped,
            total_steps=None if scaler.is_enabled() else total_steps,  # a skipped step takes one batch more
            rank=world.rank,
            num_processes=world.size,
            accumulate=config.accumulate,
            workers=config.loader.workers,
            prefetch=config.loader.prefetch,
            pin_memory=device.type == "cuda",
        )
    )
    shared = world.share(learner)
    rng = torch.Generator(device)
    tracker = Tracker(config, step) if world.is_main else None
    bar = tqdm(
        total=total_steps * config.batch_size, initial=step * config.batch_size, unit="img", unit_scale=True,
        disable=not world.is_main,
    )  # fmt: skip
    for line in notes if world.is_main else ():
        bar.write(line)
    sums: dict[str, float] = {}
    since = time.perf_counter()
    closing = contextlib.closing(tracker) if tracker else contextlib.nullcontext()
    with bar, closing, catch_signals() as stop, torch.autograd.set_detect_anomaly(config.anomaly):
        while step < total_steps and judge.is_patient:
            learner.train()
            learning_rate = learning_rate_at(
                step, config.optimizer.learning_rate, config.schedule, judge.num_falls
            )
            set_learning_rate(optimizer, learning_rate)
            optimizer.zero_grad(set_to_none=True)
            batch_path = folder / f"nonfinite-step-{step:08d}-rank-{world.rank}.npz"
            taken: list[Batch] = []
            counted: list[dict[str, Tensor]] = []
            for part in range(config.accumulate):
                mark("loader")
                batch = next(batches).to(device)
                taken.append(batch)
                position = ((step + num_skipped) * world.size + world.rank) * config.accumulate + part
                torch.manual_seed((config.seed << 32) + position)
                rng.manual_seed((config.seed << 32) + position)
                mark("forward")
                with no_sync(shared, unless=part == config.accumulate - 1):
                    with autocast(config.precision, device):
                        loss, counts = shared(batch, rng)
                    mark("backward")
                    with explain_anomaly(step, batch_path, taken):
                        scaler.scale(loss / config.accumulate).backward()
                counted.append({**counts, "loss": loss.detach() * len(batch)})
            mark("optimizer")
            scaler.unscale_(optimizer)
            limit = config.gradient_clip or math.inf
            gradient_norm = nn.utils.clip_grad_norm_(learner.parameters(), limit).item()
            totals = world.sum_counts([*counted, {"stop": torch.tensor(stop.is_made, device=device)}])
            is_overflow = not math.isfinite(gradient_norm)
            if not math.isfinite(totals["loss"]) or (is_overflow and scaler.get_scale() <= 1):
                mean_loss = totals["loss"] / totals["samples"]
                reason = f"the loss is {mean_loss:.4g}, the norm of its gradient {gradient_norm:.4g}"
                advice = (
                    "lower optimizer.learning_rate, or find the operation with anomaly=true, and --resume"
                )
                raise report_nonfinite(step, f"{reason}; {advice}", batch_path, taken)
            scaler.step(optimizer)  # unless fp16 did overflow
            scaler.update()
            world.average_statistics(model)
            if is_overflow:
                num_skipped += 1
                continue
            if ema:
                ema.update_parameters(model)
            step += 1

            # Watch
            mark("rest")
            bar.update(config.batch_size)
            new = {**totals, "steps": 1}
            sums = {name: sums.get(name, 0.0) + value for name, value in new.items()}
            if step % LOG_EVERY_STEPS == 0 or step == total_steps:
                now = time.perf_counter()
                names = [name for name in totals if name not in ("samples", "stop")]
                scalars = {name: sums[name] / sums["samples"] for name in names}
                bar.set_postfix({"step": step} | {name: f"{scalars[name]:.3f}" for name in names})
                scalars |= {
                    "gradient_norm": gradient_norm,
                    "learning_rate": learning_rate,
                    "images_per_second": sums["samples"] / (now - since),
                }
                if scaler.is_enabled():
                    scalars |= {"loss_scale": scaler.get_scale(), "skipped_steps": num_skipped}
                if tracker:
                    tracker.log(step, "train", scalars)
                sums, since = {}, now
            if validation and (step % config.validation.every_steps == 0 or step == total_steps):
                scores_by_set = {}
                for chosen in validation:
                    scores = score(ema.module if ema else model, chosen, task, world)
                    scores_by_set[chosen.name] = scores
                    if tracker:
                        tracker.log(step, chosen.name, scores)
                        shown = " ".join(f"{name} {value:.4g}" for name, value in scores.items())
                        bar.write(f"step {step} {chosen.name}: {shown}")
                if judge.judge(scores_by_set) and world.is_main:
                    save(folder / "best.safetensors", snapshot("weights"))
            is_last = step == total_steps or not judge.is_patient
            if tracker and tracker.wants_pictures(step, is_last=is_last):
                seen = ema.module if ema else model
                show_glimpses(tracker, step, task, seen, taken[-1], validation, is_last=is_last)
            is_end = is_last or totals["stop"]
            if world.is_main and (step % config.checkpoint.every_steps == 0 or is_end):
                save_checkpoint(folder, snapshot("checkpoint"), config.checkpoint.keep)
            if totals["stop"] and step < total_steps:
                bar.write(f"stopped after step {step}; go on with --resume")
                world.wait()
                raise KeyboardInterrupt

    # End
    if world.is_main and not judge.is_patient:
        metric, patience = judge.metric, config.validation.patience
        print(f"ended after step {step}: {metric} no better than {judge.best:.4g} in {patience} validations")
    if world.is_main:
        save(folder / "weights.safetensors", snapshot("weights"))
    world.wait()
    return folder / "weights.safetensors"

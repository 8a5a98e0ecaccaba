"""What test_distributed.py compares; it runs `torchrun --nproc-per-node 2 two_processes.py FOLDER`."""

import contextlib
import json
import sys
from pathlib import Path

import torch
from tiny_run import CHARACTERS, PLAIN, FakeStream, PlainNet, configure_run, draw_validation
from torch import nn

from yomite.charset import Charset
from yomite.errors import ConfigError
from yomite.tasks.character import CharacterTask
from yomite.training.distributed import World, join_world
from yomite.training.loop import train
from yomite.training.validation import score

FIFTY = {"schedule": {"warmup_steps": 3, "total_steps": 50}, "gradient_clip": 0.5}


def main(folder: Path) -> None:
    with join_world() as world:
        sets = [draw_validation(num=21)]
        without_dropout = PLAIN | {"arguments": {}}
        for name, changes in {
            "exact": {"model": without_dropout, **FIFTY},
            "dropout": {"model": PLAIN, **FIFTY},
            "norms": {},
        }.items():
            config = configure_run(folder / name, **changes)
            train(config, data_root=folder, world=world, validation=sets)

        # The sample is one of the second process; both stop after step 11.
        stopped = configure_run(folder / "stopped")
        with contextlib.suppress(KeyboardInterrupt):
            stream = FakeStream(stop_at=10 * 16 + 12)
            train(stopped, data_root=folder, world=world, validation=sets, stream=stream)
        train(stopped, data_root=folder, world=world, validation=sets, resume=True)

        facts = {
            "averaged": average_norm(world),
            "counts": world.sum_counts([{"a": torch.tensor(world.rank + 1)}, {"a": torch.tensor(0.5)}]),
            "scores": score_alone(world),
            "agrees": [world.agrees(number) for number in (7, -7, world.rank, -world.rank)],
        }
        try:
            world.sync_batchnorm(nn.BatchNorm2d(3))
        except ConfigError as error:
            facts["sync_batchnorm"] = str(error)
        (folder / f"facts-{world.rank}.json").write_text(json.dumps(facts), "utf-8")


def average_norm(world: World) -> list[list[float]]:
    norm = nn.Sequential(nn.BatchNorm1d(2))
    norm[0].running_mean.fill_(world.rank)  # type: ignore[union-attr,operator]
    norm[0].running_var.copy_(torch.tensor([world.rank, 3.0]))  # type: ignore[union-attr,operator]
    world.average_statistics(norm)
    return [norm[0].running_mean.tolist(), norm[0].running_var.tolist()]  # type: ignore[union-attr,operator]


def score_alone(world: World) -> list[dict[str, float]]:
    """Sets of one sample, of an odd number, and of several batches: nobody's share is alike."""
    task = CharacterTask(Charset("tiny", tuple(CHARACTERS)))
    task.batch_size = 8
    torch.manual_seed(3)
    model = PlainNet(10, 16)
    return [score(model, draw_validation(num=num), task, world) for num in (1, 7, 50)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))

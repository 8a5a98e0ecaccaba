"""Two processes are one run: equal weights, every sample counted once, killed and restarted."""

import copy
import json
import os
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from tiny_run import (
    CHARACTERS,
    PLAIN,
    RESIDUAL,
    PlainNet,
    assert_identical,
    configure_run,
    describe_run,
    draw_validation,
    read_tensors,
)
from torch import nn

from yomite.charset import Charset
from yomite.checkpoint import read_checkpoint
from yomite.tasks.character import CharacterTask
from yomite.training.distributed import World, _name_start
from yomite.training.loop import train
from yomite.training.stopping import list_checkpoints
from yomite.training.validation import score

pytestmark = pytest.mark.skipif(
    not torch.distributed.is_available() or os.name == "nt", reason="needs torchrun with gloo"
)
FIFTY = {"schedule": {"warmup_steps": 3, "total_steps": 50}, "gradient_clip": 0.5}


def run_torchrun(*arguments: str) -> subprocess.CompletedProcess[str]:
    tests = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": str(tests), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    return subprocess.run(
        [*command, *arguments], env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that two_processes.py has filled."""
    folder = tmp_path_factory.mktemp("pair")
    done = run_torchrun(str(Path(__file__).parent / "two_processes.py"), str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def read_facts(pair: Path) -> list[dict[str, Any]]:
    return [json.loads((pair / f"facts-{rank}.json").read_text("utf-8")) for rank in range(2)]


def assert_close(first: Path, second: Path) -> None:
    ours, theirs = read_tensors(first), read_tensors(second)
    assert ours.keys() == theirs.keys()
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=0, atol=1e-6)


def test_two_processes_are_one(pair: Path, tmp_path: Path) -> None:
    config = configure_run(tmp_path, model=PLAIN | {"arguments": {}}, **FIFTY)
    alone = train(config, data_root=tmp_path, validation=[draw_validation(num=21)])
    assert_close(pair / "exact/run/weights.safetensors", alone)
    scores = [read_checkpoint(path).progress["scores"]["fake"] for path in (
        pair / "exact/run/weights.safetensors", alone)]  # fmt: skip
    assert scores[0] == pytest.approx(scores[1], abs=1e-6) and scores[0]["samples"] == 21


def test_dropout_of_two_processes_is_that_of_two_micro_batches(pair: Path, tmp_path: Path) -> None:
    config = configure_run(tmp_path, model=PLAIN, accumulate=2, **FIFTY)
    alone = train(config, data_root=tmp_path, validation=())
    assert_close(pair / "dropout/run/weights.safetensors", alone)


def test_a_request_to_one_process_stops_both(pair: Path) -> None:
    """They stop after the same step, and go on to the same weights."""
    assert_identical(
        read_tensors(pair / "norms/run/weights.safetensors"),
        read_tensors(pair / "stopped/run/weights.safetensors"),
    )


def test_killed_and_restarted(pair: Path, tmp_path: Path) -> None:
    """kill -9 of the second process in a random step; torchrun starts both again, and they go on."""
    step = random.randrange(6, 23)
    arguments = {
        "stop_at": step * 16 + random.randrange(8, 16),
        "stop_by": int(signal.SIGKILL),
        "marker": str(tmp_path / "killed"),
    }
    path = tmp_path / "run.yaml"
    data = {"stream": "tiny_run:FakeStream", "arguments": arguments}
    path.write_text(yaml.safe_dump(describe_run(tmp_path, data=data)), "utf-8")
    done = run_torchrun("--max-restarts", "1", "-m", "yomite", "train", str(path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "killed").exists() and f"wrote {tmp_path}/run/weights.safetensors" in done.stdout
    for ours, theirs in zip(
        list_checkpoints(pair / "norms/run"), list_checkpoints(tmp_path / "run"), strict=True
    ):
        assert_identical(read_tensors(ours), read_tensors(theirs))


def test_every_start_has_a_name_of_its_own() -> None:
    """The store of torchrun survives a restart; who comes early must not meet those who have died."""
    store = torch.distributed.HashStore()

    def start(ranks: list[int]) -> list[str]:
        with ThreadPoolExecutor(len(ranks)) as pool:
            return list(pool.map(lambda rank: _name_start(store, rank, 3), ranks))

    names = [start([2, 1, 0]), start([0, 1, 2])]
    store.set("hello/1", "of one that has died since")
    names.append(start([0, 2, 1]))
    assert [len(set(three)) for three in names] == [1, 1, 1]
    assert len({three[0] for three in names}) == 3
    with pytest.raises(TimeoutError, match=r"processes \[1, 2\] of 3 did not show up"):
        _name_start(torch.distributed.HashStore(), 0, 3, patience_s=0.1)


def test_every_sample_is_counted_once(pair: Path) -> None:
    torch.manual_seed(3)
    model = PlainNet(10, 16)
    task = CharacterTask(Charset("tiny", tuple(CHARACTERS)))
    alone = World(0, 1, torch.device("cpu"))
    for facts in read_facts(pair):
        for num, scores in zip((1, 7, 50), facts["scores"], strict=True):
            assert scores["samples"] == num
            assert scores == pytest.approx(score(model, draw_validation(num=num), task, alone), abs=1e-6)


def test_counts_and_statistics_are_shared(pair: Path) -> None:
    for facts in read_facts(pair):
        assert facts["counts"] == {"a": 1 + 2 + 0.5 * 2}
        assert facts["agrees"] == [True, True, False, False]
        assert facts["averaged"] == [[0.5, 0.5], [0.5, 3.0]]
        assert "sync_batchnorm works on GPUs only" in facts["sync_batchnorm"]


def test_sync_batchnorm_keeps_names_and_copies() -> None:
    """Without a GPU only the conversion can be seen; alone there is none."""
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4))
    names = model.state_dict().keys()
    assert World(0, 1, torch.device("cuda")).sync_batchnorm(model) is model
    converted = World(0, 2, torch.device("cuda")).sync_batchnorm(model)
    assert isinstance(copy.deepcopy(converted)[1], nn.SyncBatchNorm)
    assert converted.state_dict().keys() == names


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_sync_batchnorm_of_two_processes_is_one_batch_norm(tmp_path: Path) -> None:
    changes: dict[str, Any] = {
        "model": RESIDUAL | {"arguments": RESIDUAL["arguments"] | {"dropout": 0.0}},
        "schedule": {"warmup_steps": 0, "total_steps": 5},
        "sync_batchnorm": True,
    }
    alone = train(configure_run(tmp_path / "a", **changes), data_root=tmp_path, validation=())
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump(describe_run(tmp_path / "b", **changes)), "utf-8")
    done = run_torchrun("-m", "yomite", "train", str(path))
    assert done.returncode == 0, done.stderr
    ours, theirs = read_tensors(alone), read_tensors(tmp_path / "b/run/weights.safetensors")
    for name, tensor in ours.items():
        torch.testing.assert_close(theirs[name], tensor, rtol=1e-2, atol=1e-3)

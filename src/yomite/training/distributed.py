"""One process or many: what a run knows of the others that `torchrun` started. Alone all is the same."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from uuid import uuid4

import torch
from torch import Tensor, distributed, nn
from torch.distributed import PrefixStore, Store  # type: ignore[reportPrivateImportUsage]
from torch.distributed.rendezvous import rendezvous
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel

from yomite.errors import ConfigError

SLOW = 1.5
"""A precision that takes so many times as long as fp32 is told."""

NUM_TIMED = 3


@dataclass(frozen=True)
class World:
    """The processes of a run.

    Attributes:
        rank: Which one this is.
        size: How many there are.
        device: Where this one computes.
        launch: One name for all that one torchrun starts, restarts included; "" alone.
    """

    rank: int
    size: int
    device: torch.device
    launch: str = ""

    @classmethod
    def alone(cls) -> World:
        """Return this process alone."""
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return cls(0, 1, device)

    @property
    def is_main(self) -> bool:
        """The one that writes and talks."""
        return self.rank == 0

    def sum(self, values: Tensor) -> Tensor:
        """Sum over all processes, in place; every process gets it."""
        if self.size > 1:
            distributed.all_reduce(values)
        return values

    def agrees(self, number: int) -> bool:
        """Whether every process has the same number, below 2 ** 24."""
        other = torch.tensor([number, -number], dtype=torch.float32, device=self.device)
        if self.size > 1:
            distributed.all_reduce(other, distributed.ReduceOp.MAX)
        return other.tolist() == [number, -number]

    def wait(self) -> None:
        """Until every process is here: what the main one has written can be read."""
        if self.size > 1:
            distributed.barrier()

    def sum_counts(self, counts: Sequence[Mapping[str, Tensor]]) -> dict[str, float]:
        """Sum the counts of several micro-batches over these and over all processes."""
        sums: dict[str, Tensor] = {}
        for part in counts:
            for name, count in part.items():
                sums[name] = sums.get(name, 0) + count.to(self.device, torch.float32)
        return dict(zip(sums, self.sum(torch.stack(list(sums.values()))).tolist(), strict=True))

    def share(self, learner: nn.Module) -> nn.Module:
        """Return a learner whose gradients are averaged over the processes in each backward pass."""
        if self.size == 1:
            return learner
        device_ids = [self.device] if self.device.type == "cuda" else None
        return DistributedDataParallel(learner, device_ids=device_ids)

    def sync_batchnorm(self, model: nn.Module) -> nn.Module:
        """Return a model whose batch norms see the samples of all processes.

        Raises:
            ConfigError: If there are several processes without a GPU.
        """
        if self.size == 1:
            return model
        if self.device.type != "cuda":
            raise ConfigError("sync_batchnorm works on GPUs only; set sync_batchnorm=false")
        return nn.SyncBatchNorm.convert_sync_batchnorm(model)

    def average_statistics(self, model: nn.Module) -> None:
        """Give the batch norms of all processes the mean of their running statistics.

        Each has seen another share of the samples. After this every process holds the same model.
        """
        if self.size == 1:
            return
        norms = [m for m in model.modules() if isinstance(m, _BatchNorm) and m.running_mean is not None]
        statistics = [tensor for norm in norms for tensor in (norm.running_mean, norm.running_var)]
        if not statistics:
            return
        means = self.sum(torch.cat(statistics)) / self.size  # type: ignore[arg-type]
        for tensor, mean in zip(statistics, means.split([len(t) for t in statistics]), strict=True):  # type: ignore[arg-type]
            tensor.copy_(mean)  # type: ignore[union-attr]


def no_sync(shared: nn.Module, *, unless: bool) -> AbstractContextManager[None]:
    """Add up gradients at home, as for all micro-batches of a step but the last, which averages the sum."""
    if unless or not isinstance(shared, DistributedDataParallel):
        return nullcontext()
    return shared.no_sync()


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """Choose what a forward pass runs in: "fp32", "bf16" or "fp16"."""
    dtype = torch.float16 if precision == "fp16" else torch.bfloat16
    return torch.autocast(device.type, dtype, enabled=precision != "fp32")


def find_slow_precision(precision: str, device: torch.device) -> list[str]:
    """Say in a line that a CPU only imitates a precision; no line where it does not, or there is a GPU.

    No flag says it for every CPU. So a small convolution is timed in both, in CPU time, which other programs
    do not lengthen.
    """
    if device.type != "cpu" or precision == "fp32":
        return []
    times = {name: _time_convolution(name, device) for name in ("fp32", precision)}
    slowness = times[precision] / times["fp32"]
    if slowness < SLOW:
        return []
    return [
        f"this CPU imitates {precision}: a convolution takes {slowness:.1f} times as long as in fp32; "
        "type precision=fp32"
    ]


def _time_convolution(precision: str, device: torch.device) -> float:
    """Return the CPU time of a convolution, in s: the shortest of a few."""
    images = torch.full((8, 64, 24, 24), 0.5, device=device).contiguous(memory_format=torch.channels_last)
    weights = torch.full((64, 64, 3, 3), 0.01, device=device).contiguous(memory_format=torch.channels_last)
    times = []
    with torch.inference_mode(), autocast(precision, device):
        for _ in range(NUM_TIMED + 1):
            start = time.process_time()
            nn.functional.conv2d(images, weights, padding=1)
            times.append(time.process_time() - start)
    return min(times[1:])  # the first one chooses and prepares its kernel


@contextmanager
def join_world() -> Iterator[World]:
    """Meets the other processes that torchrun has started, if there are any.

    nccl where each process has a GPU of its own, else gloo.
    """
    rank, size, local_rank = (int(os.environ.get(name, "0")) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    num_gpus = torch.cuda.device_count()
    device = torch.device("cuda", local_rank % num_gpus) if num_gpus else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    # Its agent stays the same process when torchrun starts the others again.
    run_id = os.environ.get("TORCHELASTIC_RUN_ID")
    launch = f"{run_id} {socket.gethostname()} {os.getppid()}" if run_id else ""
    if size <= 1:
        yield World(0, 1, device, launch)
        return
    own_gpu = num_gpus >= int(os.environ.get("LOCAL_WORLD_SIZE", size))
    store, rank, size = next(rendezvous("env://"))
    distributed.init_process_group(
        "nccl" if own_gpu else "gloo",
        store=PrefixStore(_name_start(store, rank, size), store),
        rank=rank,
        world_size=size,
        device_id=device if own_gpu else None,
    )
    launches = [launch]
    distributed.broadcast_object_list(launches)
    yield World(rank, size, device, launches[0])
    distributed.destroy_process_group()  # not after an error: the others may wait for this one


def _name_start(store: Store, rank: int, size: int, patience_s: float = 600.0) -> str:
    """Return a name that the processes started together share, and none that was started before them.

    The store of torchrun outlives a restart (PyTorch 2.13), and with it the addresses of processes that have
    died: without a new name, a process that is early would call one of them. Everyone says hello under a word
    of its own and gets the name as the answer to that word; the first answers until all have shown up.
    """
    own = uuid4().hex
    if rank:
        store.set(f"hello/{rank}", own)
        name = store.get(f"name/{own}").decode()  # waits for it
        store.set(f"here/{name}/{rank}", "")
        return name
    missing = set(range(1, size))
    until = time.monotonic() + patience_s
    while missing:
        if time.monotonic() > until:
            raise TimeoutError(f"processes {sorted(missing)} of {size} did not show up in {patience_s:.0f} s")
        for other in missing:
            if store.check([f"hello/{other}"]):
                store.set(f"name/{store.get(f'hello/{other}').decode()}", own)
        missing = {other for other in missing if not store.check([f"here/{own}/{other}"])}
        time.sleep(0.01)
    return own

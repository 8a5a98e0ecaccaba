"""Readings that wait together are read together, and nobody's answer is lost."""

import asyncio
import threading

import pytest

from yomite.apps.demo.batching import Batcher


def test_what_arrives_during_a_batch_is_the_next_one() -> None:
    batches: list[list[int]] = []
    gate = threading.Event()

    def read(items: list[int]) -> list[int]:
        batches.append(items)
        if len(batches) == 1:
            assert gate.wait(10)
        return [item * item for item in items]

    async def run() -> list[int]:
        batcher = Batcher(read, max_batch_size=4)
        first = asyncio.create_task(batcher.submit(0))
        await asyncio.sleep(0.05)
        rest = [asyncio.create_task(batcher.submit(item)) for item in range(1, 8)]
        await asyncio.sleep(0.05)
        gate.set()
        return [await task for task in (first, *rest)]

    assert asyncio.run(run()) == [item * item for item in range(8)]
    assert batches == [[0], [1, 2, 3, 4], [5, 6, 7]]


def test_an_error_reaches_its_batch_and_the_next_goes_on() -> None:
    def read(items: list[int]) -> list[int]:
        if 0 in items:
            raise ValueError("zero")
        return items

    async def run() -> None:
        batcher = Batcher(read, max_batch_size=8)
        with pytest.raises(ValueError, match="zero"):
            await batcher.submit(0)
        assert await batcher.submit(1) == 1

    asyncio.run(run())


def test_who_has_gone_is_not_read() -> None:
    batches: list[list[str]] = []
    gate = threading.Event()

    def read(items: list[str]) -> list[str]:
        batches.append(items)
        gate.wait(10)
        return items

    async def run() -> None:
        batcher = Batcher(read, max_batch_size=8)
        tasks = [asyncio.create_task(batcher.submit("first"))]
        await asyncio.sleep(0.05)
        tasks += [asyncio.create_task(batcher.submit(name)) for name in ("gone", "stays")]
        await asyncio.sleep(0.05)
        tasks[1].cancel()
        gate.set()
        assert await tasks[2] == "stays"

    asyncio.run(run())
    assert batches == [["first"], ["stays"]]

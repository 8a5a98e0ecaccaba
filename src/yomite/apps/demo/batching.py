"""Readings that arrive at the same time, read as one batch."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Batcher(Generic[Item, Answer]):
    """Hands what waits to one function, many items at a time.

    Nothing waits for company: a lone item is read at once, and what arrives while a batch is read becomes the
    next batch. So batches grow with the load alone. Belongs to one event loop.
    """

    def __init__(self, read: Callable[[list[Item]], Sequence[Answer]], max_batch_size: int) -> None:
        """Batch calls of a function.

        Args:
            read: Items to answers, in the same order; runs in a thread.
            max_batch_size: The most items of one call, at least 1.
        """
        self._read = read
        self._max_batch_size = max_batch_size
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Answer:
        """Answer one item; whatever `read` raises reaches every item of its batch."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._worker is None:
            self._worker = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[: self._max_batch_size]
                del self._waiting[: self._max_batch_size]
                # Who has gone in the meantime (a closed page) is not read.
                batch = [(item, future) for item, future in batch if not future.done()]
                if batch:
                    await self._answer(batch)
        finally:
            self._worker = None

    async def _answer(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await asyncio.to_thread(self._read, [item for item, _ in batch])
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)

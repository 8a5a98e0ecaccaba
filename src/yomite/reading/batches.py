"""Any number of pictures in order and in bounded memory: a thread prepares them while the model computes."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from yomite.errors import PictureError

# Large enough to keep ONNX Runtime busy, small enough that a batch's logits stay in the cache.
BATCH_SIZE = 32

_BATCHES_AHEAD = 2

_Prepared = TypeVar("_Prepared")
_Result = TypeVar("_Result")


def read_in_batches(
    pictures: Iterable[Any],
    prepare: Callable[[Any], _Prepared],
    read: Callable[[Sequence[_Prepared]], Iterable[_Result]],
    *,
    raises: bool,
) -> Iterator[_Result | PictureError]:
    """Yield what each picture is read as, in the same order.

    Takes at most a few batches of pictures ahead of the result it gives.

    Args:
        pictures: Pictures of any kind that `prepare` takes.
        prepare: Turns a picture into what the model takes, or raises a PictureError; runs in a thread.
        read: Reads up to BATCH_SIZE prepared pictures, one result each.
        raises: Ends at the first bad picture with a PictureError that names its index; else the error
            stands in its place.
    """

    def prepare_batch(batch: Sequence[Any]) -> list[_Prepared | PictureError]:
        prepared: list[_Prepared | PictureError] = []
        for picture in batch:
            try:
                prepared.append(prepare(picture))
            except PictureError as error:
                # Its traceback would hold the picture until the garbage collector comes round.
                prepared.append(error.with_traceback(None))
        return prepared

    iterator = iter(pictures)
    waiting: deque[Future[list[_Prepared | PictureError]]] = deque()
    # A second thread makes all slower, measured: many short steps of numpy, each waiting for Python's lock.
    pool = ThreadPoolExecutor(1, thread_name_prefix="yomite-canvas")
    index = 0
    try:
        while True:
            while len(waiting) < _BATCHES_AHEAD and (batch := list(islice(iterator, BATCH_SIZE))):
                waiting.append(pool.submit(prepare_batch, batch))
            if not waiting:
                return
            prepared = waiting.popleft().result()
            readable = [item for item in prepared if not isinstance(item, PictureError)]
            results = iter(read(readable) if readable else ())
            for item in prepared:
                if not isinstance(item, PictureError):
                    yield next(results)
                elif raises:
                    raise PictureError(f"picture {index}: {item}") from item
                else:
                    yield item
                index += 1
    finally:
        pool.shutdown(cancel_futures=True)

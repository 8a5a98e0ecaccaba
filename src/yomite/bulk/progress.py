"""How far a job is, on standard error: rate, errors and time left; silent where nobody looks."""

from __future__ import annotations

from types import TracebackType

from tqdm import tqdm

from yomite.bulk.shards import Counts


class Progress:
    """A bar on a terminal, nothing in a pipe or a file.

    Attributes:
        num_errors: How many rows are errors, those of earlier starts too.
    """

    def __init__(self, total: int, done: int, num_errors: int) -> None:
        """Begin where earlier starts ended.

        Args:
            total: Number of inputs.
            done: How many have a row already.
            num_errors: How many of these are errors.
        """
        self.num_errors = num_errors
        # smoothing=0: the rate of the whole run, so that the time left does not jump
        self._bar = tqdm(total=total, initial=done, unit=" pictures", smoothing=0, disable=None)
        self.tell(Counts(0, 0))

    def tell(self, counts: Counts) -> None:
        """Count the rows of one more shard."""
        self.num_errors += counts.errors
        self._bar.set_postfix_str(f"{self.num_errors:,} errors", refresh=False)
        self._bar.update(counts.rows)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

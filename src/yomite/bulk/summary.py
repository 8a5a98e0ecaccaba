"""What came of a job: counts, a histogram of confidence, and the readings that a person should see first."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from PIL import Image

from yomite.bulk.inputs import Shard
from yomite.bulk.rows import Task
from yomite.errors import PictureError, YomiteError
from yomite.files import write_whole
from yomite.ink.pictures import read_gray
from yomite.reports import html
from yomite.reports.charts import draw_bars

NAME = "_summary.html"
NUM_DOUBTFUL = 100
NUM_BINS = 20
LONGEST_PX: dict[Task, int] = {"character": 96, "line": 520, "page": 640}
"""How large a picture is shown."""

_KINDS_OF_ERRORS = 10


@dataclass(frozen=True)
class Doubtful:
    """A reading that may well be wrong.

    Attributes:
        confidence: Of it.
        shard: Index of its shard.
        position: Within the shard.
        key, text: Of its row.
        is_rejected: Whether it is rejected.
    """

    confidence: float
    shard: int
    position: int
    key: str
    text: str
    is_rejected: bool


@dataclass(frozen=True)
class Summary:
    """What came of a job.

    Attributes:
        num_rows: Of all shards.
        num_errors: Of them, pictures that could not be read.
        num_rejected: Of them, readings that are rejected.
        bins: int64 (NUM_BINS,): how many readings have a confidence in each twentieth from 0 to 1.
        errors: The most frequent errors and how often each stands there.
        doubtful: The least sure readings, the least sure first.
        faults: A line for each input file that is damaged.
    """

    num_rows: int
    num_errors: int
    num_rejected: int
    bins: np.ndarray
    errors: tuple[tuple[str, int], ...]
    doubtful: tuple[Doubtful, ...]
    faults: tuple[str, ...]

    def __str__(self) -> str:
        num_read = self.num_rows - self.num_errors
        return (
            f"{self.num_rows:,} rows: {num_read - self.num_rejected:,} read, {self.num_rejected:,} rejected, "
            f"{self.num_errors:,} errors"
        )


def summarize(folder: Path, shards: Iterable[Shard], faults: tuple[str, ...]) -> Summary:
    """Look through the files of a job, one after the other."""
    num_rows = num_errors = num_rejected = 0
    bins = np.zeros(NUM_BINS, np.int64)
    errors: Counter[str] = Counter()
    doubtful: list[tuple[float, int, int, Doubtful]] = []
    for shard in shards:
        table = pq.read_table(
            folder / shard.name,
            columns=["key", "text", "confidence", "is_rejected", "error"],
            partitioning=None,  # type: ignore[arg-type]
        )
        num_rows += len(table)
        num_errors += len(table) - table["error"].null_count
        num_rejected += pc.sum(table["is_rejected"]).as_py() or 0  # type: ignore[attr-defined]
        confidences = table["confidence"].to_numpy()  # NaN where there is an error
        readable = np.flatnonzero(~np.isnan(confidences))
        bins += np.histogram(confidences[readable], NUM_BINS, (0.0, 1.0))[0]
        errors.update(text for text in table["error"].to_pylist() if text is not None)
        errors = Counter(dict(errors.most_common(1000)))  # each may name its own file
        least = readable[np.argsort(confidences[readable], kind="stable")[:NUM_DOUBTFUL]]
        for position, row in zip(least.tolist(), table.take(least).to_pylist(), strict=True):
            one = Doubtful(
                row["confidence"], shard.index, position, row["key"], row["text"], row["is_rejected"]
            )
            doubtful.append((one.confidence, shard.index, position, one))
        doubtful = heapq.nsmallest(NUM_DOUBTFUL, doubtful, key=lambda entry: entry[:3])
    return Summary(
        num_rows, num_errors, num_rejected, bins, tuple(errors.most_common(_KINDS_OF_ERRORS)),
        tuple(one for *_, one in doubtful), faults,
    )  # fmt: skip


def write_summary(folder: Path, summary: Summary, source: str, task: Task, shards: Iterable[Shard]) -> None:
    """Write the summary as one page of HTML, with the pictures of the doubtful readings inside.

    Args:
        folder: Of the job.
        summary: What it says.
        source: What was read.
        task: As what.
        shards: All of the job, to find the pictures in.
    """
    labels = [f"{low / NUM_BINS:.2f} to {(low + 1) / NUM_BINS:.2f}" for low in range(NUM_BINS)]
    chart = draw_bars("Confidence", dict(zip(labels, summary.bins.tolist(), strict=True)))
    pictures = dict(_find_pictures(summary.doubtful, shards, LONGEST_PX[task]))
    figures = [_show(one, pictures.get(one), task) for one in summary.doubtful]
    parts = [
        html.write_section("How sure", [html.write_chart(chart)], kind="plain"),
        html.write_section(
            "Errors",
            [html.write_table(["error", "rows"], [[text, f"{num:,}"] for text, num in summary.errors])]
            if summary.errors
            else [],
            kind="plain",
        ),
        html.write_section(
            "To check first",
            figures,
            "The least sure readings, rejected ones among them.",
            kind="sheet wide" if task == "character" else "plain",
        ),
    ]
    page = html.write_page("Read in bulk", parts, [str(summary), f"From {source}", *summary.faults])
    write_whole(folder / NAME, page.encode("utf-8", "backslashreplace"))


def _find_pictures(
    doubtful: Iterable[Doubtful], shards: Iterable[Shard], longest_px: int
) -> Iterator[tuple[Doubtful, np.ndarray]]:
    """Yield the readings whose picture can still be opened, each with gray levels, uint8 (H, W)."""
    by_shard: dict[int, list[Doubtful]] = {}
    for one in doubtful:
        by_shard.setdefault(one.shard, []).append(one)
    for shard in shards:
        for one in by_shard.get(shard.index, ()):
            try:
                picture: Any = shard.find(one.position)[1]
                if not isinstance(picture, PictureError):
                    yield one, _shrink(read_gray(picture), longest_px)
            except YomiteError:
                continue


def _shrink(gray: np.ndarray, longest_px: int) -> np.ndarray:
    height, width = gray.shape
    scale = min(1.0, longest_px / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(gray).resize(size, Image.Resampling.LANCZOS))


def _show(one: Doubtful, picture: np.ndarray | None, task: Task) -> str:
    """Write a reading beside its picture; the text alone where that is gone."""
    pictures = [] if picture is None else [picture]
    text, note = one.text or "(nothing)", f"{one.confidence:.1%}{', rejected' if one.is_rejected else ''}"
    if task == "character":
        return html.write_figure(pictures, text, f"{note} {one.key}", hint=one.key)
    shown = "".join(html.write_picture(picture, one.key) for picture in pictures)
    return f'<div class="line">{shown}{html.write_listing(text)}{html.write_text(f"{note}  {one.key}")}</div>'

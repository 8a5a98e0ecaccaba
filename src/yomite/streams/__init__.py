"""What training draws from: a stream gives any samples of any epoch, whoever asks, and in whatever order.

A stream is an object with two members (the Protocol `Stream` below):

- `num_samples`, the samples of an epoch;
- `draw(epoch, indices) -> Batch`, a pure function of (seed, epoch, index): the same three give the same
  sample in any process, any batch and any order. So a run resumes exactly, with any number of workers.

It may also have `class_shares`, float64 (C,), the share of its samples for each class, which weighed
objectives and the check for classes without samples ask for. It must be picklable: loader processes get a
copy.

A `Batch` (batch.py) holds images uint8 (N, 1, H, W), ink bright on 0, and targets: int64 (N,) for
characters, int64 (N, L) for lines, with `widths` and `target_lengths` where images or targets are padded on
the right, and `metadata`, whose tensors and lists have an entry for each sample. All images of a stream
have one height; a batch is as wide as its widest line (`pad_lines` makes it from pictures and labels).
Where a step's samples lie in two epochs, the loader joins two batches and pads again.

`data.stream` in a run's configuration names one: a key of STREAMS, or one's own `package.module:callable`.
What is built in is called as `build(config.data, charset, data_root, seed, size)`, `size` being the height
of the images in px (`model.input_size`); one's own as `build(charset=..., data_root=..., seed=...,
size=..., **config.data.arguments)`. One's own may also draw numpy arrays, `(images uint8 (N, S, S), labels
int64 (N,))`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from yomite.charset import Charset
from yomite.config import DataConfig, RunConfig
from yomite.errors import ConfigError, DataError
from yomite.extensions import is_custom, load_callable, refuse_name
from yomite.streams.batch import Batch


class Stream(Protocol):
    """Where the samples of a run come from; the module's docstring says what is asked of it."""

    @property
    def num_samples(self) -> int:
        """Samples in an epoch."""
        ...

    def draw(self, epoch: int, indices: np.ndarray) -> Batch:
        """Draw samples.

        Args:
            epoch: From 0.
            indices: Int64 (N,), which samples of the epoch, each from 0 to num_samples - 1.

        Returns:
            A batch of N samples in the order of the indices.
        """
        ...


class BuiltIn(NamedTuple):
    """Where a stream is built (`module:function` of this folder), for which task, and whether it compiles."""

    path: str
    task: str = "character"
    is_compiled: bool = True


STREAMS: dict[str, BuiltIn] = {
    "drawn": BuiltIn("drawn:build_drawn"),
    "stored": BuiltIn("stored:build_stored", is_compiled=False),
    "lines": BuiltIn("lines:build_lines", "line"),
    "pages": BuiltIn("pages:build_pages", "page"),
    "papers": BuiltIn("papers:build_papers", "ink"),
    "hands": BuiltIn("hands:build_hands", "hand"),
}
"""A new stream is one file here and one line in this dictionary; its module is imported when it is used."""


def build_stream(config: RunConfig, charset: Charset, data_root: Path) -> Stream:
    """Build the stream that config.data names.

    Raises:
        YomiteError: If the name is unknown, what it reads is missing, or a class has no sample.
    """
    name, seed, size = config.data.stream, config.seed, config.model.input_size
    if name in STREAMS:
        build = load_callable(f"{__name__}.{STREAMS[name].path}", "data.stream")
        stream = build(config.data, charset, data_root, seed, size)
        if STREAMS[name].is_compiled:
            _compile(stream)
    elif not is_custom(name):
        raise refuse_name(name, STREAMS, "data.stream")
    else:
        try:
            stream = load_callable(name, "data.stream")(
                charset=charset, data_root=data_root, seed=seed, size=size, **config.data.arguments
            )
        except TypeError as error:
            raise ConfigError(f"data.arguments {config.data.arguments}: {error}") from error
    _check_classes(stream, config.data, charset)
    return stream


def _compile(stream: Stream) -> None:
    """Draw two samples, so that kernels are compiled here once, and not in every loader process."""
    from yomite.streams.kernels import FOLDER

    if not any(FOLDER.rglob("*.nbi")):
        print("compiling the ink, which takes a minute or two; the next run will find it compiled")
    stream.draw(0, np.arange(2))


def _check_classes(stream: Stream, config: DataConfig, charset: Charset) -> None:
    """Raise DataError for a class that nothing is learned of; in a fold it is only told."""
    shares = getattr(stream, "class_shares", None)
    labels = [] if shares is None else np.flatnonzero(shares == 0).tolist()
    missing = [charset.character(label) for label in labels]
    if not missing or config.allow_missing:
        return
    names = " ".join(missing[:20]) + (" ..." if len(missing) > 20 else "")
    line = f"no sample of {len(missing)} characters of charset {charset.name!r}: {names}"
    if config.fold is None:
        raise DataError(
            f"{line}; give samples of them, take them out of the charset, or set data.allow_missing=true"
        )
    print(f"fold {config.fold}: {line}")

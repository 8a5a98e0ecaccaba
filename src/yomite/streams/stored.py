"""Real samples from filled caches: as they are, or put through transforms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from yomite.charset import Charset
from yomite.config import DataConfig
from yomite.data.cache import CachedSamples, open_cache
from yomite.data.sources import open_source
from yomite.data.splits import find_held_out
from yomite.data.transforms import check_transforms, transform_picture
from yomite.errors import DataError, PictureError
from yomite.ink.canvas import to_canvas
from yomite.streams.batch import Batch, to_batch


class StoredStream:
    """Draws each cached canvas once an epoch; picklable, other processes map the same files.

    Attributes:
        num_samples: Samples in an epoch: those whose character is in the charset.
        class_shares: Float64 (C,), the share of the samples for each class.
    """

    def __init__(
        self, caches: Sequence[CachedSamples], charset: Charset, seed: int, fold: str | None = None
    ) -> None:
        """Find the samples to learn from.

        Args:
            caches: In the form "canvas", all of one size.
            charset: The classes; samples of other characters are left out.
            seed: Of the order, and of the deal.
            fold: Such as 2/5: the second of five parts of each cache is left out.

        Raises:
            DataError: If no sample is of a character in the charset, or there are too few for the folds.
        """
        self._caches, self._seed = list(caches), seed
        labels = [charset.label(c) if c in charset else -1 for cache in caches for c in cache.characters]
        self._labels = np.array(labels, np.int64)
        self._starts = np.cumsum([0, *map(len, caches)])
        for cache, start in zip(caches if fold else (), self._starts, strict=False):
            held_out = find_held_out(cache.characters, cache.writers, charset, str(fold), seed)
            self._labels[start : start + len(cache)][held_out] = -1
        self._positions = np.flatnonzero(self._labels >= 0)
        self.num_samples = len(self._positions)
        if not self.num_samples:
            names = ", ".join(cache.name for cache in caches)
            raise DataError(
                f"{names}: no sample is of a character in charset {charset.name!r}; choose another"
            )
        counts = np.bincount(self._labels[self._positions], minlength=len(charset))
        self.class_shares = counts / self.num_samples
        self._epoch, self._order = -1, self._positions

    def draw(self, epoch: int, indices: np.ndarray) -> Batch:
        """Draw canvases uint8 (N, 1, S, S) and their labels int64 (N,)."""
        if epoch != self._epoch:
            self._order = np.random.default_rng((self._seed, epoch)).permutation(self._positions)
            self._epoch = epoch
        positions = self._order[indices]
        which = np.searchsorted(self._starts, positions, side="right") - 1
        images = np.empty((len(positions), *self._caches[0].images.shape[1:]), np.uint8)
        for number in range(len(self._caches)):
            here = which == number
            if here.any():
                images[here] = self._read(number, positions[here] - self._starts[number], epoch)
        return to_batch((images, self._labels[positions]))

    def _read(self, number: int, places: np.ndarray, epoch: int) -> np.ndarray:
        """Canvases uint8 (N, S, S) of one cache."""
        return self._caches[number].images[places]


class TransformedStream(StoredStream):
    """A stored stream whose pictures go through transforms before they become canvases.

    What is drawn is a pure function of (seed, epoch, index). A picture that a transform leaves blank, such as
    a dot that was erased, is given as it is.
    """

    def __init__(
        self,
        canvases: Sequence[CachedSamples],
        pictures: Sequence[CachedSamples],
        charset: Charset,
        seed: int,
        fold: str | None = None,
        *,
        transforms: Iterable[str],
        strength: float = 1.0,
    ) -> None:
        """Find the samples to learn from.

        Args:
            canvases: In the form "canvas", all of one size: they say which samples there are.
            pictures: The same sources in the form "gray".
            charset: The classes; samples of other characters are left out.
            seed: Of the order, of the deal, and of the transforms.
            fold: Such as 2/5: the second of five parts of each source is left out.
            transforms: Names of `yomite.data.transforms.TRANSFORMS`.
            strength: 1 is what real pictures show.

        Raises:
            DataError: If a transform is unknown, no sample is of a character in the charset, or there are too
                few for the folds.
        """
        super().__init__(canvases, charset, seed, fold)
        self._transforms, self._strength = check_transforms(transforms), strength
        # By name: blank pictures are among the gray ones and are no canvases.
        self._pictures = pictures
        self._places = []
        for cache, grays in zip(canvases, pictures, strict=True):
            place_by_name = {name: place for place, name in enumerate(grays.names)}
            self._places.append([place_by_name[name] for name in cache.names])

    def _read(self, number: int, places: np.ndarray, epoch: int) -> np.ndarray:
        images = super()._read(number, places, epoch).copy()
        for image, place in zip(images, places.tolist(), strict=True):
            gray = self._pictures[number][self._places[number][place]].picture
            if np.median(gray) < 128:
                gray = 255 - gray
            rng = np.random.default_rng((self._seed, epoch, number, place))
            try:
                image[:] = to_canvas(
                    transform_picture(gray, rng, self._transforms, self._strength), len(image)
                )
            except PictureError:
                continue
        return images


def build_stored(config: DataConfig, charset: Charset, data_root: Path, seed: int, size: int) -> StoredStream:
    """Open the caches of config.sources, and fill those that are not there yet.

    Args:
        config: The run's data section.
        charset: The classes.
        data_root: The data folder.
        seed: Of the order.
        size: Side of the canvas.

    Raises:
        DataError: If a source is missing, or none has a character of the charset.
    """
    sources = [open_source(name, data_root) for name in config.sources]
    caches = [open_cache(source, size=size) for source in sources]
    if not config.transforms:
        return StoredStream(caches, charset, seed, config.fold)
    pictures = [open_cache(source, form="gray") for source in sources]
    chosen, strength = config.transforms, config.transform_strength
    return TransformedStream(
        caches, pictures, charset, seed, config.fold, transforms=chosen, strength=strength
    )

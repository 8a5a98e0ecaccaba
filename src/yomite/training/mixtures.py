"""What a run draws its samples from: a mixture that is built in, or one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from yomite.charset import Charset
from yomite.config import DataConfig, RunConfig
from yomite.data.batches import Mixture
from yomite.errors import ConfigError, DataError
from yomite.extensions import find_callable


def build_drawn(config: DataConfig, charset: Charset, data_root: Path, seed: int, size: int) -> Mixture:
    """Ink, fonts and one's own pictures in shares. Drawing compiles kernels, so it is imported only here."""
    from yomite.data.mixture import build_mixture as build

    mixture = build(config, charset, data_root, seed, size)
    mixture.draw(0, np.arange(1))  # compiles here once, and not in every worker that is forked from here
    return mixture


def build_stored(config: DataConfig, charset: Charset, data_root: Path, seed: int, size: int) -> Mixture:
    """Samples of sources as they are, from filled caches."""
    from yomite.data.stored import build_stored as build

    return build(config, charset, data_root, seed, size)


MIXTURES: dict[str, Callable[..., Mixture]] = {"drawn": build_drawn, "stored": build_stored}


def build_mixture(config: RunConfig, charset: Charset, data_root: Path) -> Mixture:
    """The mixture that config.data names; one's own gets charset, data_root, seed, size and its arguments.

    Raises:
        YomiteError: If the name is unknown, what it reads is missing, or a class has no sample.
    """
    build = find_callable(config.data.mixture, MIXTURES, "data.mixture")
    seed, size = config.seed, config.model.input_size
    if config.data.mixture in MIXTURES:
        mixture = build(config.data, charset, data_root, seed, size)
    else:
        try:
            mixture = build(
                charset=charset, data_root=data_root, seed=seed, size=size, **config.data.arguments
            )
        except TypeError as error:
            raise ConfigError(f"data.arguments {config.data.arguments}: {error}") from error
    _check_classes(mixture, config.data, charset)
    return mixture


def _check_classes(mixture: Mixture, config: DataConfig, charset: Charset) -> None:
    """Raises DataError for a class that nothing is learned of; in a fold it is only told."""
    shares = getattr(mixture, "class_shares", None)
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

"""torchvision's transforms v2 on stored samples: a stream for `data.stream`, named as one's own.

    data:
      stream: yomite.training.vision_transforms:transform_stored
      arguments:
        sources: [my-samples]
        transforms:
          - {name: RandomPerspective, distortion_scale: 0.2, p: 0.5}
          - {name: ElasticTransform, alpha: 15.0, sigma: 4.0}

They act on canvases, uint8 (1, S, S) with ink bright on 0, so what bends, shifts, blurs or erases fits (their
fill of 0 is paper), and what changes colors or sizes does not. Samples that are drawn are bent by their hand
instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from yomite.charset import Charset
from yomite.config import DataConfig
from yomite.errors import ConfigError
from yomite.extensions import list_choices
from yomite.models.from_torchvision import import_torchvision
from yomite.streams.batch import Batch
from yomite.streams.stored import StoredStream, build_stored


class TransformedStream:
    """Stored canvases, transformed: a pure function of (seed, epoch, index).

    Attributes:
        num_samples: Samples in an epoch.
        class_shares: Float64 (C,), the share of the samples for each class.
    """

    def __init__(self, stored: StoredStream, transforms: Sequence[dict[str, Any]], seed: int) -> None:
        """Build the transforms once to see that they are valid; each process builds its own."""
        build_transforms(transforms)
        self._stored, self._transforms, self._seed = stored, list(transforms), seed
        self._built: torch.nn.Module | None = None
        self.num_samples, self.class_shares = stored.num_samples, stored.class_shares

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_built": None}

    def draw(self, epoch: int, indices: np.ndarray) -> Batch:
        """Draw canvases uint8 (N, 1, S, S) and their labels int64 (N,).

        Raises:
            ConfigError: If a transform changes the size or the type of a canvas.
        """
        if self._built is None:
            self._built = build_transforms(self._transforms)
        batch = self._stored.draw(epoch, indices)
        drawn = torch.empty_like(batch.images)
        with torch.random.fork_rng(devices=[]):  # v2 draws from torch's own stream, which dropout shares
            for place, (image, index) in enumerate(zip(batch.images, indices, strict=True)):
                seed = np.random.SeedSequence((self._seed, epoch, int(index))).generate_state(1, np.uint64)[0]
                torch.manual_seed(int(seed >> np.uint64(1)))
                changed = self._built(image)
                if changed.dtype != torch.uint8 or changed.shape != image.shape:
                    raise ConfigError(
                        f"data.arguments.transforms give {changed.dtype} {tuple(changed.shape)} for a canvas "
                        f"of uint8 {tuple(image.shape)}; take transforms that keep size and type"
                    )
                drawn[place] = changed
        return Batch(drawn, batch.targets)


def transform_stored(
    charset: Charset,
    data_root: Path,
    seed: int,
    size: int,
    sources: Sequence[str],
    transforms: Sequence[dict[str, Any]],
) -> TransformedStream:
    """Build the stream; `sources` as for the stream stored, `transforms` as above.

    Raises:
        YomiteError: If a source or a transform is not there, or torchvision is not installed.
    """
    config = DataConfig(stream="stored", sources=tuple(sources))
    return TransformedStream(build_stored(config, charset, data_root, seed, size), transforms, seed)


def build_transforms(specs: Sequence[dict[str, Any]]) -> torch.nn.Module:
    """Build torchvision.transforms.v2 from their names and arguments, to run one after the other.

    Raises:
        ConfigError: If a name or an argument is unknown.
        MissingExtraError: If torchvision is not installed.
    """
    import_torchvision()
    from torchvision.transforms import v2

    kinds = {name: kind for name, kind in vars(v2).items() if isinstance(kind, type)}
    names = sorted(name for name, kind in kinds.items() if issubclass(kind, v2.Transform))
    built = []
    for spec in specs:
        settings = dict(spec) if isinstance(spec, dict) else {}
        name = settings.pop("name", None)
        if name not in names:
            raise ConfigError(f"data.arguments.transforms: {spec!r}{list_choices(str(name), names)}")
        try:
            built.append(kinds[name](**settings))
        except (TypeError, ValueError) as error:
            raise ConfigError(
                f"data.arguments.transforms: {spec!r}: {' '.join(str(error).split())}"
            ) from error
    return v2.Compose(built) if built else v2.Identity()

"""Pictures that a generator drew, for streams that learn from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yomite.charset import Charset
from yomite.config import GeneratedConfig
from yomite.errors import DataError


def read_generated(
    config: GeneratedConfig, charset: Charset, data_root: Path
) -> list[tuple[np.ndarray, int]]:
    """Pictures that a generator drew and that are read right, as `read_pictures` gives real ones.

    Raises:
        YomiteError: If no generator is named, or it does not do.
    """
    from yomite.generation.generated import Wish, open_generated

    if config.weights is None:
        raise DataError(
            "data.generated.share is above 0 but data.generated.weights is not set; give the weights of a "
            "generator, as `yomite train configs/diffusion.yaml` writes them"
        )
    wish = Wish(**config.model_dump(exclude={"share"}))
    ink = open_generated(wish, charset, data_root)
    return [
        (image, charset.label(character)) for image, character in zip(ink.images, ink.characters, strict=True)
    ]

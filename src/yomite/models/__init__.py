"""Networks: images -> logits. They know no characters, files or configs.

Every model takes uint8 images (N, 1, S, S), ink bright on 0, normalizes them itself, and gives float logits
(N, C). It declares `task` and `input_size`, gives logits and features together in `explain`, and its last
layer is the `torch.nn.Linear` called `classifier`, whose rows are the classes (fine-tuning maps them by
character). A new family is one file here and one line in MODELS.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from yomite.errors import ConfigError
from yomite.extensions import find_callable
from yomite.models.residual import ResidualNet

MODELS: dict[str, Callable[..., nn.Module]] = {"residual": ResidualNet}


def build(name: str, num_classes: int, input_size: int, **arguments: Any) -> nn.Module:
    """Builds a freshly initialized model.

    Args:
        name: A key of MODELS, or `package.module:callable`.
        num_classes: C, the number of characters.
        input_size: S, the side of the canvas in px.
        arguments: What the family takes: see its class.

    Raises:
        ConfigError: If the name or an argument is unknown or out of range.
    """
    family = find_callable(name, MODELS, "model.name")
    allowed = [
        key for key in inspect.signature(family).parameters if key not in ("num_classes", "input_size")
    ]
    unknown = sorted(set(arguments) - set(allowed))
    if unknown:
        raise ConfigError(f"model {name!r} has no argument {unknown[0]!r}; it takes: {', '.join(allowed)}")
    return family(num_classes=num_classes, input_size=input_size, **arguments)

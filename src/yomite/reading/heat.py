"""Where a model saw a character, as a map over the canvas."""

from typing import Literal

import numpy as np

from yomite.errors import ModelFileError
from yomite.reading.model_file import ModelFile

Kind = Literal["evidence", "attention"]


def check_explains(model: ModelFile, kind: Kind) -> None:
    """Refuse what a model file has no outputs for."""
    if not {"features", "class_weights"} <= model.outputs:
        raise ModelFileError(f"{model.where}: no features and class_weights to explain with; export it again")
    if kind == "attention" and kind not in model.outputs:
        raise ModelFileError(
            f"{model.name} has no attention; type kind='evidence', or load a vit, swin or hybrid"
        )


def compute_heat(model: ModelFile, canvas: np.ndarray, label: int, kind: Kind) -> np.ndarray:
    """Return where a model saw a character.

    Args:
        model: One that `check_explains` lets pass.
        canvas: Uint8 (S, S).
        label: Of the character.
        kind: See Recognizer.explain.

    Returns:
        float32 (S, S), 0..1 with 1 at the strongest place; all 0 where no place speaks for the character.

    Raises:
        ModelFileError: An output is not finite, or of another shape.
    """
    names = ["features", "class_weights", *(["attention"] if kind == "attention" else [])]
    features, class_weights, *attention = model.compute(canvas[None, None], *names)
    places = find_evidence(features[0], class_weights[label])
    for shares in attention:
        if shares.ndim != 4 or shares.shape[:2] != (1, places.size):
            raise ModelFileError(
                f"{model.where}: {places.size} places, but attention of shape {shares.shape}; export it again"
            )
        places = follow_back(places, shares[0])
    return build_heat(places, len(canvas))


def find_evidence(features: np.ndarray, class_weights: np.ndarray) -> np.ndarray:
    """Return what each place adds to a character's logit, negative parts cut off, float32 (h, w).

    Args:
        features: Float32 (D, h, w).
        class_weights: Float32 (D,), of the character.
    """
    return np.maximum(np.tensordot(class_weights, features, axes=1), 0)


def follow_back(evidence: np.ndarray, attention: np.ndarray) -> np.ndarray:
    """Return how much of the evidence came from each place, above the least of them, float32 (h', w').

    Args:
        evidence: Float32 (h, w).
        attention: Float32 (h * w, h', w'), the shares of each place, as the model file has them.
    """
    shares = np.tensordot(evidence.ravel(), attention, axes=1)
    return shares - shares.min()


def build_heat(places: np.ndarray, size: int) -> np.ndarray:
    """Return a map of places, float32 (h, w), not negative, as one of the canvas.

    Args:
        places: The map.
        size: Side S of the canvas, in px.

    Returns:
        float32 (S, S), 0..1 with 1 at the strongest place; all 0 where the map is.
    """
    rows, columns = (build_upsampling(n, size) for n in places.shape)
    heat = rows @ places @ columns.T
    return heat / heat.max() if heat.max() > 0 else heat


def build_upsampling(num_places: int, size: int) -> np.ndarray:
    """Return the weights, float32 (size, num_places), of the cubic B-spline through evenly spread places.

    Its weights are never negative and sum to 1 in each row, so that a map stays within its range.
    """
    centers = (np.arange(num_places) + 0.5) / num_places
    positions = (np.arange(size) + 0.5) / size
    distance = np.abs(positions[:, None] - centers) * num_places
    near, far = 2 / 3 - distance**2 + distance**3 / 2, np.maximum(2 - distance, 0) ** 3 / 6
    weights = np.where(distance < 1, near, far)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)

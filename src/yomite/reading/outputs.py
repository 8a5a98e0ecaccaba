"""Run a model file that answers with a map of one picture, and check what comes."""

from __future__ import annotations

import numpy as np
import onnxruntime

from yomite.errors import ModelFileError


def compute_map(
    where: str,
    session: onnxruntime.InferenceSession,
    output: str,
    image: np.ndarray,
    shape: tuple[int, ...],
    seen: str,
) -> np.ndarray:
    """Fetch an output of a model.

    Args:
        where: The file, for messages.
        session: Of the file; its input is `images`.
        output: Its name.
        image: Uint8 (H, W).
        shape: That it has to have.
        seen: What the image is, for messages.

    Returns:
        The output without its first axis, of a shape.

    Raises:
        ModelFileError: The file cannot be run, or gives another shape or numbers that are not finite.
    """
    try:
        (result,) = session.run([output], {"images": image[None, None]})
    except Exception as error:  # ONNX Runtime has a class of its own for each way to fail
        raise ModelFileError(
            f"{where}: cannot be run on a {seen} of {image.shape}; export it again"
        ) from error
    result = np.asarray(result)
    if result.shape != (1, *shape):
        raise ModelFileError(
            f"{where}: {output} of shape {result.shape}, not {(1, *shape)}; export the model again"
        )
    if not np.isfinite(result).all():
        raise ModelFileError(f"{where}: its weights are damaged (not finite); fetch or export it again")
    return result[0]

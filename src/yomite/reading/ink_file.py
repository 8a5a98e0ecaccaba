"""Open an ink finder's file (ONNX) and check that it keeps the contract of docs/canvas.md."""

import os
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
import onnxruntime

from yomite.errors import ModelFileError
from yomite.ink.ink_view import VIEW_SIZE
from yomite.reading.devices import Device
from yomite.reading.metadata import read_metadata
from yomite.reading.model_file import open_session, released_models
from yomite.reading.outputs import compute_map

TASK = "ink"
DEFAULT_INK_MODEL = "yomite-ink"


@dataclass(frozen=True)
class InkFile:
    """An open ink finder.

    Attributes:
        where: Its path, or what stands for it in messages.
        session: ONNX Runtime's session; its ``run`` may be called from many threads.
        name: The model's name.
    """

    where: str
    session: onnxruntime.InferenceSession
    name: str

    def __call__(self, view: np.ndarray) -> np.ndarray:
        """Find the ink in a view, uint8 (S, S), of `view_ink`: float32 (S, S), the chance of ink, 0..1.

        Raises:
            ModelFileError: The file cannot be run, or gives another shape or numbers that are not finite.
        """
        return compute_map(self.where, self.session, "keep", view, view.shape, "view")


def open_ink_file(source: Path | bytes, device: Device = "cpu") -> InkFile:
    """Open an ink finder's file and check everything that reading relies on.

    Args:
        source: Its path, or its content.
        device: Where it runs.

    Raises:
        ModelFileError: It is missing, damaged, of another version or task.
    """
    where = "the ink finder" if isinstance(source, bytes) else str(source)
    # One thread: it takes a millisecond, and pictures of a batch are prepared side by side.
    session = open_session(source, 1, device=device)
    metadata = read_metadata(where, session, TASK)
    name = metadata.fields.get("name", "ink-model" if isinstance(source, bytes) else source.stem)
    ink_file = InkFile(where, session, name)
    ink_file(np.zeros((VIEW_SIZE, VIEW_SIZE), np.uint8))
    return ink_file


class LazyInkFinder:
    """An ink finder that is opened when it is first asked. Thread-safe.

    Attributes:
        source: Its file; None for the released one.
    """

    def __init__(self, source: str | os.PathLike[str] | None = None, device: Device = "cpu") -> None:
        """Say which file will be opened, and where it will run."""
        self.source = source
        self._device: Device = device
        self._lock = Lock()
        self._file: InkFile | None = None

    def __call__(self, view: np.ndarray) -> np.ndarray:
        """Find the ink; as `InkFile`.

        Raises:
            ModelFileError: There is none, or it is damaged.
        """
        if self._file is None:
            with self._lock:
                path = self.source or released_models().get(DEFAULT_INK_MODEL)
                if path is None:
                    raise ModelFileError(
                        "this installation has no ink finder, which the model needs for pictures; type: "
                        "pip install --force-reinstall yomite, or give your own: yomite.load(ink=FILE)"
                    )
                self._file = self._file or open_ink_file(Path(path), self._device)
        return self._file(view)

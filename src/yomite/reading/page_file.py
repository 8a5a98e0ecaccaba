"""Open a page model's file (ONNX) and check that it keeps the contract of docs/pages.md."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from yomite.errors import ModelFileError
from yomite.ink.page_canvas import PAGE_CANVAS_VERSION
from yomite.reading.devices import Device
from yomite.reading.metadata import read_metadata
from yomite.reading.model_file import open_session
from yomite.reading.outputs import compute_map

TASK = "page"
DEFAULT_PAGE_MODEL = "yomite-page"
STRIDE = 4
"""Px of the canvas for each place of the maps."""

NUM_MAPS = 3
"""Core, running down, and log2 of half heights."""


@dataclass(frozen=True)
class PageFile:
    """An open page model.

    Attributes:
        where: Its path, or what stands for it in messages.
        session: ONNX Runtime's session; its ``run`` may be called from many threads.
        name: The model's name.
    """

    where: str
    session: onnxruntime.InferenceSession
    name: str

    def compute(self, canvas: np.ndarray) -> np.ndarray:
        """Run the model on a canvas, uint8 (H, W), both multiples of 32: float32 (3, H / 4, W / 4).

        Raises:
            ModelFileError: The file cannot be run, or gives other shapes or numbers that are not finite.
        """
        shape = NUM_MAPS, canvas.shape[0] // STRIDE, canvas.shape[1] // STRIDE
        return compute_map(self.where, self.session, "maps", canvas, shape, "canvas")


def open_page_file(source: Path | bytes, num_threads: int, device: Device = "cpu") -> PageFile:
    """Open a page model's file and check everything that reading relies on.

    Args:
        source: Its path, or its content.
        num_threads: Threads for ONNX Runtime.
        device: Where it runs.

    Raises:
        ModelFileError: It is missing, damaged, of another version or task.
    """
    where = "the page model" if isinstance(source, bytes) else str(source)
    session = open_session(source, num_threads, device=device)
    metadata = read_metadata(where, session, TASK)
    version = metadata.read("canvas_version", int)
    if version != PAGE_CANVAS_VERSION:
        raise ModelFileError(
            f"{where}: made for pages of canvas version {version}, this yomite makes {PAGE_CANVAS_VERSION}; "
            "type: pip install -U yomite, or export the model again"
        )
    name = metadata.fields.get("name", "page-model" if isinstance(source, bytes) else source.stem)
    page_file = PageFile(where, session, name)
    page_file.compute(np.zeros((32, 64), np.uint8))
    return page_file

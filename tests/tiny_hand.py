"""Hands of three characters, a generator that learns in a second, and its weights."""

from pathlib import Path

import numpy as np
import torch
from drawings import DRAWINGS, draw_ink

from yomite.charset import Charset
from yomite.checkpoint import Checkpoint, write_checkpoint
from yomite.ink.canvas import to_canvas
from yomite.ink.fonts import MASK_SIZE
from yomite.ink.strokes import Glyph
from yomite.ink.writing import flatten_glyph
from yomite.models import build
from yomite.models.generator import InkGenerator
from yomite.streams.hands import HandStream

SIZE = 16
CHARACTERS = "十人川"
MODEL = {
    "name": "generator",
    "input_size": SIZE,
    "arguments": {"widths": [16, 32], "style_widths": [8, 16]},
}


def build_generator(seed: int = 0) -> InkGenerator:
    torch.manual_seed(seed)
    generator = build("generator", len(CHARACTERS), SIZE, **MODEL["arguments"])
    assert isinstance(generator, InkGenerator)
    return generator.eval()


def write_generator(path: Path, seed: int = 0, **changes: object) -> Path:
    """Write untrained weights."""
    tensors = {f"model.{name}": tensor for name, tensor in build_generator(seed).state_dict().items()}
    model = MODEL | {"num_classes": len(CHARACTERS)} | changes
    write_checkpoint(path, Checkpoint("weights", model, tuple(CHARACTERS), tensors))
    return path


def build_stream(seed: int = 0, shares: tuple[float, float, float] = (0.5, 0.5, 0.0)) -> HandStream:
    """Strokes, and a font of the same drawings."""
    names = ("ei", "hi", "ki")
    glyphs = []
    for name in names:
        strokes = tuple(np.array(stroke, np.float32) / 100 for stroke in DRAWINGS[name])
        glyphs.append([flatten_glyph(Glyph("?", strokes, (0,) * len(strokes)))])
    return HandStream(
        Charset("three", tuple(CHARACTERS)),
        plain={
            character: to_canvas(DRAWINGS[name], SIZE)
            for character, name in zip(CHARACTERS, names, strict=True)
        },
        glyphs=glyphs,
        fonts=[{label: draw_ink(name, MASK_SIZE, 4) for label, name in enumerate(names)}],
        pages=[],
        shares=shares,
        class_weights=np.ones(3),
        references=2,
        haste=0.3,
        num_samples=1000,
        seed=seed,
        size=SIZE,
    )

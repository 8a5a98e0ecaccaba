"""What the output `attention` of a model file adds to a reading; ONNX Runtime computes it unasked.

    python benchmarks/attention.py

Both files of a family, with the output and without, read in turns: the medians for one picture and for 32.
"""

import time

import numpy as np
import onnxruntime
import torch

from yomite.checkpoint import Checkpoint
from yomite.models import build
from yomite.shipping.draft import Draft
from yomite.shipping.tracing import trace_weights

NUM_CLASSES = 500
FAMILIES = (("vit", 48), ("hybrid", 48), ("swin", 48), ("vit", 96), ("swin", 96))
REPETITIONS = {1: 60, 32: 15}


def main() -> None:
    """Print a row for each family, size of the canvas, and number of pictures."""
    print("| family | px | pictures | without, ms | with, ms | adds |\n|---|---|---|---|---|---|")
    for family, size in FAMILIES:
        draft = trace(family, size)
        sessions = [open_session(draft.leave_out("attention")), open_session(draft)]
        for num, repetitions in REPETITIONS.items():
            images = np.random.default_rng(0).integers(0, 256, (num, 1, size, size)).astype(np.uint8)
            times = [[read(session, images) for session in sessions] for _ in range(repetitions)]
            without, with_ = np.median(times, axis=0)
            adds = 100 * (with_ / without - 1)
            print(f"| {family} | {size} | {num} | {without:.2f} | {with_:.2f} | {adds:.0f} % |", flush=True)


def trace(family: str, size: int) -> Draft:
    """Trace a network of random weights."""
    torch.manual_seed(0)
    model = build(family, NUM_CLASSES, size).eval()
    described = {"name": family, "arguments": {}, "num_classes": NUM_CLASSES, "input_size": size}
    characters = tuple(chr(0x4E00 + index) for index in range(NUM_CLASSES))
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    return trace_weights(Checkpoint("weights", described, characters, tensors), family)


def open_session(draft: Draft) -> onnxruntime.InferenceSession:
    """Open a file for one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        draft.to_model().SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def read(session: onnxruntime.InferenceSession, images: np.ndarray) -> float:
    """Milliseconds of one reading."""
    start = time.perf_counter()
    session.run(["logits"], {"images": images})
    return 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()

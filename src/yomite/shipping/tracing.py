"""Weights -> a draft of the ONNX file of docs/model-file.md, and how well the two agree.

The draft carries its characters in its metadata. Matrices and kernels are stored as float16 and cast to
float32 once, when the file is loaded; the numbers are those of write_checkpoint(storage="float16").
"""

from __future__ import annotations

import io
import json
import math
import warnings
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from yomite.charset import Charset, select_lookalikes
from yomite.checkpoint import Checkpoint, load_model
from yomite.ink.line_canvas import LINE_CANVAS_VERSION
from yomite.ink.page_canvas import PAGE_CANVAS_VERSION
from yomite.reading.ink_file import TASK as INK_TASK
from yomite.reading.line_file import TASK as LINE_TASK
from yomite.reading.metadata import FORMAT_VERSION
from yomite.reading.page_file import TASK as PAGE_TASK
from yomite.shipping.draft import Draft
from yomite.tasks import Traced, build_task

OPSET = 17

OWN_CANVAS_VERSION = 2
"""Of characters; the released ink finder, which versions 3 and 4 ask, has seen Japanese alone."""


def trace_weights(checkpoint: Checkpoint, name: str, *, allow_custom: bool = False) -> Draft:
    """Trace the network of a checkpoint (its moving average where it has one).

    Args:
        checkpoint: What `yomite train` wrote.
        name: The model's name.
        allow_custom: Runs the code of a model that is not built in.

    Returns:
        A draft, neutral in what the weights do not tell: Temperature 1, nothing rejected, no prior.

    Raises:
        ModelFileError: If the model cannot be built, or cannot be exported.
    """
    model = load_model(checkpoint, allow_custom=allow_custom)
    task = build_task(model, Charset("exported", checkpoint.characters))
    network = _trace(task.wrap(model, checkpoint.model["name"]))
    store_half(network, {f"model.{name}" for name in model.state_dict()})
    described = _describe(checkpoint, name, task.name)
    if task.name == LINE_TASK:
        described |= {"step_px": str(model.stride), "canvas_version": str(LINE_CANVAS_VERSION)}
    elif task.name == PAGE_TASK:
        described["canvas_version"] = str(PAGE_CANVAS_VERSION)
    elif task.name == INK_TASK:
        pass  # what it sees belongs to the canvas of characters
    else:
        described |= _describe_characters(checkpoint)
    return Draft(network, described)


def _describe(checkpoint: Checkpoint, name: str, task: str) -> dict[str, str]:
    return {
        "format_version": FORMAT_VERSION,
        "task": task,
        "name": name,
        "charset": json.dumps(checkpoint.characters, ensure_ascii=False),
        "license": "",
        "training_commit": checkpoint.commit,
    }


def _describe_characters(checkpoint: Checkpoint) -> dict[str, str]:
    num_classes = len(checkpoint.characters)
    return {
        "lookalikes": json.dumps(select_lookalikes(checkpoint.characters), ensure_ascii=False),
        "canvas_version": str(OWN_CANVAS_VERSION),
        "temperature": json.dumps({"text": 1.0, "uniform": 1.0}),
        "rejection_threshold": json.dumps({"text": 0.0, "uniform": 0.0}),
        "log_prior": json.dumps([round(-math.log(num_classes), 4)] * num_classes),
        "prior_weight": "0.0",
    }


def _trace(traced: Traced) -> onnx.ModelProto:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter (dynamo=True) needs onnxscript, and does not fold the norms.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        # Backbones of other libraries check shapes in Python; the shapes here are fixed but for N.
        warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)  # pyright: ignore
        torch.onnx.export(
            traced.module,
            tuple(traced.examples.values()),
            buffer,  # type: ignore[arg-type]  # the older exporter takes it
            dynamo=False,
            # Nothing is folded here: a folded kernel, rounded to float16, would be another number than the
            # one in the weights file. ONNX Runtime folds norms and constants when it loads the file.
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            opset_version=OPSET,
            input_names=list(traced.examples),
            output_names=traced.output_names,
            dynamic_axes=traced.dynamic_axes,
        )
    return onnx.load_model_from_string(buffer.getvalue())


def store_half(network: onnx.ModelProto, stored: set[str]) -> None:
    """Store matrices and kernels as float16, half the bytes, each followed by a Cast to float32.

    Only those named: on export what the weights file stores too, so that a table that is computed (positions)
    stays exact.
    ONNX Runtime folds these casts away when it loads the file. The output class_weights has a cast of
    its own, so that the classifier's is not kept back by being an output.
    """
    graph = network.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) < 2 or tensor.name not in stored:
            continue
        name = tensor.name
        half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{name}_half")
        tensor.CopyFrom(half)
        casts.append(helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT))
        for node in graph.node:
            if node.op_type == "Identity" and list(node.input) == [name]:
                node.CopyFrom(helper.make_node("Cast", [half.name], list(node.output), to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


@dataclass(frozen=True)
class Parity:
    """How well an ONNX file and its weights agree.

    Attributes:
        num_images: Canvases compared.
        num_disagreements: Canvases with another top-1.
        max_difference: Largest difference of a logit.
    """

    num_images: int
    num_disagreements: int
    max_difference: float


@torch.inference_mode()
def check_parity(
    draft: Draft,
    checkpoint: Checkpoint,
    canvases: np.ndarray,
    *,
    batch_size: int = 256,
    allow_custom: bool = False,
) -> Parity:
    """Read canvases, uint8 (N, S, S) or (N, 1, S, S), with the file and with the weights."""
    model = load_model(checkpoint, allow_custom=allow_custom)
    session = onnxruntime.InferenceSession(
        draft.to_model().SerializeToString(), providers=["CPUExecutionProvider"]
    )
    images = canvases.reshape(len(canvases), 1, *canvases.shape[-2:])
    num_disagreements, max_difference = 0, 0.0
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size]
        expected = model(torch.from_numpy(batch)).numpy()
        logits = np.asarray(session.run(["logits"], {"images": batch})[0])
        num_disagreements += int((logits.argmax(1) != expected.argmax(1)).sum())
        max_difference = max(max_difference, float(np.abs(logits - expected).max()))
    return Parity(len(images), num_disagreements, max_difference)

"""A weights file or checkpoint -> the ONNX file of docs/model-file.md, and how well the two agree.

The file carries its characters and calibration in its metadata. Matrices and kernels are stored as float16
and cast to float32 once, when the file is loaded; the numbers are those of write_checkpoint(half=True).
"""

from __future__ import annotations

import io
import json
import math
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from yomite.charset import Charset
from yomite.checkpoint import Checkpoint, load_model, read_checkpoint
from yomite.errors import ModelFileError
from yomite.tasks import Traced, build_task

FORMAT_VERSION = "1"
OPSET = 17


def export_onnx(
    weights_path: str | Path, out_path: str | Path, *, metadata: dict[str, str], allow_custom: bool = False
) -> None:
    """Writes the ONNX file of a weights file or checkpoint (of its moving average where it has one).

    Args:
        weights_path: What `yomite train` wrote.
        out_path: The file to write, as a whole or not at all.
        metadata: Fields of the contract; those left out are neutral (temperature 1, nothing rejected, no
            prior) or known from the weights (name, charset, training_commit).
        allow_custom: Runs the code of a model that is not built in.

    Raises:
        ModelFileError: If the weights are missing or damaged, their model cannot be exported, or a metadata
            value is no string.
    """
    out_path = Path(out_path)
    checkpoint = read_checkpoint(weights_path)
    metadata = _neutral_metadata(checkpoint, out_path.stem) | metadata
    for key, value in metadata.items():
        if not isinstance(value, str):
            raise ModelFileError(f"metadata field {key!r} is {type(value).__name__}; give a string (JSON)")
    model = load_model(checkpoint, allow_custom=allow_custom)
    task = build_task(model, Charset("exported", checkpoint.characters))
    if task.name != "character":
        raise ModelFileError(
            f"model {checkpoint.model['name']} reads lines; the model file holds characters, so export those"
        )
    exported = _trace(task.wrap(model, checkpoint.model["name"]))
    store_half(exported, {f"model.{name}" for name in model.state_dict()})
    helper.set_model_props(exported, metadata)
    onnx.checker.check_model(exported)
    out_path.parent.mkdir(parents=True, exist_ok=True)
    write_onnx(exported, out_path)


def update_metadata(path: str | Path, changes: dict[str, str]) -> None:
    """Sets fields of an ONNX file's metadata; the others stay."""
    exported = onnx.load(str(path))
    helper.set_model_props(exported, {entry.key: entry.value for entry in exported.metadata_props} | changes)
    write_onnx(exported, Path(path))


def write_onnx(exported: onnx.ModelProto, path: Path) -> None:
    """Writes a file as a whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(exported.SerializeToString())
    os.replace(partial, path)


def _neutral_metadata(checkpoint: Checkpoint, stem: str) -> dict[str, str]:
    num_classes = len(checkpoint.characters)
    return {
        "format_version": FORMAT_VERSION,
        "task": "character",
        "name": stem,
        "charset": json.dumps(checkpoint.characters, ensure_ascii=False),
        "temperature": json.dumps({"text": 1.0, "uniform": 1.0}),
        "rejection_threshold": json.dumps({"text": 0.0, "uniform": 0.0}),
        "log_prior": json.dumps([round(-math.log(num_classes), 4)] * num_classes),
        "prior_weight": "0.0",
        "license": "",
        "training_commit": checkpoint.commit,
    }


def _trace(traced: Traced) -> onnx.ModelProto:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter (dynamo=True) needs onnxscript, and does not fold the norms.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        # Backbones of other libraries check shapes in Python; the shapes here are fixed but for N.
        warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)
        torch.onnx.export(
            traced.module,
            (traced.example,),
            buffer,  # type: ignore[arg-type]  # the older exporter takes it
            dynamo=False,
            # Nothing is folded here: a folded kernel, rounded to float16, would be another number than the
            # one in the weights file. ONNX Runtime folds norms and constants when it loads the file.
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            opset_version=OPSET,
            input_names=["images"],
            output_names=traced.output_names,
            dynamic_axes=traced.dynamic_axes,
        )
    return onnx.load_model_from_string(buffer.getvalue())


def store_half(exported: onnx.ModelProto, stored: set[str]) -> None:
    """Stores matrices and kernels as float16, half the bytes, each followed by a Cast to float32.

    Only those named: on export what the weights file stores too, so that a table that is computed (positions)
    stays exact.
    ONNX Runtime folds these casts away when it loads the file. The output class_weights has a cast of
    its own, so that the classifier's is not kept back by being an output.
    """
    graph = exported.graph
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
    onnx_path: str | Path,
    weights_path: str | Path,
    canvases: np.ndarray,
    *,
    batch_size: int = 256,
    allow_custom: bool = False,
) -> Parity:
    """Reads canvases, uint8 (N, S, S) or (N, 1, S, S), with both files."""
    model = load_model(read_checkpoint(weights_path), allow_custom=allow_custom)
    session = onnxruntime.InferenceSession(str(onnx_path), providers=["CPUExecutionProvider"])
    images = canvases.reshape(len(canvases), 1, *canvases.shape[-2:])
    num_disagreements, max_difference = 0, 0.0
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size]
        expected = model(torch.from_numpy(batch)).numpy()
        logits = np.asarray(session.run(["logits"], {"images": batch})[0])
        num_disagreements += int((logits.argmax(1) != expected.argmax(1)).sum())
        max_difference = max(max_difference, float(np.abs(logits - expected).max()))
    return Parity(len(images), num_disagreements, max_difference)

"""The output `known` of a model file: does the picture show one character that the model knows?

It is computed inside the graph, from the model's own logits and features, so that every language that can
run the file gets it. Two steps: `add_evidence` adds what can be told from logits and features, and once a
head has been fitted on it (`yomite.evaluation.rejection`), `add_known` adds the head and its output.
docs/model-file.md writes the numbers down.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from yomite.errors import ModelFileError

EVIDENCE = "evidence"
KNOWN = "known"
_PREFIX = "known/"
_BATCH_SIZE = 64


def open_evidence(path: Path, temperature: float) -> Callable[[np.ndarray], np.ndarray]:
    """A function from canvases, uint8 (N, 1, S, S), to their evidence (see add_evidence), float32 (N, F)."""
    model = add_evidence(onnx.load(str(path)), temperature)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])

    def compute(images: np.ndarray) -> np.ndarray:
        starts = range(0, len(images), _BATCH_SIZE)
        parts = [session.run([EVIDENCE], {"images": images[start : start + _BATCH_SIZE]}) for start in starts]
        return np.concatenate([np.asarray(part[0]) for part in parts])

    return compute


def write_known(path: Path, temperature: float, head: Mapping[str, np.ndarray], threshold: float) -> None:
    """Add `known` and its threshold to a model file, as a whole or not at all.

    The file then rejects by `known` alone: low confidence means a doubtful reading, not a stranger.
    """
    model = add_known(onnx.load(str(path)), temperature, head)
    metadata = {entry.key: entry.value for entry in model.metadata_props} | {
        "known_threshold": json.dumps(threshold),
        "rejection_threshold": json.dumps({"text": 0.0, "uniform": 0.0}),
    }
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(model.SerializeToString())
    os.replace(partial, path)


def add_evidence(model: onnx.ModelProto, temperature: float) -> onnx.ModelProto:
    """A copy of a model with the output `evidence`, float32 (N, 2 + 2 D).

    How far the best logit stands out of all; minus the entropy of softmax(logits / temperature); the
    embedding; the root mean square of each feature over the places.

    Args:
        model: With the outputs logits (N, C) and features (N, D, h, w).
        temperature: Of the uniform prior.

    Raises:
        ModelFileError: The model has no features.
    """
    outputs = {output.name for output in model.graph.output}
    if not {"logits", "features"} <= outputs:
        raise ModelFileError(f"outputs {', '.join(sorted(outputs))}: rejection needs logits and features")
    changed = _remove_known(model)
    nodes = [
        _node("ReduceMean", ["logits"], "mean", axes=[1]),
        _node("Sub", ["logits", "/mean"], "centered"),
        _node("Mul", ["/centered", "/centered"], "squared"),
        _node("ReduceMean", ["/squared"], "variance", axes=[1]),
        _node("Add", ["/variance", "/least"], "variance_above_0"),
        _node("Sqrt", ["/variance_above_0"], "deviation"),
        _node("ReduceMax", ["/centered"], "highest", axes=[1]),
        _node("Div", ["/highest", "/deviation"], "prominence"),
        _node("Div", ["logits", "/temperature"], "scaled"),
        _node("LogSoftmax", ["/scaled"], "log_probabilities", axis=1),
        _node("Exp", ["/log_probabilities"], "probabilities"),
        _node("Mul", ["/probabilities", "/log_probabilities"], "products"),
        _node("ReduceSum", ["/products", "/classes"], "certainty"),
        _node("ReduceSum", ["features", "/places"], "embedding", keepdims=0),
        _node("Mul", ["features", "features"], "feature_squares"),
        _node("ReduceMean", ["/feature_squares"], "power", axes=[2, 3], keepdims=0),
        _node("Sqrt", ["/power"], "strength"),
        helper.make_node(
            "Concat",
            [f"{_PREFIX}{name}" for name in ("prominence", "certainty", "embedding", "strength")],
            [EVIDENCE],
            axis=1,
        ),
    ]
    changed.graph.node.extend(nodes)
    constants = {
        "least": np.float32(1e-12),
        "temperature": np.float32(temperature),
        "classes": np.array([1], np.int64),
        "places": np.array([2, 3], np.int64),
    }
    _add_constants(changed, constants)
    changed.graph.output.append(helper.make_tensor_value_info(EVIDENCE, TensorProto.FLOAT, ("N", None)))
    return changed


def add_known(model: onnx.ModelProto, temperature: float, head: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """A copy of a model with the output `known`, float32 (N,): the log-odds of one known character.

    Args:
        model: As for add_evidence.
        temperature: As for add_evidence.
        head: weights float32 (2 + 2 D, H), biases (H,), out_weights (H, 1), out_bias (1,):
            relu(evidence @ weights + biases) @ out_weights + out_bias.
    """
    changed = add_evidence(model, temperature)
    del changed.graph.output[-1]
    changed.graph.node.extend(
        [
            _node("MatMul", [EVIDENCE, "/weights"], "weighed"),
            _node("Add", ["/weighed", "/biases"], "hidden"),
            _node("Relu", ["/hidden"], "active"),
            _node("MatMul", ["/active", "/out_weights"], "added"),
            _node("Add", ["/added", "/out_bias"], "column"),
            helper.make_node("Squeeze", [f"{_PREFIX}column", f"{_PREFIX}classes"], [KNOWN]),
        ]
    )
    _add_constants(changed, {name: np.asarray(values, np.float32) for name, values in head.items()})
    changed.graph.output.append(helper.make_tensor_value_info(KNOWN, TensorProto.FLOAT, ("N",)))
    return changed


def _node(kind: str, inputs: list[str], output: str, **attributes: Any) -> onnx.NodeProto:
    """Names that begin with a slash are of this module."""
    names = [_PREFIX + name[1:] if name.startswith("/") else name for name in inputs]
    return helper.make_node(kind, names, [_PREFIX + output], **attributes)


def _add_constants(model: onnx.ModelProto, values_by_name: Mapping[str, np.ndarray | np.generic]) -> None:
    model.graph.initializer.extend(
        numpy_helper.from_array(np.asarray(values), _PREFIX + name) for name, values in values_by_name.items()
    )


def _remove_known(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy without what an earlier fit has added."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    graph = changed.graph
    kept_nodes = [
        node
        for node in graph.node
        if not node.output[0].startswith(_PREFIX) and node.output[0] not in (EVIDENCE, KNOWN)
    ]
    kept_constants = [tensor for tensor in graph.initializer if not tensor.name.startswith(_PREFIX)]
    kept_outputs = [output for output in graph.output if output.name not in (EVIDENCE, KNOWN)]
    for name, kept in (("node", kept_nodes), ("initializer", kept_constants), ("output", kept_outputs)):
        graph.ClearField(name)
        getattr(graph, name).extend(kept)
    return changed

"""A line model's file that needs no training: columns of four px, a fixed random matrix, three characters."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from yomite.reading.line_file import INPUTS, LANGUAGE_MODEL, OUTPUTS, LineCalibration, write_calibration
from yomite.shipping.language_model import build_language_model

CHARACTERS = "口十三"
HEIGHT, STEP_PX = 16, 4


def build_metadata(**changes: str | None) -> dict[str, str]:
    """The metadata of the contract; a change to None removes the field."""
    metadata: dict[str, str | None] = {
        "format_version": "1",
        "task": "line",
        "name": "tiny-line",
        "charset": json.dumps(list(CHARACTERS)),
        "step_px": json.dumps(STEP_PX),
        "canvas_version": "2",
        "language_weights": "[0.3, 0.5]",
        "line_calibration": write_calibration(LineCalibration((1.0, 0.2, 0.1), (1.0, -0.01, 0.0), 0.1)),
        "license": "CC-BY-SA-4.0",
        "training_commit": "none",
    }
    return {key: value for key, value in (metadata | changes).items() if value is not None}


def write_tiny_line_model(path: Path, *, language_model: bytes | None = None, **changes: Any) -> Path:
    """Write the model; `changes` replace fields of its metadata."""
    rng = np.random.default_rng(3)
    if language_model is None:
        language_model = build_language_model(["口十三", "口口十"] * 9, CHARACTERS, order=3)
    constants: dict[str, np.ndarray] = {
        "scale": np.float32(1 / 255),
        "axes": np.array([1], np.int64),
        "weights": rng.normal(0, 6, (HEIGHT // STEP_PX, len(CHARACTERS) + 1)).astype(np.float32),
        "language_model/value": np.frombuffer(language_model, np.uint8),
    }
    nodes = [helper.make_node("Identity", ["language_model/value"], [LANGUAGE_MODEL])]
    kernel = [STEP_PX, STEP_PX]
    for name, (images, output) in enumerate(zip(INPUTS.values(), OUTPUTS.values(), strict=True)):
        nodes += [
            helper.make_node("Cast", [images], [f"pixels{name}"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"pixels{name}", "scale"], [f"ink{name}"]),
            helper.make_node(
                "AveragePool", [f"ink{name}"], [f"pooled{name}"], kernel_shape=kernel, strides=kernel
            ),
            helper.make_node("Squeeze", [f"pooled{name}", "axes"], [f"rows{name}"]),
            helper.make_node("Transpose", [f"rows{name}"], [f"columns{name}"], perm=[0, 2, 1]),
            helper.make_node("MatMul", [f"columns{name}", "weights"], [f"logits{name}"]),
            helper.make_node("LogSoftmax", [f"logits{name}"], [output], axis=-1),
        ]
    classes = len(CHARACTERS) + 1
    graph = helper.make_graph(
        nodes,
        "tiny-line",
        [
            helper.make_tensor_value_info(name, TensorProto.UINT8, ("N", 1, HEIGHT, f"W{number}"))
            for number, name in enumerate(INPUTS.values())
        ],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ("N", f"T{number}", classes))
            for number, name in enumerate(OUTPUTS.values())
        ]
        + [helper.make_tensor_value_info(LANGUAGE_MODEL, TensorProto.UINT8, (len(language_model),))],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, build_metadata(**changes))
    onnx.save(model, str(path))
    return path

"""A model file that a test can write: the nearest of seven drawings, by the contract of model files."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from yomite.ink.canvas import to_canvas

Strokes = list[list[tuple[float, float]]]

# 口 and ロ are drawn alike on purpose: only the prior can tell them apart.
SQUARE: Strokes = [[(0, 0), (0, 10)], [(0, 0), (10, 0), (10, 10)], [(0, 10), (10, 10)]]
STROKES: dict[str, Strokes] = {
    "一": [[(0, 5), (10, 5)]],
    "十": [[(0, 5), (10, 5)], [(5, 0), (5, 10)]],
    "口": SQUARE,
    "ロ": SQUARE,
    "く": [[(8, 0), (2, 5), (8, 10)]],
    "人": [[(5, 0), (0, 10)], [(5, 0), (10, 10)]],
    "メ": [[(0, 0), (10, 10)], [(10, 0), (0, 10)]],
}
CHARACTERS = tuple(STROKES)
PRIOR = np.array([0.2, 0.1, 0.3, 0.1, 0.1, 0.1, 0.1])
SIZE = 48
POOL = 6  # a place of the feature map is 6 x 6 pixels
GRID = SIZE // POOL


def pool_canvas(canvas: np.ndarray) -> np.ndarray:
    """float64 (64,): the mean of each place of a uint8 (48, 48) canvas, 0..1."""
    return canvas.reshape(GRID, POOL, GRID, POOL).mean(axis=(1, 3)).ravel() / 255


def template_weights() -> tuple[np.ndarray, np.ndarray]:
    """float32 (C, 64) weights and (C,) biases: logits are -4 times the squared distance, up to a constant."""
    templates = np.array([pool_canvas(to_canvas(strokes, SIZE)) for strokes in STROKES.values()])
    return (8 * templates).astype(np.float32), (-4 * (templates**2).sum(axis=1)).astype(np.float32)


def build_metadata(**changes: str | None) -> dict[str, str]:
    """The metadata of the contract; a change to None removes the field."""
    metadata: dict[str, str | None] = {
        "format_version": "1",
        "task": "character",
        "name": "tiny",
        "charset": json.dumps(CHARACTERS),
        "temperature": json.dumps({"text": 0.5, "uniform": 0.8}),
        "rejection_threshold": json.dumps({"text": 0.3, "uniform": 0.2}),
        "log_prior": json.dumps(np.log(PRIOR).round(4).tolist()),
        "prior_weight": "0.7",
        "license": "CC-BY-SA-4.0",
        "training_commit": "none",
    }
    return {key: value for key, value in (metadata | changes).items() if value is not None}


def build_attention() -> np.ndarray:
    """float32 (1, 64, 8, 8): half of a place came from itself, half from the next one in rows."""
    places = np.eye(GRID * GRID, dtype=np.float32)
    return (0.5 * places + 0.5 * np.roll(places, 1, axis=1)).reshape(1, GRID * GRID, GRID, GRID)


def write_tiny_model(
    path: Path,
    *,
    num_classes: int | None = None,
    has_features: bool = True,
    attention: np.ndarray | None = None,
    **changes: Any,
) -> Path:
    """Write the model; `changes` replace fields of its metadata; `attention` is the output of that name."""
    weights, biases = (array[:num_classes] for array in template_weights())
    places = np.eye(GRID * GRID, dtype=np.float32).reshape(1, GRID * GRID, GRID, GRID)
    constants = {
        "scale": np.float32(1 / 255),
        "places": places,
        "weights": weights,
        "weights_transposed": np.ascontiguousarray(weights.T),
        "biases": biases,
        "axes": np.array([2, 3], np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["images"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["pixels", "scale"], ["ink"]),
        helper.make_node("AveragePool", ["ink"], ["pooled"], kernel_shape=[POOL, POOL], strides=[POOL, POOL]),
        helper.make_node("Mul", ["pooled", "places"], ["features"]),
        helper.make_node("ReduceSum", ["features", "axes"], ["embedding"], keepdims=0),
        helper.make_node("MatMul", ["embedding", "weights_transposed"], ["products"]),
        helper.make_node("Add", ["products", "biases"], ["logits"]),
        helper.make_node("Identity", ["weights"], ["class_weights"]),
    ]
    shapes: dict[str, Sequence[int | str]] = {"logits": ("N", len(weights))}
    if has_features:
        shapes["features"] = ("N", GRID * GRID, GRID, GRID)
        shapes["class_weights"] = weights.shape
    if attention is not None:
        constants["shares"] = attention
        nodes.append(helper.make_node("Identity", ["shares"], ["attention"]))
        shapes["attention"] = attention.shape
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ("N", 1, SIZE, SIZE))],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, build_metadata(**changes))
    onnx.save(model, str(path))
    return path

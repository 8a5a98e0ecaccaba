"""A draft that computes with 8-bit integers: two to three times as fast on a CPU, nearly as exact.

Static quantization (Jacob et al., arXiv:1712.05877): each channel of a kernel has its scale, each activation
the range that it had on given images. Of characters the convolutions take 8 bits. The classifier, the
features and the head of `known` keep floats: they take little time, and it is between close logits that
precision counts. Of lines the classes take 8 bits, too: a matrix of thousands of classes for each step. What
mixes the steps of a line keeps floats, which are only stored as bytes. Of an ink finder all but the last
convolution takes 8 bits.
"""

from __future__ import annotations

import json
import logging
import math
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from yomite.shipping.draft import Draft
from yomite.shipping.tracing import store_half

_BATCH_SIZE = 64
_MIN_HALF = 10_000
"""Tables of so many numbers are stored as float16."""

_MIN_KERNEL = 9_000
"""Kernels of lines with fewer numbers stay floats: they take little time, and rounding them costs most."""

_TRUNK_DIMS = 4
"""Kernels of lines with fewer dimensions run along the line alone; they stay floats as well."""


class _Feeds(CalibrationDataReader):
    def __init__(self, feeds: Iterable[Mapping[str, np.ndarray]]) -> None:
        self._feeds = iter(feeds)

    def get_next(self) -> Any:
        return next(self._feeds, None)


def quantize(draft: Draft, images: np.ndarray) -> Draft:
    """Quantize the network of a draft of characters; its metadata and outputs stay.

    Args:
        draft: With a network of floats.
        images: Uint8 (N, 1, S, S), some hundreds of canvases as they will be read; their ranges are taken.
    """
    starts = range(0, len(images), _BATCH_SIZE)
    folded = _fold(draft.network)
    quantized = _quantize(
        folded,
        [{"images": images[start : start + _BATCH_SIZE]} for start in starts],
        op_types_to_quantize=["Conv"],
        nodes_to_exclude=sorted(_name_convolutions(folded) - _name_convolutions(folded, "logits")),
    )
    store_half(quantized, _name_large(quantized))
    return replace(draft, network=quantized)


def quantize_lines(draft: Draft, feeds: Iterable[Mapping[str, np.ndarray]]) -> Draft:
    """Quantize the network of a draft of lines; its metadata and outputs stay.

    Kernels and classes take seven of their eight bits. Processors without VNNI add two products of bytes in
    16 bits, which would overflow with eight; so all processors read alike.

    Args:
        draft: With a network of floats, before its language model is added.
        feeds: Batches of strips by input. The range of an activation is the mean of what each batch spans:
            the one line in a hundred with a blot does not stretch it for all.
    """
    folded = _fold(draft.network)
    num_classes = len(json.loads(draft.metadata["charset"])) + 1  # and the blank
    shapes = {table.name: tuple(table.dims) for table in folded.graph.initializer}
    floats = []
    for node in folded.graph.node:
        shape = shapes.get(node.input[1], ()) if node.op_type in ("Conv", "MatMul") else ()
        is_trunk = len(shape) == _TRUNK_DIMS and math.prod(shape) >= _MIN_KERNEL
        if not is_trunk and shape[1:] != (num_classes,):
            floats.append(node.name)
    quantized = _quantize(
        folded,
        feeds,
        op_types_to_quantize=["Conv", "Relu", "MatMul"],
        nodes_to_exclude=floats,
        reduce_range=True,
        # Logits stay floats; the mean of what batches span is what ONNX Runtime calls a moving average.
        extra_options={"OpTypesToExcludeOutputQuantization": ["MatMul"], "CalibMovingAverage": True},
    )
    _store_bytes(quantized, _name_large(quantized))
    return replace(draft, network=quantized)


def quantize_ink(draft: Draft, views: np.ndarray) -> Draft:
    """Quantize the network of an ink finder's draft, all but its last convolution: chances stay floats.

    Seven of eight bits and the mean of ranges, as for lines.

    Args:
        draft: With a network of floats.
        views: Uint8 (N, 1, S, S), some hundreds, as `yomite.ink.ink_view` gives them.
    """
    folded = _fold(draft.network)
    last = [node.name for node in folded.graph.node if node.op_type == "Conv"][-1]
    quantized = _quantize(
        folded,
        [{"images": views[start : start + _BATCH_SIZE]} for start in range(0, len(views), _BATCH_SIZE)],
        op_types_to_quantize=["Conv", "Relu"],
        nodes_to_exclude=[last],
        reduce_range=True,
        extra_options={"CalibMovingAverage": True},
    )
    return replace(draft, network=quantized)


def _quantize(
    folded: onnx.ModelProto, feeds: Iterable[Mapping[str, np.ndarray]], **settings: Any
) -> onnx.ModelProto:
    logging.getLogger().addFilter(_is_no_advice)  # to run its own folding first: ours is done
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "quantized.onnx"
            quantize_static(
                folded,
                str(path),
                _Feeds(feeds),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                **settings,
            )
            quantized = onnx.load(str(path))
    finally:
        logging.getLogger().removeFilter(_is_no_advice)
    _join_equal(quantized)
    return quantized


def _is_no_advice(record: logging.LogRecord) -> bool:
    return "pre-process" not in record.getMessage()


def _fold(network: onnx.ModelProto) -> onnx.ModelProto:
    """Fold kernels with their norms, and constants, as ONNX Runtime does when it opens a file."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "folded.onnx"
        options.optimized_model_filepath = str(path)
        onnxruntime.InferenceSession(network.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return onnx.load(str(path))


def _join_equal(model: onnx.ModelProto) -> None:
    """Store tables that are equal once: both directions of lines have the same kernels."""
    first_by_content: dict[bytes, str] = {}
    first_by_name = {}
    for table in model.graph.initializer:
        nameless = onnx.TensorProto()
        nameless.CopyFrom(table)
        nameless.ClearField("name")
        first_by_name[table.name] = first_by_content.setdefault(nameless.SerializeToString(), table.name)
    for node in model.graph.node:
        node.input[:] = [first_by_name.get(name, name) for name in node.input]
    kept = [table for table in model.graph.initializer if first_by_name[table.name] == table.name]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


def _store_bytes(model: onnx.ModelProto, stored: set[str]) -> None:
    """Store tables of floats as int8, each row along the first axis with a scale; opening folds them back."""
    graph = model.graph
    unpacking = []
    for table in list(graph.initializer):
        if table.name not in stored:
            continue
        name, values = table.name, numpy_helper.to_array(table)
        scales = np.abs(values).max(axis=tuple(range(1, values.ndim)), keepdims=True).clip(1e-30) / 127
        table.CopyFrom(numpy_helper.from_array(np.round(values / scales).astype(np.int8), f"{name}_bytes"))
        graph.initializer.append(numpy_helper.from_array(scales.astype(np.float32), f"{name}_scales"))
        unpacking.append(
            helper.make_node("Cast", [f"{name}_bytes"], [f"{name}_floats"], to=TensorProto.FLOAT)
        )
        unpacking.append(helper.make_node("Mul", [f"{name}_floats", f"{name}_scales"], [name]))
    nodes = [*unpacking, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _name_convolutions(model: onnx.ModelProto, output: str | None = None) -> set[str]:
    """Return the names of all convolutions, or of those that an output needs."""
    wanted = {output} if output else {name for node in model.graph.node for name in node.output}
    names = set()
    for node in reversed(model.graph.node):  # sorted: what a node needs comes before it
        if wanted & set(node.output):
            wanted |= set(node.input)
            names |= {node.name} if node.op_type == "Conv" else set()
    return names


def _name_large(model: onnx.ModelProto) -> set[str]:
    """Return the names of the tables of many floats."""
    return {
        tensor.name
        for tensor in model.graph.initializer
        if tensor.data_type == TensorProto.FLOAT and int(np.prod(tensor.dims)) >= _MIN_HALF
    }

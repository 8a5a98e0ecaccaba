"""A model file in the making: what each step of shipping takes and gives, in memory until it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import onnx
from onnx import compose, helper, numpy_helper, parser
from onnx.utils import Extractor

from yomite.errors import ModelFileError
from yomite.files import write_whole
from yomite.reading.characters import Recognizer

_HEADER = '<ir_version: 8, opset_import: ["": 17]>'


@dataclass(frozen=True)
class Draft:
    """A model file that is not written yet (docs/model-file.md). Each change is another draft.

    Attributes:
        network: From images to logits, features, class_weights, and attention where the model has some.
        metadata: What the file says of itself.
        known: From logits and features to the output `known`; None where low confidence alone rejects.
    """

    network: onnx.ModelProto = field(repr=False)
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    known: onnx.ModelProto | None = None

    def describe(self, fields: Mapping[str, str]) -> Draft:
        """Return it with some fields of its metadata set; the others stay.

        Raises:
            ModelFileError: A value is no string.
        """
        for key, value in fields.items():
            if not isinstance(value, str):
                raise ModelFileError(
                    f"metadata field {key!r} is {type(value).__name__}; give a string (JSON)"
                )
        return replace(self, metadata={**self.metadata, **fields})

    def add_constant(self, name: str, value: np.ndarray) -> Draft:
        """Return it with one more output, which is the same whatever the input."""
        network = onnx.ModelProto()
        network.CopyFrom(self.network)
        tensor = numpy_helper.from_array(value, f"{name}/value")
        network.graph.initializer.append(tensor)
        network.graph.node.append(helper.make_node("Identity", [tensor.name], [name], name))
        network.graph.output.append(helper.make_tensor_value_info(name, tensor.data_type, value.shape))
        return replace(self, network=network)

    def leave_out(self, output: str) -> Draft:
        """Return it without an output, and without what is computed for that one alone.

        Raises:
            ModelFileError: There is no such output.
        """
        graph = self.network.graph
        inputs, outputs = ([value.name for value in ends] for ends in (graph.input, graph.output))
        if output not in outputs:
            raise ModelFileError(
                f"no output {output!r} to leave out; there are {', '.join(outputs)}; drop --no-{output}"
            )
        outputs.remove(output)
        return replace(self, network=Extractor(self.network).extract_model(inputs, outputs))

    def to_model(self) -> onnx.ModelProto:
        """Return the whole file as ONNX has it."""
        model = onnx.ModelProto()
        model.CopyFrom(attach(self.network, self.known, "known/") if self.known else self.network)
        helper.set_model_props(model, dict(self.metadata))
        onnx.checker.check_model(model)
        return model

    def open(self) -> Recognizer:
        """Return a reader of it, as of the written file."""
        return Recognizer(self.to_model().SerializeToString())

    def write(self, path: Path) -> None:
        """Write the file, as a whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, self.to_model().SerializeToString())


def read_draft(path: Path) -> Draft:
    """Read a file that is written, to change what it says of itself."""
    model = onnx.load(str(path))
    return Draft(model, {entry.key: entry.value for entry in model.metadata_props})


def build_part(text: str, **constants: np.ndarray | np.generic) -> onnx.ModelProto:
    """Build a piece of a graph from ONNX's own text form, with its constants by name."""
    part = parser.parse_model(f"{_HEADER} {text}")
    part.graph.initializer.extend(
        numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()
    )
    return part


def attach(model: onnx.ModelProto, part: onnx.ModelProto, prefix: str) -> onnx.ModelProto:
    """Return a model with a part that reads some of its outputs, and with the outputs of that part.

    Args:
        model: Its outputs stay.
        part: Its inputs have the names of outputs of the model.
        prefix: Put before the names inside the part.

    Raises:
        ModelFileError: The model lacks an output that the part reads.
    """
    inputs = [value.name for value in part.graph.input]
    outputs = [value.name for value in model.graph.output]
    if not set(inputs) <= set(outputs):
        raise ModelFileError(f"outputs {', '.join(sorted(outputs))}: rejection needs {' and '.join(inputs)}")
    part = compose.add_prefix(part, prefix, rename_inputs=False, rename_outputs=False)
    part.ir_version = model.ir_version
    return compose.merge_models(
        model,
        part,
        io_map=[(name, name) for name in inputs],
        outputs=[*outputs, *(value.name for value in part.graph.output)],
    )

"""What is tried: pictures, strokes, model files, configurations. A kind draws inputs and tries them."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

import yomite
from tests.fuzz.mutation import NUMBERS, ODD, choose, draw_value, mutate
from yomite.reading.lines import LineReader

ROOT = Path(__file__).parents[2]


class Kind(Protocol):
    """One kind of input."""

    def draw(self, rng: np.random.Generator) -> Any:
        """Draw an input."""
        ...

    def attempt(self, drawn: Any) -> None:
        """Try it; raises nothing but `YomiteError`."""
        ...


class Pictures:
    """Damaged picture files, read as a character or as a line."""

    def __init__(self) -> None:
        self._reader = yomite.load(num_threads=1)
        gray = Image.open(ROOT / "examples" / "ei.png").convert("L").resize((64, 64))
        color = Image.merge("RGB", (gray, gray.transpose(Image.Transpose.ROTATE_90), gray))
        files = []
        for image, name, options in (
            (gray, "PNG", {}), (color, "PNG", {}), (color.convert("P"), "PNG", {}),
            (gray.convert("1"), "PNG", {}),
            (color.convert("RGBA"), "PNG", {}), (gray.convert("I;16"), "PNG", {}), (gray, "JPEG", {}),
            (color, "JPEG", {"progressive": True}), (color.convert("CMYK"), "JPEG", {}), (color, "WEBP", {}),
            (color.convert("RGBA"), "WEBP", {"lossless": True}), (gray, "BMP", {}), (color, "BMP", {}),
            (gray, "TIFF", {}), (color, "TIFF", {"compression": "tiff_lzw"}), (gray, "GIF", {}),
            (color, "GIF", {"save_all": True, "append_images": [color]}), (gray, "PPM", {}),
            (color, "ICO", {}),
        ):  # fmt: skip
            buffer = io.BytesIO()
            image.save(buffer, name, **options)
            files.append(buffer.getvalue())
        self._files = files

    def draw(self, rng: np.random.Generator) -> tuple[bytes, bool]:
        if rng.random() < 0.03:
            return rng.bytes(int(rng.integers(300))), False
        file = choose(self._files, rng)
        return mutate(file, self._files, rng), bool(rng.random() < 0.2)

    def attempt(self, drawn: tuple[bytes, bool]) -> None:
        content, as_line = drawn
        if as_line:
            line = self._reader.read_line(content)
            assert 0.0 <= line.confidence <= 1.0
        else:
            assert 0.0 <= self._reader.recognize(content).confidence <= 1.0


class Strokes:
    """Lists that are strokes, nearly strokes or none, arrays among them."""

    def __init__(self) -> None:
        self._reader = yomite.load(num_threads=1)
        text = (ROOT / "examples" / "drawings.json").read_text(encoding="utf-8")
        self._drawings = [drawing["strokes"] for drawing in json.loads(text).values()]

    def draw(self, rng: np.random.Generator) -> tuple[Any, bool]:
        which = rng.random()
        if which < 0.3:
            value = draw_value(rng)
        elif which < 0.4:
            kind = rng.choice(["f8", "f2", "i8", "u1", "?", "c16", "U2", "O", "M8[s]"])
            shape = tuple(int(n) for n in rng.integers(0, 5, int(rng.integers(4))))
            value = np.zeros(shape, kind)
        else:
            value = [list(map(list, stroke)) for stroke in choose(self._drawings, rng)]
            for _ in range(int(rng.integers(1, 4))):
                stroke = choose(value, rng)
                point = int(rng.integers(len(stroke)))
                odd = choose((*NUMBERS, *ODD), rng)
                match int(rng.integers(5)):
                    case 0:
                        stroke[point] = odd
                    case 1 if isinstance(stroke[point], list) and stroke[point]:
                        stroke[point][int(rng.integers(len(stroke[point])))] = odd
                    case 2:
                        stroke[point] = [1e9 * rng.normal(), rng.normal()]
                    case 3:
                        stroke.insert(point, draw_value(rng))
                    case _:
                        value.append(draw_value(rng))
                if not all(isinstance(one, list) and one for one in value):
                    break
        return value, bool(rng.random() < 0.2)

    def attempt(self, drawn: tuple[Any, bool]) -> None:
        strokes, as_line = drawn
        if as_line:
            assert 0.0 <= self._reader.read_line(strokes).confidence <= 1.0
        else:
            assert 0.0 <= self._reader.recognize(strokes).confidence <= 1.0


class ModelFiles:
    """Damaged model files: a tiny one in its bytes and in the fields that describe it."""

    def __init__(self) -> None:
        import onnx

        self._onnx, self._folder = onnx, tempfile.TemporaryDirectory()
        self._model = onnx.load(self._write(Path(self._folder.name) / "tiny.onnx"))
        self._fields = {entry.key: entry.value for entry in self._model.metadata_props}

    def _write(self, path: Path) -> Path:
        from tests.tiny_model import write_tiny_model

        return write_tiny_model(path)

    def draw(self, rng: np.random.Generator) -> bytes:
        model, fields = self._onnx.ModelProto(), dict(self._fields)
        model.CopyFrom(self._model)
        del model.metadata_props[:]
        keys = sorted(fields)
        for _ in range(int(rng.integers(1, 4))):
            key = choose(keys, rng)
            match int(rng.integers(5)):
                case 0:
                    fields.pop(key, None)
                case 1:
                    fields[key] = str(choose(NUMBERS, rng))
                case 2:
                    fields[key] = "[" * int(rng.integers(1, 3000))
                case 3:
                    fields[key] = repr(draw_value(rng)).encode("utf-8", "replace").decode()[:10_000]
                case 4:
                    content = mutate(fields.get(key, "x").encode(), [b"{}[]0,1e999 NaN"], rng)
                    fields[key] = content.decode("utf-8", "replace")
        self._onnx.helper.set_model_props(model, fields)
        content = model.SerializeToString()
        return mutate(content, [content], rng) if rng.random() < 0.4 else content

    def attempt(self, drawn: bytes) -> None:
        path = Path(self._folder.name) / "model.onnx"
        path.write_bytes(drawn)
        found = yomite.load(path, num_threads=1).recognize([[(0, 0), (1, 1)]])
        assert 0.0 <= found.confidence <= 1.0


class LineFiles(ModelFiles):
    """Damaged files of lines, the language model inside among what is damaged."""

    def __init__(self) -> None:
        super().__init__()
        gray = Image.open(ROOT / "examples" / "line.png").convert("L")
        self._picture = np.asarray(gray.resize((gray.width // 3, gray.height // 3)))
        (self._language_model,) = (
            tensor for tensor in self._model.graph.initializer if tensor.name == "language_model/value"
        )
        self._whole = self._language_model.raw_data

    def _write(self, path: Path) -> Path:
        from tests.tiny_line_model import write_tiny_line_model

        return write_tiny_line_model(path)

    def draw(self, rng: np.random.Generator) -> bytes:
        which = rng.random()
        if which < 0.4:
            return super().draw(rng)
        if which < 0.6:
            return self._change_numbers(rng)
        content = self._whole
        if rng.random() < 0.7:
            content = self._change_arrays(rng)
        if rng.random() < 0.5:
            content = mutate(content, [content], rng)
        self._language_model.raw_data, self._language_model.dims[0] = content, len(content)
        try:
            return self._model.SerializeToString() if rng.random() < 0.7 else super().draw(rng)
        finally:
            self._language_model.raw_data, self._language_model.dims[0] = self._whole, len(self._whole)

    def _change_numbers(self, rng: np.random.Generator) -> bytes:
        """Other numbers of the right kind, in the network and in what the file says of its reading."""
        model, fields = self._onnx.ModelProto(), dict(self._fields)
        model.CopyFrom(self._model)
        numbers = [0, 0.5, -3, 40, -800, 1e4, 1e38, -1e38, 1e300]
        pair, triple = rng.choice(numbers, 2).tolist(), rng.choice(numbers, 3).tolist()
        fields["language_weights"] = json.dumps(pair)
        if rng.random() < 0.5:
            changed = {"character": triple, "line": triple[::-1], "rejection_threshold": pair[0]}
            fields["line_calibration"] = json.dumps(changed)
        if rng.random() < 0.3:
            fields["step_px"] = str(int(rng.integers(1, 33)))
        if rng.random() < 0.5:
            (weights,) = (tensor for tensor in model.graph.initializer if tensor.name == "weights")
            values = np.frombuffer(weights.raw_data, np.float32).copy()
            values[int(rng.integers(len(values)))] = choose([1e38, -1e38, np.nan, 1e4], rng)
            weights.raw_data = values.tobytes()
        if rng.random() < 0.3:
            node = choose(model.graph.node, rng)
            node.op_type = choose(["Relu", "Neg", "Exp", "Softmax", "Identity", "Abs", "Floor"], rng)
        self._onnx.helper.set_model_props(model, fields)
        return model.SerializeToString()

    def _change_arrays(self, rng: np.random.Generator) -> bytes:
        arrays = dict(np.load(io.BytesIO(self._whole)))
        for _ in range(int(rng.integers(1, 4))):
            name = choose(sorted(arrays), rng)
            array = arrays[name]
            match int(rng.integers(4)):
                case 0:
                    del arrays[name]
                case 1 if array.ndim:
                    arrays[name] = array[: int(rng.integers(len(array) + 1))].repeat(int(rng.integers(1, 3)))
                case 2 if array.dtype.kind in "iu" and array.size:
                    changed = array.copy()
                    changed.flat[int(rng.integers(array.size))] = choose([0, 1, 127], rng)
                    arrays[name] = changed
                case _:
                    odd = [
                        np.int64(10**12),
                        np.str_(""),
                        np.str_("口口"),
                        np.float64(np.nan),
                        np.zeros((2, 2)),
                    ]
                    arrays[name] = np.asarray(choose(odd, rng))
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()

    def attempt(self, drawn: bytes) -> None:
        reader = LineReader(drawn)
        line = reader.read(reader.prepare(self._picture, "auto"))
        assert 0.0 <= line.exact_confidence <= line.confidence <= 1.0
        assert all(0.0 <= one.confidence <= 1.0 for one in line.characters)


class Configs:
    """Configurations with words, numbers and signs where others belong."""

    has_several_lines = True  # one for each mistake

    def __init__(self) -> None:
        from yomite.config import load_config

        self._load: Callable[..., Any] = load_config
        self._files = [path.read_bytes() for path in sorted((ROOT / "configs").glob("*.yaml"))]
        self._folder = tempfile.TemporaryDirectory()

    def draw(self, rng: np.random.Generator) -> bytes:
        content = choose(self._files, rng)
        if rng.random() < 0.5:
            return mutate(content, [*self._files, b"{[&a *a !!python/object: '|>\t- ? "], rng)
        lines = content.decode().splitlines()
        for _ in range(int(rng.integers(1, 4))):
            index = int(rng.integers(len(lines)))
            key, colon, _ = lines[index].partition(":")
            if colon:
                value = repr(draw_value(rng))[:2_000]
                lines[index] = f"{key}: {value}" if rng.random() < 0.8 else f"{key}x: {value}"
        return "\n".join(lines).encode("utf-8", "replace")

    def attempt(self, drawn: bytes) -> None:
        path = Path(self._folder.name) / "config.yaml"
        path.write_bytes(drawn)
        self._load(path, [])

"""The weights file: what goes in comes out, and a bad file gets one line."""

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from yomite.checkpoint import Checkpoint, load_model, read_checkpoint, write_checkpoint
from yomite.errors import ModelFileError
from yomite.models import build

MODEL = {
    "name": "residual",
    "arguments": {"widths": [8], "depths": [1], "embedding": 8},
    "num_classes": 3,
    "input_size": 8,
}


def build_checkpoint(**changes: object) -> Checkpoint:
    torch.manual_seed(4)
    model = build("residual", 3, 8, **MODEL["arguments"])  # type: ignore[arg-type]
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    values = {"kind": "weights", "model": MODEL, "characters": ("永", "\u3000", "𠮟"), "tensors": tensors}
    values |= {"config": {"name": "x"}, "progress": {"step": 7, "best": 0.5}, "commit": "abc"}
    return Checkpoint(**(values | changes))  # type: ignore[arg-type]


def test_comes_back_as_it_went(tmp_path: Path) -> None:
    written = build_checkpoint()
    write_checkpoint(tmp_path / "a.safetensors", written)
    read = read_checkpoint(tmp_path / "a.safetensors")
    for name in ("kind", "model", "characters", "config", "progress", "commit"):
        assert getattr(read, name) == getattr(written, name)
    assert read.tensors.keys() == written.tensors.keys()
    assert all(torch.equal(read.tensors[name], written.tensors[name]) for name in read.tensors)
    images = torch.randint(0, 256, (4, 1, 8, 8), dtype=torch.uint8)
    expected = build("residual", 3, 8, **MODEL["arguments"])  # type: ignore[arg-type]
    expected.load_state_dict(written.section("model"))
    assert torch.equal(load_model(read)(images), expected.eval()(images))


def test_half_storage_rounds_matrices_alone(tmp_path: Path) -> None:
    written = build_checkpoint()
    write_checkpoint(tmp_path / "whole", written)
    write_checkpoint(tmp_path / "half", written, storage="float16")
    assert (tmp_path / "half").stat().st_size < 0.75 * (tmp_path / "whole").stat().st_size
    for name, tensor in read_checkpoint(tmp_path / "half").tensors.items():
        expected = written.tensors[name]
        assert tensor.dtype == expected.dtype
        assert torch.equal(tensor, expected.half().float() if expected.ndim > 1 else expected)


def test_bytes_round_each_row_of_large_matrices_by_itself(tmp_path: Path) -> None:
    rows = torch.randn(120, 10, 3, 3) * torch.logspace(-6, 3, 120)[:, None, None, None]
    rows[7] = 0
    tensors = {"model.kernel": rows, "model.small": torch.randn(8, 8), "model.bias": torch.randn(20_000)}
    tensors["model.count"] = torch.tensor(3)
    write_checkpoint(tmp_path / "bytes", build_checkpoint(tensors=tensors), storage="int8")
    assert (tmp_path / "bytes").stat().st_size < rows.numel() + 4 * 20_000 + 4_000
    read = read_checkpoint(tmp_path / "bytes").tensors
    assert read.keys() == tensors.keys()
    assert all(tensor.dtype == tensors[name].dtype for name, tensor in read.items())
    assert torch.equal(read["model.small"], tensors["model.small"].half().float())
    assert torch.equal(read["model.bias"], tensors["model.bias"]) and read["model.count"] == 3
    step = rows.flatten(1).abs().amax(1)[:, None, None, None] / 127
    assert ((read["model.kernel"] - rows).abs() <= 0.501 * step).all()
    again = build_checkpoint(tensors=read)
    write_checkpoint(tmp_path / "again", again, storage="int8")
    assert torch.allclose(read_checkpoint(tmp_path / "again").tensors["model.kernel"], read["model.kernel"])


def test_damaged_scales_are_one_clear_line(tmp_path: Path) -> None:
    tensors = {"model.kernel": torch.zeros(4, 9, dtype=torch.int8), "scales.model.kernel": torch.ones(3)}
    write_checkpoint(tmp_path / "bytes", build_checkpoint(tensors=tensors))
    with pytest.raises(ModelFileError, match="damaged scales"):
        read_checkpoint(tmp_path / "bytes")


def test_the_moving_average_is_preferred() -> None:
    average = {
        f"ema.{name}": torch.zeros_like(tensor)
        for name, tensor in build_checkpoint().section("model").items()
    }
    both = build_checkpoint(tensors=build_checkpoint().tensors | average)
    assert not load_model(both).classifier.weight.any()
    assert load_model(both, section="model").classifier.weight.any()


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.safetensors"
    write_checkpoint(path, build_checkpoint())
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_checkpoint(path, build_checkpoint(commit="new"))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.safetensors"]


def test_a_bad_file_gets_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    with pytest.raises(ModelFileError, match="is not there"):
        read_checkpoint(path)
    for content in (b"", b"hello, world, this is no model", b"\xff" * 64):
        path.write_bytes(content)
        with pytest.raises(ModelFileError, match="damaged or no safetensors file"):
            read_checkpoint(path)
    write_checkpoint(path, build_checkpoint())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelFileError, match="damaged"):
        read_checkpoint(path)


def test_one_wrong_bit_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_checkpoint(path, build_checkpoint())
    content = bytearray(path.read_bytes())
    content[-5] ^= 4  # in the last tensor
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="its checksum is wrong"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"format_version": "3"}, "format version '3'; this yomite reads versions 1 and 2"),
        ({"format_version": None}, "not written by yomite"),
        ({"charset": "[“"}, "damaged metadata"),
        ({"progress": None}, "damaged metadata"),
        ({"charset": json.dumps(["永"])}, "3 classes but 1 characters"),
        ({"charset": "[" * 100_000}, "damaged metadata"),
        ({"model": json.dumps(MODEL | {"name": 5})}, "damaged metadata"),
        ({"model": json.dumps(MODEL | {"arguments": [8]})}, "damaged metadata"),
        ({"model": json.dumps(MODEL | {"input_size": 10**9})}, "input_size 1000000000, from 1 to 4096"),
        ({"model": json.dumps(MODEL | {"input_size": 1e9})}, "damaged metadata"),
    ],
)
def test_bad_metadata_gets_one_line(tmp_path: Path, changes: dict[str, str | None], line: str) -> None:
    metadata = {
        "format_version": "1", "kind": "weights", "model": json.dumps(MODEL), "charset": '["a", "b", "c"]',
        "config": "{}", "progress": "{}", "commit": "",
    } | changes  # fmt: skip
    path = tmp_path / "a.safetensors"
    save_file(
        {"x": torch.zeros(1)}, path, {key: value for key, value in metadata.items() if value is not None}
    )
    with pytest.raises(ModelFileError) as caught:
        read_checkpoint(path)
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_a_network_that_no_memory_holds_is_refused() -> None:
    arguments = {**MODEL["arguments"], "embedding": 10**13}  # type: ignore[dict-item]
    with pytest.raises(ModelFileError, match="the file's model cannot be built") as caught:
        load_model(build_checkpoint(model=MODEL | {"arguments": arguments}))
    assert "\n" not in str(caught.value)


def test_tensors_that_do_not_fit_are_refused() -> None:
    tensors = build_checkpoint().tensors
    missing = {name: tensor for name, tensor in tensors.items() if name != "model.classifier.bias"}
    with pytest.raises(ModelFileError, match=r"'classifier.bias': the file has nothing, the model \(3,\)"):
        load_model(build_checkpoint(tensors=missing))
    with pytest.raises(ModelFileError, match="'extra'"):
        load_model(build_checkpoint(tensors=tensors | {"model.extra": torch.zeros(1)}))
    with pytest.raises(ModelFileError, match="code of its own"):
        load_model(build_checkpoint(model=MODEL | {"name": "os:system"}))

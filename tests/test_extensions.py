"""Names of one's own code: found, or refused with one line; never run for a file nobody vouched for."""

from pathlib import Path

import pytest
import torch

from yomite.checkpoint import Checkpoint, load_model, read_checkpoint, write_checkpoint
from yomite.errors import ConfigError, ModelFileError
from yomite.extensions import find_callable, is_custom
from yomite.models import build

MODULE = """
import torch
from torch import nn

class Net(nn.Module):
    task = "character"
    def __init__(self, num_classes, input_size, width=4):
        super().__init__()
        self.input_size = input_size
        self.classifier = nn.Linear(input_size ** 2, num_classes)
    def forward(self, images):
        return self.classifier(images.flatten(1).float() / 255)

number = 3
"""


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module in the current folder, under a name of its own for each test."""
    name = f"own_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [entry for entry in __import__("sys").path if entry])
    return name


def test_built_in_names_come_first_and_own_ones_are_imported(own_module: str) -> None:
    assert find_callable("list", {"list": list}, "k") is list
    model = build(f"{own_module}:Net", 5, 8, width=2)
    assert model(torch.zeros((3, 1, 8, 8), dtype=torch.uint8)).shape == (3, 5)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("residul", "model.name 'residul' is unknown; did you mean 'residual'\\?.*package.module:callable"),
        ("nowhere_at_all:Net", "no module 'nowhere_at_all' is installed or in"),
        ("{own}:Nett", "has no callable 'Nett'; it has: Net"),
        ("{own}:number", "has no callable 'number'"),
        ("{own}_broken:Net", "importing .*_broken failed: ZeroDivisionError: division by zero"),
        ("{own}_needy:Net", "_needy needs absent_package; install it"),
    ],
)
def test_what_is_not_there_is_one_line(own_module: str, name: str, complaint: str) -> None:
    Path(f"{own_module}_broken.py").write_text("1 / 0", encoding="utf-8")
    Path(f"{own_module}_needy.py").write_text("import absent_package.part", encoding="utf-8")
    with pytest.raises(ConfigError, match=complaint) as refused:
        build(name.format(own=own_module), 5, 8)
    assert "\n" not in str(refused.value)


def test_an_unknown_argument_names_the_known_ones(own_module: str) -> None:
    with pytest.raises(ConfigError, match="has no argument 'depth'; it takes: width"):
        build(f"{own_module}:Net", 5, 8, depth=2)


@pytest.mark.parametrize(
    ("name", "custom"),
    [("a:b", True), ("a.b_c:D", True), ("residual", False), ("cells/x:p07,p08", False), ("a:", False)],
)
def test_the_form_of_a_name(name: str, custom: bool) -> None:
    assert is_custom(name) is custom


def test_a_checkpoint_runs_no_code_of_its_own_unless_told(own_module: str, tmp_path: Path) -> None:
    model = build(f"{own_module}:Net", 2, 4)
    described = {"name": f"{own_module}:Net", "arguments": {}, "num_classes": 2, "input_size": 4}
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    write_checkpoint(tmp_path / "w.safetensors", Checkpoint("weights", described, ("一", "二"), tensors))
    checkpoint = read_checkpoint(tmp_path / "w.safetensors")
    with pytest.raises(ModelFileError, match="--allow-custom"):
        load_model(checkpoint)
    again = load_model(checkpoint, allow_custom=True)
    assert torch.equal(again.classifier.weight, model.classifier.weight)  # type: ignore[union-attr]

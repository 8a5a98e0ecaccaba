"""docs/extending.md: its code is short, works as it stands, and its configurations are valid."""

import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import PROJECT_ROOT
from PIL import Image, ImageDraw

pytest.importorskip("torch", reason='needs the extra: pip install "yomite[train]"')

import torch
import yaml

from yomite.checkpoint import load_model, read_checkpoint
from yomite.config import parse_config
from yomite.models import build
from yomite.streams.batch import Batch
from yomite.training.loop import train

PAGE = (PROJECT_ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
MODULES = dict(re.findall(r"```python\n# (\w+)\.py\n(.*?)```", PAGE, re.DOTALL))
CONFIGS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the page's modules and a few scans of two characters, as the current folder."""
    for name, code in MODULES.items():
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    (tmp_path / "scans").mkdir()
    rng = np.random.default_rng(0)
    rows = [("file", "character", "writer")]
    for character, ends in (("一", ((4, 20), (36, 20))), ("丨", ((20, 4), (20, 36)))):
        for n in range(6):
            picture = Image.new("L", (40, 40), 250)
            shift = int(rng.integers(-3, 4))
            line = [(x + shift, y + shift) for x, y in ends]
            ImageDraw.Draw(picture).line(line, fill=20, width=int(rng.integers(2, 5)))
            rows.append((f"{ord(character):04x}-{n}.png", character, f"w{n % 3}"))
            picture.save(tmp_path / "scans" / rows[-1][0])
    with (tmp_path / "scans" / "index.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    (tmp_path / "characters.txt").write_text("一丨", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in MODULES:
        sys.modules.pop(name, None)


def test_each_is_under_thirty_lines() -> None:
    assert MODULES.keys() == {"my_data", "my_model", "my_objective"}
    for code in MODULES.values():
        assert len(code.splitlines()) + 1 < 30


def test_the_configurations_are_valid() -> None:
    assert len(CONFIGS) == 3
    for text in CONFIGS:
        parse_config(yaml.safe_load(text))
    parse_config({"data": yaml.safe_load('{stream: stored, sources: ["my_data:open_scans"]}')})
    assert '`data: {stream: stored, sources: ["my_data:open_scans"]}`' in PAGE


def test_data_model_and_objective_of_ones_own_make_a_run(project: Path) -> None:
    config = parse_config(
        {
            "charset": "characters.txt",
            "model": {"name": "my_model:WideNet", "input_size": 16, "arguments": {"width": 8}},
            "data": {"stream": "stored", "sources": ["my_data:open_scans"]},
            "validation": {"sources": ["my_data:open_scans"]},
            "objective": {"name": "my_objective:focal", "arguments": {"gamma": 1.5}},
            "optimizer": {"learning_rate": 0.01},
            "schedule": {"warmup_steps": 2, "total_steps": 30},
            "batch_size": 12,
            "precision": "fp32",
            "ema": {"decay": 0.5},
            "loader": {"workers": 0},
            "tracking": {"tensorboard": False},
            "out": "run",
        }
    )
    weights = train(config, data_root=project)
    records = [json.loads(line) for line in Path("run/log.jsonl").read_text("utf-8").splitlines()]
    assert records[-1]["group"] == "my_data:open_scans" and records[-1]["top1"] == 1.0
    model = load_model(read_checkpoint(weights), allow_custom=True)
    assert model.attention_maps(torch.zeros((1, 1, 16, 16), dtype=torch.uint8)).shape == (1, 2, 2)  # type: ignore


def test_the_focal_loss_is_the_formula(project: Path) -> None:
    import my_objective  # pyright: ignore[reportMissingImports]

    torch.manual_seed(0)
    model = build("my_model:WideNet", 2, 16, width=8).eval()
    batch = Batch(torch.randint(0, 256, (4, 1, 16, 16), dtype=torch.uint8), torch.tensor([0, 1, 1, 0]))
    loss, counts = my_objective.focal(2.0)(model, batch, torch.Generator())
    p = model(batch.images).softmax(1)[range(4), batch.targets]
    torch.testing.assert_close(loss, (-((1 - p) ** 2) * p.log()).mean())
    assert counts["samples"] == 4

"""The documented way from released weights to one's own characters and pictures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from yomite.charset import Charset, build_charset
from yomite.checkpoint import Checkpoint, load_model, read_checkpoint, write_checkpoint
from yomite.config import load_config
from yomite.errors import ConfigError, ModelFileError
from yomite.ink.canvas import to_canvas
from yomite.models import build
from yomite.training.finetune import fill_from_weights, find_weights
from yomite.training.learner import build_learner, build_optimizer
from yomite.training.loop import train

CONFIG = Path(__file__).parents[2] / "configs" / "finetune.yaml"
SIZE = 48
ARGUMENTS = {"widths": [8, 16], "depths": [1, 1], "embedding": 16, "pools": 1}


def write_weights(path: Path, characters: str) -> Checkpoint:
    torch.manual_seed(8)
    model = build("residual", len(characters), SIZE, **ARGUMENTS)
    described = {
        "name": "residual",
        "arguments": ARGUMENTS,
        "num_classes": len(characters),
        "input_size": SIZE,
    }
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    weights = Checkpoint("weights", described, tuple(characters), tensors)
    write_checkpoint(path, weights)
    return weights


def draw_cross(character: str, rng: np.random.Generator) -> Image.Image:
    """一, 十 or a ring, each a little different."""
    picture = Image.new("L", (64, 64), 255)
    pen = ImageDraw.Draw(picture)
    x, y = rng.integers(26, 38, 2)
    if character == "〇":
        pen.ellipse((x - 20, y - 20, x + 20, y + 20), outline=0, width=3)
    else:
        pen.line((8, y, 56, y + rng.integers(-3, 4)), fill=0, width=3)
    if character == "十":
        pen.line((x, 8, x, 56), fill=0, width=3)
    return picture


def test_learns_a_folder_of_ones_own_pictures(tmp_path: Path) -> None:
    write_weights(tmp_path / "weights.safetensors", "永一")
    (tmp_path / "characters.txt").write_text("一十〇", encoding="utf-8")
    rng = np.random.default_rng(9)
    for character, name in [("一", "一"), ("十", "U+5341"), ("〇", "〇")]:
        folder = tmp_path / "samples" / name
        folder.mkdir(parents=True)
        for number in range(4):
            draw_cross(character, rng).save(folder / f"{number}.png")
    config = load_config(
        CONFIG,
        [
            f"charset={tmp_path / 'characters.txt'}",
            f"data.folder.path={tmp_path / 'samples'}",
            f"out={tmp_path / 'run'}",
            f"init_from={tmp_path / 'weights.safetensors'}",
            f"model.arguments={ARGUMENTS}",
            "data.ink.share=0",
            "optimizer.rates={}",  # 十 and 〇 are new
            "optimizer.name=adamw",
            "ema.decay=0.9",
            "optimizer.learning_rate=0.01",
            "schedule.warmup_steps=5",
            "schedule.total_steps=40",
            "batch_size=32",
            "loader.workers=0",
        ],
    )
    weights = read_checkpoint(train(config, data_root=tmp_path / "nowhere"))
    assert weights.characters == ("一", "十", "〇")
    model = load_model(weights)
    for character in weights.characters:
        canvas = to_canvas(draw_cross(character, rng), SIZE)
        label = int(model(torch.from_numpy(canvas)[None, None]).argmax())
        assert weights.characters[label] == character


def test_a_frozen_classifier_learns_no_new_characters(tmp_path: Path) -> None:
    write_weights(tmp_path / "weights.safetensors", "永一")
    (tmp_path / "characters.txt").write_text("一十〇", encoding="utf-8")
    words = [
        f"charset={tmp_path / 'characters.txt'}",
        f"init_from={tmp_path / 'weights.safetensors'}",
        f"model.arguments={ARGUMENTS}",
        f"out={tmp_path / 'run'}",
    ]
    charset = Charset("mine", "一十〇")
    with pytest.raises(ConfigError, match=r"2 of 3 characters are new .* optimizer.rates=\{\}"):
        build_learner(load_config(CONFIG, words), charset, tmp_path)
    build_learner(load_config(CONFIG, [*words, "optimizer.rates={}"]), charset, tmp_path)


def test_what_is_frozen_stays(tmp_path: Path) -> None:
    """The recipe's names are those of the released network, and its norms keep their statistics."""
    learner = build_learner(load_config(CONFIG), build_charset("full"), tmp_path)
    learner.train()
    before = {name: tensor.clone() for name, tensor in learner.model.state_dict().items()}
    config = load_config(CONFIG).optimizer
    optimizer = build_optimizer(learner, config)
    images = torch.randint(0, 256, (4, 1, SIZE, SIZE), dtype=torch.uint8)
    torch.nn.functional.cross_entropy(learner.model(images), torch.tensor([5, 6, 7, 8])).backward()
    optimizer.step()
    after = learner.model.state_dict()
    changed = {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    assert changed == {"place_weight", "embed.weight", "blocks.4.conv1.weight", "blocks.4.conv2.weight"}


def test_rows_go_by_character(tmp_path: Path) -> None:
    weights = write_weights(tmp_path / "a.safetensors", "永字八法")
    charset = Charset("mine", "八新永")
    torch.manual_seed(1)
    fresh = build("residual", 3, SIZE, **ARGUMENTS).classifier.weight.clone()
    torch.manual_seed(1)
    model = build("residual", 3, SIZE, **ARGUMENTS)
    assert fill_from_weights(model, charset, weights) == 2
    rows = model.classifier.weight
    for label, character in enumerate(charset.characters):
        came = weights.tensors["model.classifier.weight"]
        known = character in weights.characters
        assert torch.equal(rows[label], came[weights.characters.index(character)] if known else fresh[label])
    assert torch.equal(model.place_weight, weights.tensors["model.place_weight"])


def test_another_input_size_resamples_the_weights_of_the_places(tmp_path: Path) -> None:
    weights = write_weights(tmp_path / "weights.safetensors", "永一十")
    came = weights.tensors["model.place_weight"]
    model = build("residual", 3, 64, **ARGUMENTS)
    fill_from_weights(model, Charset("three", tuple("永一十")), weights)
    wanted = model.state_dict()["place_weight"]
    assert came.shape[2:] == (12, 12) and wanted.shape[2:] == (16, 16)
    # Smooth weights are the same picture, finer; a constant stays one, and the sum is kept.
    flat = weights.tensors | {"model.place_weight": torch.full_like(came, 4.0)}
    fill_from_weights(model, Charset("three", tuple("永一十")), replace(weights, tensors=flat))
    torch.testing.assert_close(model.state_dict()["place_weight"], torch.full_like(wanted, 4 * 144 / 256))
    assert torch.equal(model.state_dict()["stem.0.weight"], weights.tensors["model.stem.0.weight"])


def test_another_network_is_refused(tmp_path: Path) -> None:
    weights = write_weights(tmp_path / "a.safetensors", "永字八法")
    model = build("residual", 4, SIZE, **(ARGUMENTS | {"widths": [8, 24]}))
    with pytest.raises(ModelFileError, match="copy the file's model section into the config"):
        fill_from_weights(model, Charset("mine", "永字八法"), weights)


def test_weights_are_found_by_path(tmp_path: Path) -> None:
    assert find_weights(str(tmp_path / "a.safetensors")) == tmp_path / "a.safetensors"

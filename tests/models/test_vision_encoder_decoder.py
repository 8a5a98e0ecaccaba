"""VisionEncoderDecoder of transformers: a family for lines, from configuration or a folder of weights."""

import json
from pathlib import Path
from typing import Any

import pytest
import tiny_lines
import torch
from safetensors.torch import load_file, save_file

from yomite.charset import Charset
from yomite.checkpoint import load_model, read_checkpoint
from yomite.config import RunConfig
from yomite.errors import ConfigError
from yomite.models import build
from yomite.models.decoding import write_beam, write_greedy
from yomite.models.from_transformers import import_transformers
from yomite.models.vision_encoder_decoder import NAME, VisionEncoderDecoder
from yomite.tasks import Sheet
from yomite.tasks.line import LineTask
from yomite.training.loop import train
from yomite.training.objectives.teacher_forcing import TeacherForcing

HEIGHT, CLASSES, LONGEST = 16, 4, 64
SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
VIT = SMALL | {"patch_size": [8, 4], "image_size": [HEIGHT, LONGEST]}
TROCR = {
    "d_model": 16,
    "decoder_layers": 2,
    "decoder_attention_heads": 2,
    "decoder_ffn_dim": 32,
    "dropout": 0.0,
}


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    import_transformers()


def build_model(num_classes: int = CLASSES, height: int = HEIGHT, **arguments: Any) -> VisionEncoderDecoder:
    torch.manual_seed(2)
    if "pretrained" not in arguments:
        arguments = {"encoder": VIT, "decoder": TROCR} | arguments
    model = build(NAME, num_classes, height, **{"max_length": 5} | arguments)
    assert isinstance(model, VisionEncoderDecoder)
    return model


def save_folder(folder: Path, model: VisionEncoderDecoder) -> Path:
    model.model.save_pretrained(folder)
    return folder


def configure_run(folder: Path, arguments: dict[str, Any], **changes: Any) -> RunConfig:
    model = {"name": NAME, "input_size": HEIGHT, "arguments": arguments}
    return tiny_lines.configure_run(folder, "encoder_decoder", model=model, **changes)


def draw_ink(num: int, width: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(1, 256, (num, 1, HEIGHT, width), dtype=torch.uint8, generator=generator)


OTHER_PARTS = [
    {"decoder": {"model_type": "bert"} | SMALL},
    {"decoder": {"model_type": "gpt2", "n_embd": 16, "n_layer": 1, "n_head": 2}},
    {"decoder": TROCR | {"use_learned_position_embeddings": False}},
    {"encoder": VIT | {"hidden_size": 8, "num_channels": 3}},
    {"encoder": {"model_type": "deit", "image_size": [16, 64], "patch_size": 8} | SMALL},
    {
        "encoder": {
            "model_type": "swin",
            "embed_dim": 8,
            "depths": [1, 1],
            "num_heads": [2, 2],
            "window_size": 2,
        }
    },
]


@pytest.mark.parametrize("parts", [{}, *OTHER_PARTS])
def test_it_gives_what_a_decoder_gives_and_is_built_again(parts: dict[str, Any]) -> None:
    model, batch = build_model(**parts), tiny_lines.draw_validation(8).batch
    TeacherForcing()(model.train(), batch, torch.Generator())[0].backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) is parameter.requires_grad, name
    logits = model.eval()(batch.images, batch.targets)
    assert logits.shape == (8, batch.targets.shape[1] + 1, CLASSES + 1)
    changed = batch.targets.clone()
    changed[:, 1] = (changed[:, 1] + 1) % CLASSES
    other = model(batch.images, changed)
    torch.testing.assert_close(other[:, :2], logits[:, :2])
    assert ((other[:, 2:] - logits[:, 2:]).abs().amax((1, 2)) > 1e-5).all()
    again = build(NAME, CLASSES, HEIGHT, **json.loads(json.dumps(model.built_from))).eval()
    again.load_state_dict(model.state_dict())
    torch.testing.assert_close(again(batch.images, batch.targets), logits)


def test_the_defaults_are_small_and_each_setting_passes_through() -> None:
    model = build(NAME, 20, 32)
    assert isinstance(model, VisionEncoderDecoder) and (model.height, model.width) == (32, 512)
    assert model.grid == (4, 64) and sum(p.numel() for p in model.parameters()) < 4e6
    encoder, decoder = build_model().built_from["encoder"], build_model().built_from["decoder"]
    assert VIT.items() <= encoder.items() and TROCR.items() <= decoder.items()


def test_padding_and_the_lines_beside_it_change_nothing() -> None:
    model = build_model().eval()
    short, targets = draw_ink(1, 21), torch.tensor([[1, 2]])
    alone = model(short, targets)
    padded = torch.nn.functional.pad(short, (0, 200))
    torch.testing.assert_close(model(padded, targets), alone)
    beside = torch.cat([draw_ink(1, 221), padded])
    torch.testing.assert_close(model(beside, targets.repeat(2, 1))[1:], alone)


def test_a_long_line_is_squeezed_and_not_cut() -> None:
    model = build_model().eval()
    images = torch.zeros((1, 1, HEIGHT, 2 * LONGEST + 9), dtype=torch.uint8)
    images[..., 60:64] = 255
    images[..., 124:128] = 255  # twice what the encoder sees
    fitted = model._fit(images)
    assert fitted.shape == (1, 1, HEIGHT, LONGEST)
    columns = fitted[0, 0].mean(0)
    assert columns[31].item() > 0.4 and columns[62:].max() > 0.4 and columns[:28].max() == 0


def test_published_weights_see_dark_ink_on_white() -> None:
    model, seen = build_model(encoder=VIT | {"num_channels": 3}), []
    model.model.encoder.register_forward_pre_hook(
        lambda module, args, kwargs: seen.append(kwargs["pixel_values"]), with_kwargs=True
    )
    images = torch.zeros((1, 1, HEIGHT, 8), dtype=torch.uint8)
    images[..., :4] = 255
    model.encode(images)
    assert seen[0].shape == (1, 3, HEIGHT, LONGEST)
    assert seen[0][..., :4].max() == -1 and seen[0][..., 4:].min() == 1


def test_maps_are_of_the_strip(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build_model().eval()
    maps = torch.zeros(2, 2, 16)  # 4 px a column
    maps[:, :, 8] = 1.0
    images = torch.zeros((2, 1, HEIGHT, 160), dtype=torch.uint8)
    images[0, ..., :40] = 255
    images[1, ..., :128] = 255  # squeezed to half
    spread = model._spread(maps, images)
    assert spread.shape == (2, 2, 40) and spread[0, 0].argmax() == 8 and spread[1, 0].argmax() in (16, 17)
    assert spread[1, 0, 32:].sum() == 0
    found = model.attention_maps(images[..., :37])
    assert found.shape == (2, 2, 10) and found.min() >= 0 and found.max() <= 1
    monkeypatch.setattr(
        "yomite.models.decoding.write_greedy",
        lambda model, images: write_greedy(model, images)[:0] + [type("Line", (), {"labels": (1, 2)})()] * 2,
    )
    assert model.attention_maps(images, torch.tensor([1, 3])).flatten(1).amax(1).tolist() == [1.0, 0.0]


def test_a_run_learns_writes_and_shows_where_it_looked(tmp_path: Path) -> None:
    encoder = VIT | {"patch_size": [16, 4], "initializer_range": 0.25}
    decoder = TROCR | {"decoder_layers": 1, "init_std": 0.25}
    arguments = {"encoder": encoder, "decoder": decoder, "max_length": 5}
    config = configure_run(
        tmp_path,
        arguments,
        optimizer={"learning_rate": 5e-3},
        schedule={"warmup_steps": 10, "total_steps": 160},
        validation={"every_steps": 40},
    )
    validation = tiny_lines.draw_validation()
    path = train(config, data_root=tmp_path, validation=[validation])
    log = (tmp_path / "run" / "log.jsonl").read_text(encoding="utf-8")
    scores = [record for record in map(json.loads, log.splitlines()) if record["group"] == "lines"]
    assert scores[-1]["loss"] < 0.6 * scores[0]["loss"] and scores[-1]["cer"] < 0.5
    model = load_model(read_checkpoint(path))
    task = LineTask(Charset("four", tuple(tiny_lines.CHARACTERS)))
    images = validation.batch.images
    best, greedy = [lines[0] for lines in write_beam(model, images, 3)], write_greedy(model, images)  # type: ignore
    assert all(b.log_probability >= g.log_probability - 1e-4 for b, g in zip(best, greedy, strict=True))
    sheets = list(task.glimpse(model, validation.batch, [validation], is_last=True))
    lines = next(one for one in sheets if isinstance(one, Sheet) and one.name == "lines/lines")
    assert lines.heat is not None
    for heat, image in zip(lines.heat, lines.images, strict=True):
        assert heat.shape == (1, image.shape[1] // 4)


@pytest.mark.parametrize("parts", [{}, *OTHER_PARTS[:4]])
def test_a_folder_of_weights_is_taken_as_it_is(parts: dict[str, Any], tmp_path: Path) -> None:
    model, images, targets = build_model(**parts).eval(), draw_ink(2, 50), torch.tensor([[1, 2], [0, 3]])
    folder = save_folder(tmp_path / "folder", model)
    same = build_model(pretrained=str(folder)).eval()
    torch.testing.assert_close(same(images, targets), model(images, targets))
    assert same.built_from == model.built_from
    other = build_model(num_classes=9, height=24, pretrained=str(folder))
    assert other(torch.zeros((1, 1, 24, 40), dtype=torch.uint8), targets[:1]).shape == (1, 3, 10)
    old, new = model.model.state_dict(), other.model.state_dict()
    fresh = {name for name in new if new[name].shape != old[name].shape}
    assert fresh and all(new[name].shape[0] == 11 and old[name].shape[0] == 6 for name in fresh)
    assert all(torch.equal(new[name], old[name]) for name in new if name not in fresh)
    assert all(new[name].isfinite().all() and new[name].abs().max() < 1 for name in fresh)


def test_weights_do_not_need_the_folder_they_began_from(tmp_path: Path) -> None:
    folder = save_folder(tmp_path / "folder", build_model(num_classes=7))
    arguments = {"pretrained": str(folder), "max_length": 5}
    config = configure_run(tmp_path, arguments, schedule={"warmup_steps": 1, "total_steps": 2})
    path = train(config, data_root=tmp_path, validation=())
    (folder / "config.json").unlink()
    weights = read_checkpoint(path)
    assert "pretrained" not in weights.model["arguments"]
    assert isinstance(load_model(weights), VisionEncoderDecoder)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"encoder": {"model_type": "vitt"}}, "encoder: 'vitt' is unknown; did you mean 'vit'"),
        ({"encoder": {"hiden_size": 8}}, "encoder: 'vit' has no setting 'hiden_size'; did you mean"),
        ({"encoder": {"hidden_size": "many"}}, "encoder={'hidden_size': 'many'} cannot be used"),
        ({"encoder": VIT | {"patch_size": 99}}, "reads no line"),
        ({"decoder": {"model_type": "llama"} | SMALL}, "decoder={'model_type': 'llama'.*reads no line"),
        ({"decoder": TROCR | {"max_position_embeddings": 5}}, "max_length=5; .* so give 4 at most"),
        ({"max_length": 0}, "max_length=0; it takes a whole number from 1"),
        ({"pretrained": "nowhere"}, "there is no folder nowhere; give a local folder"),
        ({"pretrained": "nowhere", "encoder": VIT}, "are those of the pretrained folder; leave them out"),
    ],
)
def test_each_wrong_argument_has_one_line(arguments: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError, match=line) as raised:
        build(NAME, CLASSES, HEIGHT, **{"max_length": 5} | arguments)
    assert "\n" not in str(raised.value)


def test_each_wrong_folder_has_one_line(tmp_path: Path) -> None:
    def refuse(line: str) -> None:
        with pytest.raises(ConfigError, match=line) as raised:
            build_model(pretrained=str(tmp_path))
        assert "\n" not in str(raised.value)

    refuse(r"has no config\.json")
    save_folder(tmp_path, build_model())
    config, weights = tmp_path / "config.json", tmp_path / "model.safetensors"
    whole = load_file(weights)
    weights.rename(tmp_path / "pytorch_model.bin")
    refuse(r"has no model\.safetensors, and no pickle is opened")
    save_file({name: t for name, t in whole.items() if "fc1" not in name}, weights, {"format": "pt"})
    refuse("lacks tensor 'decoder.*fc1")
    weights.write_bytes(b"no safetensors")
    refuse("reads no line")
    described = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps(described | {"model_type": "bert"}), encoding="utf-8")
    refuse("holds a model of type 'bert'; it must be 'vision-encoder-decoder'")
    config.write_text("[1", encoding="utf-8")
    refuse(r"config\.json is damaged")


def test_a_line_that_is_too_long_is_refused() -> None:
    with pytest.raises(ConfigError, match="a line of 6 characters; model argument max_length is 5, raise it"):
        build_model()(draw_ink(1, 20), torch.zeros((1, 6), dtype=torch.long))

"""A trained generator as a file: what its pictures depend on, and every bad input in one line."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_hand import CHARACTERS, SIZE, write_generator
from tiny_run import RESIDUAL

pytest.importorskip("diffusers", reason='needs the extra: pip install "yomite[generate]"')

from yomite.charset import Charset
from yomite.checkpoint import Checkpoint, write_checkpoint
from yomite.errors import ConfigError, DataError, ModelFileError, YomiteError
from yomite.generation import generator as generator_module
from yomite.generation.generator import Generator, load_generator, read_hand, stack_plain
from yomite.models import build

PLAIN = np.random.default_rng(0).integers(0, 256, (5, SIZE, SIZE)).astype(np.uint8)


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Generator:
    return load_generator(write_generator(tmp_path_factory.mktemp("weights") / "tiny.safetensors"))


def test_a_picture_depends_on_its_number_and_seed_alone(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = generator.draw(PLAIN, steps=2, seed=3)
    assert whole.shape == (5, SIZE, SIZE) and whole.dtype == np.uint8
    monkeypatch.setattr(generator_module, "BATCH_SIZE", 2)
    assert np.abs(generator.draw(PLAIN, steps=2, seed=3).astype(int) - whole).max() <= 1
    rest = generator.draw(PLAIN[3:], steps=2, seed=3, first=3).astype(int)
    assert np.abs(rest - whole[3:]).max() <= 1
    assert not np.array_equal(generator.draw(PLAIN, steps=2, seed=4), whole)
    assert generator.draw(PLAIN[:0]).shape == (0, SIZE, SIZE)


def test_a_style_for_all_or_one_each(generator: Generator) -> None:
    style = generator.find_style(PLAIN)
    one = generator.draw(PLAIN, style, steps=2).astype(int)
    assert np.abs(generator.draw(PLAIN, style.expand(5, -1), steps=2) - one).max() <= 1


def test_fingerprints_tell_weights_apart(tmp_path: Path, generator: Generator) -> None:
    again = load_generator(write_generator(tmp_path / "again.safetensors"))
    other = load_generator(write_generator(tmp_path / "other.safetensors", seed=1))
    assert again.fingerprint == generator.fingerprint != other.fingerprint


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    reader = build("residual", 3, 16, **RESIDUAL["arguments"])
    tensors = {f"model.{name}": tensor for name, tensor in reader.state_dict().items()}
    charset = Charset("three", tuple(CHARACTERS))
    model = RESIDUAL | {"num_classes": 3}
    write_checkpoint(tmp_path / "r.safetensors", Checkpoint("weights", model, charset.characters, tensors))
    with pytest.raises(ModelFileError, match="a model 'residual', which draws nothing"):
        load_generator(tmp_path / "r.safetensors")
    with pytest.raises(ModelFileError, match="is not there"):
        load_generator(tmp_path / "none.safetensors")
    with pytest.raises(ModelFileError, match="the model is another one"):
        load_generator(
            write_generator(tmp_path / "w.safetensors", arguments={"widths": [32, 32], "style_widths": [8]})
        )


def test_style_folders(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not there"):
        read_hand(tmp_path / "none", SIZE)
    with pytest.raises(DataError, match="holds no picture; give 2 or more"):
        read_hand(tmp_path, SIZE)
    picture = np.full((40, 40), 255, np.uint8)
    picture[10:30, 18:22] = 0
    (tmp_path / "deep").mkdir()
    Image.fromarray(picture).save(tmp_path / "deep" / "a.png")
    with pytest.raises(DataError, match="holds 1 picture; give 2 or more"):
        read_hand(tmp_path, SIZE)
    Image.fromarray(picture.T).save(tmp_path / "b.PNG")
    assert read_hand(tmp_path, SIZE).shape == (2, SIZE, SIZE)
    Image.fromarray(np.full((40, 40), 255, np.uint8)).save(tmp_path / "blank.png")
    with pytest.raises(DataError, match=r"blank\.png: the picture is blank") as caught:
        read_hand(tmp_path, SIZE)
    assert "\n" not in str(caught.value)


def test_a_character_without_a_glyph_is_told() -> None:
    with pytest.raises(DataError, match=r"no plain glyph of '☃' \(U\+2603\)"):
        stack_plain({"永": PLAIN[0]}, ["永", "☃"])


def test_values_out_of_range_and_too_little_memory(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="steps 0"):
        generator.draw(PLAIN, steps=0)
    with pytest.raises(ConfigError, match="guidance -1"):
        generator.draw(PLAIN, guidance=-1.0)

    def fail(*arguments, **named) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")

    monkeypatch.setattr(generator._model, "draw", fail)
    with pytest.raises(YomiteError, match="too little memory to draw 5 characters"):
        generator.draw(PLAIN)

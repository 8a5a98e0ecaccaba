"""Cross-validation of a folder of pictures: each is scored once, by a network that has not seen it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_run import PLAIN, configure_run

from yomite.charset import build_charset
from yomite.checkpoint import read_checkpoint
from yomite.config import RunConfig, parse_config
from yomite.errors import ConfigError, DataError
from yomite.streams import build_stream
from yomite.tasks.character import CharacterTask
from yomite.training.folds import format_folds, train_folds
from yomite.training.validation import read_validation

NUM_EACH = 4


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunConfig:
    """Three characters, four pictures each, all of them different: bars of another place."""
    monkeypatch.setenv("YOMITE_CACHE", str(tmp_path / "cache"))
    for number, character in enumerate("一十〇"):
        folder = tmp_path / "samples" / character
        folder.mkdir(parents=True)
        for sample in range(NUM_EACH):
            picture = np.full((40, 40), 255, np.uint8)
            picture[5 + 10 * number : 12 + 10 * number, 2 + 2 * sample :] = 0
            picture[2 : 6 + 8 * sample, 20 + 3 * sample] = 0
            Image.fromarray(picture).save(folder / f"{sample}.png")
    plain = configure_run(
        tmp_path,
        model=PLAIN,
        data={"stream": "stored", "sources": [str(tmp_path / "samples")]},
        schedule={"warmup_steps": 0, "total_steps": 4},
        validation={"every_steps": 2},
        batch_size=4,
    ).model_dump(mode="json")
    (tmp_path / "characters.txt").write_text("一十〇", encoding="utf-8")
    return parse_config(plain)


def in_fold(config: RunConfig, fold: str) -> RunConfig:
    plain = config.model_dump(mode="json")
    return parse_config(plain | {"data": plain["data"] | {"fold": fold}})


def read_stored(config: RunConfig) -> list[bytes]:
    """The pictures that a run learns from, each once."""
    stream = build_stream(config, build_charset(config.charset), Path())
    return [image.numpy().tobytes() for image in stream.draw(0, np.arange(stream.num_samples)).images]


def test_each_picture_is_held_out_once_and_never_learned(config: RunConfig) -> None:
    every = read_stored(config)
    assert len(set(every)) == 3 * NUM_EACH
    charset = build_charset(config.charset)
    held_out: list[bytes] = []
    for fold in ("1/4", "2/4", "3/4", "4/4"):
        chosen = in_fold(config, fold)
        ((_, validation),) = read_validation(chosen, CharacterTask(charset), Path())
        assert sorted(validation.targets.tolist()) == [0, 1, 2]  # one of each character
        pictures = [image.numpy().tobytes() for image in validation.images]
        assert sorted(read_stored(chosen) + pictures) == sorted(every)
        held_out += pictures
    assert sorted(held_out) == sorted(every)


def test_drawn_from_the_same_pictures(config: RunConfig) -> None:
    """What is bent anew is learned from the same part as what is taken as it is."""
    pytest.importorskip("numba")
    from yomite.data.cache import read_pictures
    from yomite.data.sources import open_source

    charset, name = build_charset(config.charset), config.data.sources[0]
    whole = [ink.tobytes() for ink, _ in read_pictures(open_source(name), charset, 16, None, 0)]
    parts = [
        [ink.tobytes() for ink, _ in read_pictures(open_source(name), charset, 16, f"{number}/4", 0)]
        for number in (1, 2, 3, 4)
    ]
    assert all(len(part) == 9 for part in parts)
    assert sorted(ink for part in parts for ink in part) == sorted(whole * 3)


def test_a_run_for_each_fold(config: RunConfig) -> None:
    scores = train_folds(config, 2, data_root=Path())
    (name,) = config.data.sources
    assert scores.keys() == {name} and scores[name]["samples"] == [6, 6]
    for number in (1, 2):
        weights = read_checkpoint(config.folder / f"fold-{number}/weights.safetensors")
        assert weights.config["data"]["fold"] == f"{number}/2"
        (own,) = weights.progress["scores"].values()
        assert own["loss"] == scores[name]["loss"][number - 1]
    assert json.loads((config.folder / "folds.json").read_text("utf-8")) == scores
    with pytest.raises(ConfigError, match="fold-1 holds a run already"):
        train_folds(config, 2, data_root=Path())
    assert train_folds(config, 2, data_root=Path(), resume=True) == scores


def test_mean_and_deviation() -> None:
    text = format_folds({"mine": {"samples": [6, 7, 7], "top1": [0.5, 0.75, 1.0]}})
    assert text.split("\n") == [
        "mine",
        "  samples          20 in 3 folds",
        "  top1             0.7500 ± 0.2500  (0.5000 0.7500 1.0000)",
    ]


def test_more_folds_than_samples(config: RunConfig) -> None:
    with pytest.raises(DataError, match="12 samples do not fill 13 folds"):
        train_folds(config, 13, data_root=Path())
    assert not config.folder.exists()


def test_a_class_without_samples(config: RunConfig, capsys: pytest.CaptureFixture[str]) -> None:
    Path(config.charset).write_text("一十〇永字", encoding="utf-8")
    charset = build_charset(config.charset)
    with pytest.raises(DataError, match=r"no sample of 2 characters of charset .*: 永 字; give samples"):
        build_stream(config, charset, Path())
    plain = config.model_dump(mode="json")
    allowed = parse_config(plain | {"data": plain["data"] | {"allow_missing": True}})
    assert build_stream(allowed, charset, Path()).num_samples == 12
    assert not capsys.readouterr().out
    build_stream(in_fold(config, "1/2"), charset, Path())
    assert "fold 1/2: no sample of 2 characters" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"fold": "2"}, "data.fold: '2' came; "),
        ({"fold": "3/2"}, "data: fold 3/2; write number/folds, as 1/5 to 5/5"),
        ({"fold": "1/2"}, "data: fold splits real samples, and there are none"),
    ],
)
def test_a_fold_that_is_none_has_one_line(data: dict[str, str], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({"data": data})
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_writers_stay_whole_in_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that knows its writers: nobody is both learned from and validated on."""
    monkeypatch.setenv("YOMITE_CACHE", str(tmp_path / "cache"))
    config = configure_run(tmp_path, data={"stream": "stored", "sources": ["tiny_run:open_written"]})
    charset = build_charset(config.charset)
    inks = []
    for fold in ("1/2", "2/2"):
        chosen = in_fold(config, fold)
        ((_, validation),) = read_validation(chosen, CharacterTask(charset), Path())
        assert sorted(validation.targets.tolist()) == list(range(10))
        inks.append(validation.images.float().mean(dim=(1, 2, 3)))
        assert build_stream(chosen, charset, Path()).num_samples == 10
    thin, thick = sorted(inks, key=lambda ink: ink.mean().item())
    assert thin.max() < thick.min()  # the thick lines are all in one fold

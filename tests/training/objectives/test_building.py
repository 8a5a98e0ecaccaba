"""Objectives as a configuration describes them, and runs with them."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_run import CHARACTERS, RESIDUAL, FakeStream, assert_identical, configure_run, read_tensors

from yomite.charset import build_charset
from yomite.checkpoint import read_checkpoint
from yomite.config import ObjectiveConfig, RunConfig, parse_config
from yomite.errors import ConfigError, YomiteError
from yomite.ink.kanjivg import KANJIVG_FILE
from yomite.training.learner import Learner, build_learner
from yomite.training.loop import train
from yomite.training.objectives import CTC, Classification, build_objective, weigh_classes
from yomite.training.stopping import list_checkpoints

COSINE = RESIDUAL | {"arguments": RESIDUAL["arguments"] | {"head": "cosine"}}  # type: ignore[operator]


def write_kanjivg(data_root: Path) -> None:
    """An archive in which the n-th character has n strokes and the component 水 if n is odd."""
    (data_root / KANJIVG_FILE).parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(data_root / KANJIVG_FILE, "w") as file:
        for number, character in enumerate(CHARACTERS, start=1):
            component = '<g kvg:element="水"/>' if number % 2 else ""
            file.writestr(f"kanji/{ord(character):05x}.svg", component + '<path d="M0,0"/>' * number)


def learner_of(config: RunConfig, data_root: Path) -> Learner:
    return build_learner(config, build_charset(config.charset), data_root)


def test_the_defaults_are_plain_cross_entropy(tmp_path: Path) -> None:
    objective = learner_of(configure_run(tmp_path), tmp_path).objective
    assert isinstance(objective, Classification) and objective.label_smoothing == 0.05
    assert not objective.state_dict()


def test_auxiliary_heads_are_trained_kept_and_never_exported(tmp_path: Path) -> None:
    """And a run with them goes on exactly."""
    write_kanjivg(tmp_path)
    changes = {"objective": {"auxiliary": {"strokes": 0.5, "components": 0.5}}}
    tensors = []
    for name, parts in (("whole", (12,)), ("stopped", (7, 12))):
        for total_steps in parts:
            config = configure_run(
                tmp_path / name,
                schedule={"name": "constant", "warmup_steps": 2, "total_steps": total_steps},
                **changes,
            )
            weights = train(config, data_root=tmp_path, stream=FakeStream(), validation=(), resume=True)
        tensors.append(read_tensors(list_checkpoints(config.folder)[0]))
    assert_identical(*tensors)
    heads = {name for name in tensors[0] if name.startswith("objective.")}
    assert heads == {
        f"objective.auxiliary.{head}.{part}"
        for head in ("stroke_head", "component_head")
        for part in ("weight", "bias")
    }
    assert tensors[0]["objective.auxiliary.stroke_head.weight"].shape == (len(CHARACTERS) + 1, 16)
    assert not any(name.startswith("objective.") for name in read_tensors(weights))


def test_a_student_follows_its_teacher(tmp_path: Path) -> None:
    teacher = train(configure_run(tmp_path / "a"), data_root=tmp_path, stream=FakeStream(), validation=())
    config = configure_run(
        tmp_path / "b", objective={"label_smoothing": 0.0, "teacher": {"weights": str(teacher), "share": 1.0}}
    )
    train(config, data_root=tmp_path, stream=FakeStream(), validation=())
    kept = read_tensors(list_checkpoints(config.folder)[0])
    assert not any(name.startswith("objective.") for name in kept)


@pytest.mark.parametrize(
    ("characters", "complaint"),
    [
        (CHARACTERS[1:], "a teacher of another charset \\(9 characters; 1 of ours are missing and 0 are not"),
        (CHARACTERS[::-1], "the same characters in another order"),
    ],
)
def test_a_teacher_of_another_charset_is_refused_before_any_work(
    tmp_path: Path, characters: str, complaint: str
) -> None:
    other = tmp_path / "other.txt"
    other.write_text(characters, encoding="utf-8")
    before = configure_run(tmp_path / "a", charset=str(other), schedule={"warmup_steps": 0, "total_steps": 1})
    teacher = train(before, data_root=tmp_path, stream=FakeStream(characters), validation=())
    config = configure_run(tmp_path / "b", objective={"teacher": {"weights": str(teacher)}})
    with pytest.raises(ConfigError, match=complaint) as refused:
        train(config, data_root=tmp_path, stream=FakeStream(), validation=())
    assert "\n" not in str(refused.value) and not config.folder.exists()


def test_a_margin_needs_a_cosine_head(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"set model.*head=cosine, or objective.*=0"):
        learner_of(configure_run(tmp_path, objective={"margin": 0.2}), tmp_path)
    config = configure_run(tmp_path, model=COSINE, objective={"margin": 0.2})
    weights = read_checkpoint(train(config, data_root=tmp_path, stream=FakeStream(), validation=()))
    assert weights.model["arguments"]["head"] == "cosine"


def test_classes_are_weighed_by_the_mixture(tmp_path: Path) -> None:
    config, stream = configure_run(tmp_path, objective={"balance": 1.0}), FakeStream()
    objective = learner_of(config, tmp_path).objective
    with pytest.raises(ConfigError, match="FakeStream has no class_shares"):
        weigh_classes(objective, config.objective, stream, torch.device("cpu"))
    stream.class_shares = np.arange(1, 11) / 55  # type: ignore[attr-defined]
    weigh_classes(objective, config.objective, stream, torch.device("cpu"))
    assert isinstance(objective, Classification) and objective.class_weights is not None
    np.testing.assert_allclose(objective.class_weights.numpy(), 5.5 / np.arange(1, 11), rtol=1e-5)


def test_ctc_has_no_settings(tmp_path: Path) -> None:
    model, charset = torch.nn.Identity(), build_charset("kana")
    assert isinstance(build_objective(ObjectiveConfig(name="ctc"), model, charset, tmp_path), CTC)
    with pytest.raises(
        ConfigError, match="objective: mixup is a part of classification; objective 'ctc' does"
    ):
        parse_config({"objective": {"name": "ctc", "mixup": 0.2}})


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        (
            {"name": "clasification"},
            "objective.name 'clasification' is unknown; did you mean 'classification'",
        ),
        ({"name": "tiny_objective:nothing"}, "no module 'tiny_objective' is installed or in"),
        ({"name": "tiny_run:draw_validation", "arguments": {"gamma": 2}}, "objective.arguments .*gamma"),
        ({"arguments": {"gamma": 2}}, "arguments are for objectives of your own"),
        ({"teacher": {"weights": "nowhere.safetensors"}}, "nowhere.safetensors is not there"),
        ({"auxiliary": {"strokes": 1}}, "put KanjiVG's archive"),
        ({"margin": 2.0}, "objective.margin: 2.0 came; it must be less than 1.6"),
        ({"balance": -1}, "objective.balance: -1 came"),
    ],
)
def test_each_fault_has_one_line(tmp_path: Path, section: dict, complaint: str) -> None:
    with pytest.raises(YomiteError, match=complaint) as refused:
        learner_of(configure_run(tmp_path, objective=section), tmp_path)
    assert "\n" not in str(refused.value)

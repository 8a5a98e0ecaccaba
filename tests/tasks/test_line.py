"""The task of lines: a run from the configuration to scores and glimpses, and each part counted by hand."""

import json
import random
from pathlib import Path

import jiwer
import numpy as np
import onnx
import onnxruntime
import pytest
import tiny_lines
import torch
from tiny_run import assert_identical, read_tensors
from torch import Tensor, nn

from yomite.charset import Charset
from yomite.checkpoint import load_model, read_checkpoint
from yomite.data.samples import Sample, Source
from yomite.errors import DataError, ModelFileError
from yomite.ink.line_canvas import MARGIN_PX
from yomite.models import build
from yomite.streams.batch import pad_lines
from yomite.tasks import Sheet, Table, ValidationSet, build_task
from yomite.tasks.line import LineTask, count_edits
from yomite.training.distributed import World
from yomite.training.loop import train
from yomite.training.validation import score

CHARSET = Charset("four", tuple(tiny_lines.CHARACTERS))
ALONE = World(0, 1, torch.device("cpu"))
BLANK = 4


class Parrot(nn.Module):
    """Reads its answer from the picture: each column is a step, its first pixel the label."""

    task, objective, input_size, stride = "line", "ctc", 2, 1

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, images: Tensor) -> Tensor:
        return 20.0 * nn.functional.one_hot(images[:, 0, 0].long(), BLANK + 1)

    def attention_maps(self, images: Tensor) -> Tensor:
        return (images[:, 0, :1] != BLANK).float()


def say(*lines: str) -> list[np.ndarray]:
    """Pictures that a Parrot reads as these texts, with a blank after each character."""
    labels = [[label for c in line for label in (CHARSET.label(c), BLANK)] or [BLANK] for line in lines]
    return [np.tile(np.array(line, np.uint8), (2, 1)) for line in labels]


def label(*lines: str) -> list[list[int]]:
    return [[CHARSET.label(c) for c in line if c in CHARSET] for line in lines]


@pytest.mark.parametrize("family", tiny_lines.FAMILIES)
def test_a_run_of_lines_learns_and_is_watched(family: str, tmp_path: Path) -> None:
    config = tiny_lines.configure_run(tmp_path, family)
    validation = tiny_lines.draw_validation()
    weights = train(config, data_root=tmp_path, validation=[validation])
    records = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text("utf-8").splitlines()]
    scores = [record for record in records if record["group"] == "lines"]
    assert [record["step"] for record in scores] == [30, 60]
    assert scores[0].keys() == {"step", "group", "samples", "loss", "cer", "exact"}
    assert scores[1]["cer"] < 0.75 * scores[0]["cer"] or scores[1]["cer"] < 0.1
    assert read_checkpoint(weights).progress["judge"]["best"] == min(record["cer"] for record in scores)
    assert list((tmp_path / "run" / "tensorboard").iterdir())
    model = load_model(read_checkpoint(weights))
    read = build_task(model, CHARSET).decode(model, validation.batch)
    rows = zip(validation.batch.targets.tolist(), (validation.batch.widths // 16).tolist(), strict=True)  # type: ignore
    wanted = ["".join(tiny_lines.CHARACTERS[label] for label in row[:length]) for row, length in rows]
    assert sum(one == other for one, other in zip(read, wanted, strict=True)) == 20 * scores[1]["exact"]


def test_a_run_of_lines_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    short = {"schedule": {"warmup_steps": 2, "total_steps": 6}, "tracking": {"tensorboard": False}}
    expected = train(tiny_lines.configure_run(whole, "crnn", **short), data_root=tmp_path, validation=())
    for total in (3, 6):
        changes = short | {"schedule": {"name": "constant", "warmup_steps": 2, "total_steps": total}}
        train(
            tiny_lines.configure_run(parts, "crnn", **changes), data_root=tmp_path, validation=(), resume=True
        )
    straight = tmp_path / "straight"
    config = tiny_lines.configure_run(straight, "crnn", **changes)
    assert_identical(
        read_tensors(parts / "run" / "weights.safetensors"),
        read_tensors(train(config, data_root=tmp_path, validation=())),
    )
    assert expected.is_file()


def test_scores_are_counted_by_hand() -> None:
    written, read = ["あい", "うえあ", "え", "い う"], ["あい", "うあ", "いえ", "いう"]
    batch = pad_lines(say(*read), label(*written), texts=written)
    task = LineTask(CHARSET)
    for batch_size in (1, 3, 32):
        task.batch_size = batch_size
        scores = score(Parrot(), ValidationSet("hand", batch), task, ALONE)
        assert scores.pop("loss") > 0
        # One missing, one too many; white space does not count.
        assert scores == {"samples": 4, "cer": pytest.approx(2 / 8), "exact": pytest.approx(2 / 4)}


def test_padding_is_never_read() -> None:
    """The padding of a Parrot's picture says あ."""
    batch = pad_lines(say("いう", "いうえい"), label("いう", "いうえい"))
    assert LineTask(CHARSET).decode(Parrot(), batch) == ["いう", "いうえい"]


def test_edits_are_those_of_jiwer() -> None:
    rng = random.Random(5)
    for _ in range(300):
        written, read = ("".join(rng.choices("abc", k=rng.randint(low, 7))) for low in (1, 0))
        if read:
            output = jiwer.process_characters(written, read)
            expected = output.substitutions + output.deletions + output.insertions
        else:
            expected = len(written)
        assert count_edits(written, read) == expected


def test_glimpses_show_what_was_read_and_where() -> None:
    written, read = ["あい", "うえ"], ["あい", "うあえ"]
    batch = pad_lines(say(*read), label(*written))
    samples, lines, table = LineTask(CHARSET).glimpse(
        Parrot(), batch, [ValidationSet("set", batch)], is_last=True
    )
    assert isinstance(samples, Sheet) and samples.name == "train/samples" and samples.titles == written
    assert (
        isinstance(lines, Sheet)
        and lines.titles == ["あい", "うえ > うあえ"]
        and lines.is_right == [True, False]
    )
    assert [image.shape for image in lines.images] == [(2, 4), (2, 6)]
    assert lines.heat is not None
    assert [heat.tolist() for heat in lines.heat] == [[[1, 0, 1, 0]], [[1, 0, 1, 0, 1, 0]]]
    assert isinstance(table, Table) and table.rows == [["うえ", "うあえ", 1], ["あい", "あい", 0]]


def test_a_set_of_lines_keeps_texts_that_labels_cannot_spell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = np.full((40, 120), 255, np.uint8)
    page[10:30, 10:110:3] = 0

    def open_lines() -> Source:
        blank = np.full((40, 40), 255, np.uint8)
        samples = [
            Sample(page, "あxい", "", "1"),
            Sample(blank, "う", "", "2"),
            Sample(page[:, :60], "え", "", "3"),
        ]
        return Source("lines", lambda: iter(samples))

    monkeypatch.setattr("yomite.tasks.line.open_source", lambda name, root: open_lines())
    task = LineTask(CHARSET)
    batch = task.read_set("lines", tmp_path, 16)
    assert batch.metadata["texts"] == ["あxい", "え"]
    assert batch.target_lengths is not None and batch.target_lengths.tolist() == [2, 1]
    assert batch[:1].metadata["notes"] == (
        "1 of 4 characters count as wrong: the model does not know them",
        "1 of 3 lines left out: they could not be read",
    )
    assert batch.images.shape[:3] == (2, 1, 16) and batch.widths is not None
    assert batch.widths[0] - 2 * MARGIN_PX > 1.8 * (batch.widths[1] - 2 * MARGIN_PX)
    with pytest.raises(DataError, match="lines are not split into folds"):
        task.read_set("lines", tmp_path, 16, fold="1/2")
    with pytest.raises(DataError, match="no character of charset 'other'"):
        LineTask(Charset("other", ("々",))).read_set("lines", tmp_path, 16)


def test_what_is_traced_takes_lines_of_any_width(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = build("crnn", 4, 16, **tiny_lines.CRNN).eval()
    traced = LineTask(CHARSET).wrap(model, "crnn")
    path = tmp_path / "line.onnx"
    torch.onnx.export(
        traced.module,
        tuple(traced.examples.values()),
        str(path),
        dynamo=False,
        opset_version=17,
        input_names=list(traced.examples),
        output_names=traced.output_names,
        dynamic_axes=traced.dynamic_axes,
    )
    onnx.checker.check_model(str(path))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for num, width in ((1, 40), (3, 112)):
        images = np.random.default_rng(width).integers(0, 256, (num, 1, 16, width), np.uint8)
        (found,) = session.run(None, {"images": images})
        expected = model(torch.from_numpy(images)).log_softmax(2).detach().numpy()
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_model_that_writes_is_not_traced() -> None:
    model = build("encoder_decoder", 4, 16, **tiny_lines.DECODER)
    with pytest.raises(ModelFileError, match="encoder_decoder writes character by character"):
        LineTask(CHARSET).wrap(model, "encoder_decoder")

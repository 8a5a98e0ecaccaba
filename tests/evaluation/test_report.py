"""The report of a reader whose mistakes we chose."""

import json
from pathlib import Path

import pytest
from PIL import Image
from tiny_model import STROKES, write_tiny_model

import yomite
from yomite.data.sources import Sample
from yomite.evaluation import report as reporting
from yomite.evaluation.report import Confusion, evaluate, format_table, group_confusions


def sample(character: str, picture: object = None) -> Sample:
    return Sample(STROKES["十"] if picture is None else picture, character, "", "made here")


def read_as(text: str, confidence: float) -> yomite.Recognition:
    return yomite.Recognition((yomite.Candidate(text, confidence),), confidence, False)


def test_report_counts_every_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "CHUNK_SIZE", 2)  # several chunks
    answers = iter([read_as("末", 0.9), read_as("末", 0.6), read_as("ヘ", 0.5), None, read_as("水", 0.8)])
    samples = [sample(character) for character in ("未", "未", "へ", "水", "水")]
    report = evaluate(
        lambda pictures: [next(answers) for _ in pictures], samples, data="d", model="m", charset="未へ"
    )
    assert (len(report.answers), report.answers.is_outside.sum()) == (5, 2)
    assert [(c.sample.character, c.text) for c in report.confusions] == [
        ("未", "末"),
        ("未", "末"),
        ("水", ""),
    ]
    # Five bins of one: 未 .9 and .6 wrong, へ .5 right with look-alikes, 水 .8 right.
    assert report.shares["calibration_error"].value == pytest.approx((0.9 + 0.6 + 0.5 + 0.2) / 4)
    line = json.loads(json.dumps(report.to_json()))
    assert (line["strict_top1"], line["lookalike_top1"]) == (0.2, 0.4)
    assert line["confusions"][0] == {"character": "未", "text": "末", "num_samples": 2}


def test_table_has_a_line_for_each_report() -> None:
    report = evaluate(lambda _: [read_as("未", 1.0)], [sample("未")], data="dev/set", model="m", prior="text")
    empty = evaluate(lambda _: [], [], data="nothing", model="m")
    lines = format_table([report, empty]).splitlines()
    assert lines[0].split()[:6] == ["data", "prior", "samples", "outside", "strict", "look-alike"]
    assert lines[1].split()[:7] == ["dev/set", "text", "1", "0", "100.00", "±0.0", "%"]
    assert lines[2].split()[:5] == ["nothing", "-", "0", "0", "-"] and json.dumps(
        empty.to_json(), allow_nan=False
    )


def test_model_is_scored_on_a_folder(tmp_path: Path) -> None:
    from yomite.data.sources import open_source
    from yomite.ink.canvas import to_canvas

    reader = yomite.load(write_tiny_model(tmp_path / "m.onnx"))
    for character in ("十", "く", "ロ"):
        (tmp_path / "own" / character).mkdir(parents=True)
        Image.fromarray(255 - to_canvas(STROKES[character])).save(tmp_path / "own" / character / "1.png")
    (tmp_path / "own" / "十" / "blank.png").write_bytes(b"")
    report = evaluate(
        lambda pictures: reader.recognize_many(pictures, errors="return"),
        open_source(str(tmp_path / "own"), None),
        data="own",
        model=reader.name,
        charset=reader.characters,
    )
    answers = report.answers
    assert len(answers) == 4 and answers.is_read.tolist().count(False) == 1
    assert answers.is_right.sum() == 3 and answers.is_strict.sum() == 2  # ロ is read as 口


def test_frequent_then_confident_confusions_come_first() -> None:
    made = [
        Confusion(sample(c), text, p) for c, text, p in (("a", "b", 0.9), ("c", "d", 0.1), ("c", "d", 0.3))
    ]
    groups = group_confusions(made)
    assert [len(group) for group in groups] == [2, 1]
    assert groups[0][0].confidence == 0.3

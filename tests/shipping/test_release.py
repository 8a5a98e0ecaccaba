"""What a release is made of, on small inputs; tests/test_released.py holds the shipped one."""

import json
import re
from pathlib import Path

import pytest
from tiny_model import write_tiny_model

from yomite.data.sources import Sample
from yomite.errors import ConfigError
from yomite.shipping.card import format_model_card
from yomite.shipping.release import (
    DEV_SETS,
    TEST_SETS,
    describe_changes,
    describe_command,
    score_model,
    sum_hours,
)


def build_card() -> dict:
    """A card whose every number occurs once."""
    scores = {"strict_top1": 0.91234, "lookalike_top1": 0.98765, "lookalike_top5": 0.99876}
    scores |= {
        "rejected": 0.01122,
        "calibration_error": None,
        "intervals": {"lookalike_top1": [0.9713, 0.9951]},
    }
    fit = {"temperature": 0.71, "rejection_threshold": 0.4567}
    return {
        "name": "small", "charset": "kana", "num_classes": 177, "input_size": 48,
        "model": {"name": "residual", "arguments": {}}, "parameters": 1_234_567, "macs": 7_654_321,
        "sizes": {"small.onnx": 4_700_001, "small.safetensors": 4_600_002},
        "training": {
            "command": "yomite train configs/x.yaml", "changed": ["batch_size: 256 -> 128"],
            "commit": "abc123", "device": None, "hours": 1.37, "steps": 14_000,
            "samples": 3_584_000, "init_from": None, "note": "Begun twice.",
            "config": {"data": {
                "frequency_power": 0.35, "ink": {"share": 3.0, "haste": 0.45},
                "fonts": {"share": 1.0, "files": ["a.ttf", "b.ttf"]}, "cells": {"share": 0.0, "pages": []},
                "folder": {"share": 0.0},
            }},
        },
        "release": {"command": "python -m yomite.apps.release w", "commit": "def456", "date": "2026-11-22"},
        "calibration": {"prior_weight": 0.3, "fits": {"text": fit, "uniform": fit | {"temperature": 0.83}}},
        "rejection": {
            "known_threshold": 1.2345, "lost": {"dev/x": 0.0131}, "learned": {"scribble": 0.861},
            "rejected": {"hangul": 0.972},
        },
        "parity": {"num_images": 6429, "num_disagreements": 2, "max_difference": 3.1e-5},
        "scores": [{"data": "dev/x", "prior": "text", "num_samples": 463, **scores}],
    }  # fmt: skip


def test_every_figure_is_on_the_page() -> None:
    page = format_model_card(build_card())
    for figure in (
        "177", "1,234,567", "7,654,321", "4,700,001", "4,600,002", "1.37", "14,000", "3,584,000", "75 %",
        "25 %", "91.23 %", "98.77 % (97.1 to 99.5)", "99.88 %", "1.12 %", "463", "0.71", "0.83",
        "1.2345", "1.3 %",
        "scribble 86.1 %", "hangul 97.2 %", "0.3,",
        "2 of 6,429", "3e-05", "abc123", "def456", "batch_size: 256 -> 128", "0.35", "45 %",
    ):  # fmt: skip
        assert figure in " ".join(page.split()), figure
    assert "| device | not recorded |" in page and "Begun twice." in page
    assert "cells, pages" not in page and "a folder of pictures" not in page  # no share, no line
    assert "test/ has not been read" in page
    assert max(map(len, re.sub(r"^\|.*$", "", page, flags=re.MULTILINE).splitlines())) <= 118


def test_a_file_that_rejects_by_confidence_says_so() -> None:
    page = format_model_card(build_card() | {"rejection": None})
    assert "rejected below confidence" in page and "0.4567" in page and "`known`" not in page


def test_the_page_says_when_test_was_read() -> None:
    card = build_card()
    card["scores"].append(card["scores"][0] | {"data": "test/x"})
    page = format_model_card(card)
    assert "test/ was read once" in page and "| test/x | 463 | text |" in page


def test_test_sets_are_apart() -> None:
    assert not [name for name in DEV_SETS if "test/" in name]
    assert all("test/" in name for name in TEST_SETS)


def test_hours_are_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    assert sum_hours(path, 256) is None
    records = [
        {"step": 50, "group": "train", "images_per_second": 100.0},
        {"step": 50, "group": "dev/x", "samples": 10},
        {"step": 100, "group": "train", "images_per_second": 0.5},
    ]
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    assert sum_hours(path, 72) == pytest.approx((36 + 7200) / 3600, abs=0.01)


def test_the_command_names_no_folder_of_this_machine(tmp_path: Path) -> None:
    command = describe_command(tmp_path / "w.safetensors", True, 0.25)
    assert command == "python -m yomite.apps.release w.safetensors --data-root DIR --test --prior-weight 0.25"
    assert describe_command(Path("runs/a b/w"), False, None).startswith(
        "python -m yomite.apps.release 'runs/a b/w' --"
    )


def test_changes_from_the_file_are_told(tmp_path: Path) -> None:
    from yomite.config import load_config

    path = tmp_path / "x.yaml"
    path.write_text("name: x\nbatch_size: 64\n", encoding="utf-8")
    trained = load_config(path, ["batch_size=32", f"out={tmp_path}"]).model_dump(mode="json")
    assert describe_changes(path, trained) == ["batch_size: 64 -> 32"]
    with pytest.raises(ConfigError, match=r"absent\.yaml"):
        describe_changes(tmp_path / "absent.yaml", trained)


def test_two_sets_are_read_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tiny_model import STROKES

    from yomite.shipping import release

    samples = {"one": "十", "two": "口"}

    def open_source(name: str, _: object) -> list[Sample]:
        return [Sample(STROKES[samples[name]], samples[name], "", name)]

    monkeypatch.setattr(release, "open_source", open_source)
    scores = score_model(write_tiny_model(tmp_path / "tiny.onnx"), ("one", "one + two"), tmp_path)
    assert [(score["data"], score["prior"], score["num_samples"]) for score in scores] == [
        ("one", "text", 1), ("one", "uniform", 1), ("one + two", "text", 2), ("one + two", "uniform", 2),
    ]  # fmt: skip
    assert all(score["lookalike_top1"] == 1 and "confusions" not in score for score in scores)

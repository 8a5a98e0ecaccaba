"""A precision that a CPU only imitates is told, with what to type."""

from pathlib import Path

import pytest
import torch
from tiny_run import configure_run, draw_validation

from yomite.training import distributed
from yomite.training.distributed import find_slow_precision
from yomite.training.loop import train

CPU = torch.device("cpu")


def take_times(monkeypatch: pytest.MonkeyPatch, **times: float) -> None:
    monkeypatch.setattr(distributed, "_time_convolution", lambda precision, device: times[precision])


def test_what_is_much_slower_than_fp32_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    take_times(monkeypatch, fp32=0.01, bf16=0.061, fp16=0.014)
    assert find_slow_precision("bf16", CPU) == [
        "this CPU imitates bf16: a convolution takes 6.1 times as long as in fp32; type precision=fp32"
    ]
    assert find_slow_precision("fp16", CPU) == find_slow_precision("fp32", CPU) == []
    assert find_slow_precision("bf16", torch.device("cuda")) == []


def test_a_run_says_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    take_times(monkeypatch, fp32=0.01, bf16=0.061)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    short = {"warmup_steps": 0, "total_steps": 1}
    for precision, times in (("bf16", 1), ("fp32", 0)):
        config = configure_run(tmp_path / precision, precision=precision, schedule=short)
        train(config, data_root=tmp_path, validation=[draw_validation()])
        assert capsys.readouterr().out.count("type precision=fp32") == times


def test_a_convolution_is_timed_without_touching_random_numbers() -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    for precision in ("fp32", "bf16"):
        assert 0 < distributed._time_convolution(precision, CPU) < 60
    assert torch.equal(torch.rand(4), expected)

"""Glimpses of a model whose answers are known."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from yomite.charset import Charset
from yomite.streams.batch import NO_CHARACTER, Batch
from yomite.tasks import ValidationSet
from yomite.tasks.character import CharacterTask
from yomite.training.tracking import show_glimpses

CHARSET = Charset("three", tuple("一二三"))


class Recorder:
    """Stands for a Tracker."""

    def __init__(self) -> None:
        self.calls: dict[str, Any] = {}

    def show(self, step: int, name: str, picture: np.ndarray) -> None:
        assert picture.dtype == np.uint8 and picture.ndim == 3 and picture.shape[2] == 3
        self.calls[f"show {name}"] = picture

    def tabulate(self, step: int, name: str, columns: list[str], rows: list[list]) -> None:
        self.calls[f"tabulate {name}"] = rows

    def embed(
        self, step: int, name: str, embedding: np.ndarray, characters: list[str], images: np.ndarray
    ) -> None:
        self.calls[f"embed {name}"] = (embedding, characters, images)


class Corner(nn.Module):
    """Reads the label that stands in the first pixel."""

    task = "character"

    def __init__(self, has_maps: bool = True) -> None:
        super().__init__()
        self.classifier = nn.Linear(3, 3)
        nn.init.eye_(self.classifier.weight)
        nn.init.zeros_(self.classifier.bias)
        if has_maps:
            self.attention_maps = lambda images: torch.ones(len(images), 2, 2)

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(nn.functional.one_hot(images[:, 0, 0, 0].long(), 3).float())


def images_that_read(labels: list[int]) -> Tensor:
    images = torch.zeros((len(labels), 1, 8, 8), dtype=torch.uint8)
    images[:, 0, 0, 0] = torch.tensor(labels)
    return images


def draw_set(said: list[int], truth: list[int]) -> ValidationSet:
    return ValidationSet("set", Batch(images_that_read(said), torch.tensor(truth)))


def glimpse(model: nn.Module, validation: list[ValidationSet], *, is_last: bool = True) -> dict[str, Any]:
    recorder = Recorder()
    batch = Batch(images_that_read([0, 1]), torch.tensor([0, 1]))
    show_glimpses(
        recorder, 7, CharacterTask(CHARSET), model, batch, validation, is_last=is_last  # type: ignore
    )  # fmt: skip
    return recorder.calls


def test_confusions_are_counted_the_worst_first() -> None:
    said, truth = [0, 1, 1, 1, 2, 0], [0, 0, 2, 2, 2, 1]
    calls = glimpse(Corner(), [draw_set(said, truth)])
    assert calls["tabulate set/confusions"] == [["三", "二", 2], ["一", "二", 1], ["二", "一", 1]]
    assert {"show train/samples", "show set/confusions", "show set/attention"} < calls.keys()
    embedding, characters, images = calls["embed set/embedding"]
    assert np.array_equal(embedding, np.eye(3, dtype=np.float32)[said])
    assert "".join(characters) == "一一三三三二" and images.shape == (6, 8, 8)


def test_without_errors_maps_or_sets_less_is_shown() -> None:
    calls = glimpse(Corner(has_maps=False), [], is_last=False)
    assert calls.keys() == {"show train/samples", "tabulate train/confusions"}
    assert calls["tabulate train/confusions"] == []


def test_large_sets_are_read_in_part() -> None:
    labels = [0] * 1500 + [1] * 1500
    calls = glimpse(Corner(), [draw_set(labels, labels)])
    characters = calls["embed set/embedding"][1]
    assert len(characters) == 500 and characters.count("一") == 250


def test_what_is_no_character_is_shown_and_not_counted() -> None:
    recorder = Recorder()
    batch = Batch(images_that_read([0, 1, 1]), torch.tensor([0, NO_CHARACTER, 2]))
    show_glimpses(
        recorder, 7, CharacterTask(CHARSET), Corner(), batch, [], is_last=True  # type: ignore
    )  # fmt: skip
    assert recorder.calls["tabulate train/confusions"] == [["三", "二", 1]]
    assert len(recorder.calls["embed train/embedding"][1]) == 2

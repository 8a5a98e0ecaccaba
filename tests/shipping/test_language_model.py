"""The language model: probabilities sum to 1, Kneser-Ney is what counting by hand gives, the file is safe."""

import io
import math
from collections import Counter
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from yomite.errors import DataError, ModelFileError
from yomite.reading.language_model import STEP, read_language_model
from yomite.shipping.language_model import build_language_model

CHARACTERS = "あいうえお。"
TEXTS = ["あいうえお。", "あいうあいう。", "えおえおあい", "いういう。", "あ", "うえ。", "おおおあいう"] * 3


def write_model(folder: Path, texts: list[str] = TEXTS, **settings: float) -> Path:
    path = folder / "tiny.npz"
    path.write_bytes(build_language_model(texts, CHARACTERS, **{"threshold": 0.0, **settings}))  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("settings", [{}, {"threshold": 3e-3}, {"min_count": 5}, {"order": 2}])
def test_every_context_sums_to_one(tmp_path: Path, settings: dict[str, float]) -> None:
    model = read_language_model(write_model(tmp_path, **settings))
    for context in ("", "あ", "あい", "いう", "うえお", "おおお", "。", "えおえお"):
        total = sum(math.exp(model.score(context, character)) for character in CHARACTERS)
        assert total == pytest.approx(1.0, abs=4 * STEP / 2)  # each logarithm is rounded to a step


def test_bigrams_are_interpolated_kneser_ney(tmp_path: Path) -> None:
    texts = [
        "あいう",
        "いうえ",
        "あえ",
        "あい",
        "おい",
        "うう",
        "えお",
        "いえ",
        "あう",
        "うお",
        "おえ",
        "。い",
        "い。",
        "え。",
        "えあ",
    ]
    model = read_language_model(write_model(tmp_path, texts, order=2, min_count=1))
    bigrams = Counter(pair for text in texts for pair in pairwise(text))
    n1, n2, n3, n4 = (max(sum(count == k for count in bigrams.values()), 1) for k in (1, 2, 3, 4))
    ratio = n1 / (n1 + 2 * n2)
    discounts = [0, 1 - 2 * ratio * n2 / n1, 2 - 3 * ratio * n3 / n2, 3 - 4 * ratio * n4 / n3]
    discounts = [min(max(value, 0), limit) for limit, value in enumerate(discounts)]
    continuations = Counter(second for _, second in bigrams)
    for first in CHARACTERS:
        followers = {second: count for (before, second), count in bigrams.items() if before == first}
        total = sum(followers.values())
        left = sum(discounts[min(count, 3)] for count in followers.values()) / total
        for second, count in followers.items():
            in_contexts = sum(continuations.values())
            lower = (continuations[second] - 0.5) / in_contexts
            lower += 0.5 * len(continuations) / in_contexts / len(CHARACTERS)
            expected = (count - discounts[min(count, 3)]) / total + left * lower
            assert model.score(first, second) == pytest.approx(math.log(expected), abs=STEP / 2 + 1e-6)


def test_it_likes_what_it_has_read(tmp_path: Path) -> None:
    model = read_language_model(write_model(tmp_path))
    assert model.score_text("あいう") > model.score_text("うえう")
    assert model.score("えおあい", "う") == model.score("yyyyえおあい"[-4:], "う")
    assert model.score("", "犬") == min(model.score("", character) for character in CHARACTERS)


@pytest.mark.parametrize("settings", [{}, {"threshold": 3e-3}, {"min_count": 5}])
def test_scores_are_those_of_the_definition(tmp_path: Path, settings: dict[str, float]) -> None:
    path = write_model(tmp_path, **settings)
    model, arrays = read_language_model(path), np.load(path)
    grams: dict[str, tuple[float, float]] = {}
    parents = [""]
    for n in range(1, int(arrays["order"]) + 1):
        counts = arrays[f"counts_{n - 1}"] if n > 1 else [len(CHARACTERS)]
        named = [parent for parent, count in zip(parents, counts, strict=True) for _ in range(count)]
        parents = [one + CHARACTERS[k] for one, k in zip(named, arrays[f"numbers_{n}"], strict=True)]
        grams |= {
            gram: (-STEP * cost, STEP * backoff)
            for gram, cost, backoff in zip(
                parents, arrays[f"costs_{n}"].tolist(), arrays[f"backoffs_{n}"].tolist(), strict=True
            )
        }

    def define(context: str, character: str) -> float:
        if context + character in grams:
            return grams[context + character][0]
        return min(define(context[1:], character) + grams.get(context, (0.0, 0.0))[1], 0.0)

    for round_ in range(2):  # the second time it remembers
        for context in map("".join, product(CHARACTERS + "犬", repeat=4)):
            context = context[round_ :: 1 + round_]
            for character in CHARACTERS:
                assert model.score(context, character) == pytest.approx(define(context, character), abs=1e-9)
    model.forget()
    assert model.score("あい", "う") == pytest.approx(define("あい", "う"), abs=1e-9)


def test_pruning_makes_the_file_smaller(tmp_path: Path) -> None:
    whole = write_model(tmp_path, min_count=1).stat().st_size
    assert write_model(tmp_path, threshold=2e-2).stat().st_size < whole


def test_texts_without_any_of_the_characters_are_refused() -> None:
    with pytest.raises(DataError, match="none of the characters"):
        build_language_model(["abc"], CHARACTERS)


@pytest.mark.parametrize("damage", ["missing", "cut", "noise", "version", "children", "numbers", "kind"])
def test_a_damaged_file_is_one_line(tmp_path: Path, damage: str) -> None:
    path = write_model(tmp_path)
    arrays = dict(np.load(io.BytesIO(path.read_bytes())))
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-200])
    elif damage == "noise":
        path.write_bytes(b"\x00" * 99)
    else:
        key, value = {
            "version": ("format_version", np.array(9)),
            "children": ("counts_1", arrays["counts_1"] + np.uint16(1)),
            "numbers": ("numbers_2", arrays["numbers_2"] + np.uint16(99)),
            "kind": ("costs_2", arrays["costs_2"].astype(np.float64)),
        }[damage]
        np.savez(path, **arrays | {key: value})
    with pytest.raises(ModelFileError) as caught:
        read_language_model(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)

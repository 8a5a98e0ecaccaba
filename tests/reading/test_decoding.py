"""Decoding against an independent reference: every path of a small line, summed one by one."""

import itertools
import math

import numpy as np
import pytest

from yomite.reading.decoding import (
    BEAM,
    CHOICES,
    FAINTEST,
    LEAST,
    Weights,
    align,
    find_best,
    read_best_path,
    search,
)
from yomite.reading.language_model import LanguageModel, read_language_model
from yomite.shipping.language_model import build_language_model

CHARACTERS = "あいう"
BLANK = len(CHARACTERS)


def draw_line(seed: int, num_steps: int = 6) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(num_steps, BLANK + 1)) * 2.0
    return (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)


def collapse(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(label for label, _ in itertools.groupby(path) if label != BLANK)


def sum_paths(line: np.ndarray) -> dict[tuple[int, ...], float]:
    """The probability of every text: all (C + 1) ** T paths, one by one."""
    sums: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(BLANK + 1), repeat=len(line)):
        share = math.exp(sum(float(line[step, label]) for step, label in enumerate(path)))
        sums[collapse(path)] = sums.get(collapse(path), 0.0) + share
    return sums


def search_plainly(
    line: np.ndarray, characters: str, model: object, weights: Weights, beam: int
) -> dict[tuple[int, ...], float]:
    """Prefix beam search as the papers have it: whole texts as keys, every one made, none left out early."""
    texts = {(): (1.0, 0.0)}
    for step in np.exp(line).tolist():
        if max(step[:-1]) < FAINTEST:
            texts = {text: (ended + open_, 0.0) for text, (ended, open_) in texts.items()}
            continue
        best = sorted(range(len(step) - 1), key=lambda label: -step[label])[:CHOICES]
        grown: dict[tuple[int, ...], list[float]] = {}
        for text, (ended, open_) in texts.items():
            grown.setdefault(text, [0.0, 0.0])[0] += (ended + open_) * step[-1]
            for label in (one for one in best if step[one] >= LEAST * step[best[0]]):
                is_same = text[-1:] == (label,)
                if is_same:
                    grown[text][1] += open_ * step[label]
                context = "".join(characters[one] for one in text)
                boost = math.exp(weights.language * model.score(context, characters[label]) + weights.length)  # type: ignore[attr-defined]
                share = (ended if is_same else ended + open_) * step[label] * boost
                if share:
                    grown.setdefault((*text, label), [0.0, 0.0])[1] += share
        kept = sorted(grown.items(), key=lambda entry: -sum(entry[1]))[:beam]
        total = sum(kept[0][1])
        texts = {text: (ended / total, open_ / total) for text, (ended, open_) in kept}
    whole = sum(map(sum, texts.values()))
    return {text: sum(both) / whole for text, both in texts.items()}


@pytest.mark.parametrize(("beam", "num_steps", "width"), [(1, 12, 9), (3, 20, 5), (BEAM, 30, 40)])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_left_out_early_changes_no_answer(seed: int, beam: int, num_steps: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    characters = "".join(map(chr, range(0x4E00, 0x4E00 + width)))
    logits = rng.normal(size=(num_steps, width + 1)) * 2.5
    logits[:, width] += 5.0
    logits[rng.random(num_steps) < 0.3, width] += 9.0  # steps that write nothing
    line = (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)
    texts = ["".join(rng.choice(list(characters), 8)) for _ in range(200)]
    model = read_language_model(build_language_model(texts, characters, order=3, threshold=0.0, min_count=1))
    expected = search_plainly(line, characters, model, weights := Weights(0.5, 2.5), beam)
    found = search(line, characters, model, weights, beam=beam)
    assert [one.labels for one in found] == list(expected)
    np.testing.assert_allclose([one.probability for one in found], list(expected.values()), atol=1e-6)


@pytest.mark.parametrize("shape", [(0, 50), (4, 3), (3, 16), (5, 97), (7, 1000), (2, 6691)])
def test_the_best_of_each_row(shape: tuple[int, int]) -> None:
    rows = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    places, values = find_best(rows, 16)
    expected = np.argsort(-rows, axis=1)[:, :16]
    assert np.array_equal(places, expected)
    assert np.array_equal(values, np.take_along_axis(rows, expected, axis=1))


def test_the_best_of_rows_of_ties() -> None:
    places, values = find_best(np.zeros((3, 200), np.float32), 5)
    assert places.shape == (3, 5) and all(len(set(row)) == 5 for row in places.tolist()) and not values.any()


class Liking:
    """A language model that likes one character after another."""

    order = 2

    def score(self, context: str, character: str) -> float:
        return -0.1 if (context, character) == ("い", "あ") else -2.0


@pytest.mark.parametrize("seed", range(8))
def test_a_wide_beam_finds_the_likeliest_text_and_its_share(seed: int) -> None:
    line = draw_line(seed)
    sums = sum_paths(line)
    found = search(line, CHARACTERS, beam=500)
    assert found[0].labels == max(sums, key=lambda text: sums[text])
    for hypothesis in found[:5]:
        assert hypothesis.probability == pytest.approx(sums[hypothesis.labels], rel=0.02)


@pytest.mark.parametrize("seed", range(8))
def test_the_language_model_weighs_every_text_as_the_sum_over_paths_says(seed: int) -> None:
    line, weights = draw_line(seed, 5), Weights(0.7, 0.4)

    def weigh(text: tuple[int, ...]) -> float:
        spelled = [""] + [CHARACTERS[label] for label in text]
        scores = [0.7 * Liking().score(before, after) + 0.4 for before, after in itertools.pairwise(spelled)]
        return math.exp(sum(scores))

    weighed = {text: share * weigh(text) for text, share in sum_paths(line).items()}
    best = search(line, CHARACTERS, Liking(), weights, beam=500)[0]  # type: ignore[arg-type]
    assert best.labels == max(weighed, key=lambda text: weighed[text])
    assert best.probability == pytest.approx(weighed[best.labels] / sum(weighed.values()), rel=0.02)


def test_a_blank_line_reads_nothing() -> None:
    line = np.full((50, BLANK + 1), -12.0, np.float32)
    line[:, BLANK] = 0.0
    (hypothesis,) = search(line, CHARACTERS)
    assert hypothesis.labels == () and hypothesis.probability == 1.0
    assert read_best_path(line) == ()
    assert align(line, ()).shape == (0, 2)


def test_the_best_path_merges_repeats_and_keeps_doubles_apart() -> None:
    path = [0, 0, BLANK, 0, 1, 1, BLANK]
    line = np.log(np.eye(BLANK + 1, dtype=np.float32)[path] * 0.9 + 0.025)
    assert read_best_path(line) == collapse(tuple(path)) == (0, 0, 1)
    assert search(line, CHARACTERS)[0].labels == (0, 0, 1)


@pytest.mark.parametrize("seed", range(6))
def test_alignment_is_the_likeliest_path_of_the_text(seed: int) -> None:
    line = draw_line(seed, 6)
    text = (0, 0, 2)
    paths = [p for p in itertools.product(range(BLANK + 1), repeat=6) if collapse(p) == text]
    best = max(paths, key=lambda path: sum(float(line[step, label]) for step, label in enumerate(path)))
    expected, begin = [], 0
    for label, run in itertools.groupby(best):
        length = len(list(run))
        if label != BLANK:
            expected.append([begin, begin + length])
        begin += length
    assert align(line, text).tolist() == expected


def test_a_text_is_never_longer_than_the_steps() -> None:
    line = draw_line(3, 4)

    class Talkative:
        order = 1

        def score(self, context: str, character: str) -> float:
            return 5.0

    hypotheses = search(line, CHARACTERS, Talkative(), Weights(1.0, 5.0))  # type: ignore[arg-type]
    assert max(len(hypothesis.labels) for hypothesis in hypotheses) <= 4


def test_scores_of_the_model_are_asked_with_its_context_only() -> None:
    asked: list[str] = []

    class Listener(LanguageModel):
        def __init__(self) -> None:
            self.order = 3

        def score(self, context: str, character: str) -> float:
            asked.append(context)
            return -1.0

    search(draw_line(1, 8), CHARACTERS, Listener())
    assert max(map(len, asked)) == 2

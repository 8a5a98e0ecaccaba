"""Reading among some characters: shares worked out by hand, every name, every line of complaint."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_model import CHARACTERS, PRIOR, STROKES, write_tiny_model

import yomite
from yomite.reading.among import Choices

EI = Path(__file__).parents[2] / "examples" / "ei.png"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> yomite.Recognizer:
    return yomite.load(write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx"))


@pytest.fixture(scope="module")
def released() -> yomite.Recognizer:
    return yomite.load(num_threads=1)


def list_probabilities(result: yomite.Recognition) -> dict[str, float]:
    return {one.text: one.probability for one in result.candidates}


@pytest.mark.parametrize("prior", ["text", "uniform"])
@pytest.mark.parametrize("to_among", [str, list, set, iter, " ".join])
def test_probabilities_are_shares_of_what_is_allowed(
    reader: yomite.Recognizer, to_among: Callable[[str], Any], prior: Any
) -> None:
    full = list_probabilities(reader.recognize(STROKES["口"], prior=prior))
    result = reader.recognize(STROKES["口"], prior=prior, among=to_among("メ口く"))
    total = sum(full[character] for character in "メ口く")
    expected = {character: full[character] / total for character in "メ口く"}
    assert list_probabilities(result) == pytest.approx(expected, abs=1e-5)
    assert [one.text for one in result.candidates] == sorted(expected, key=expected.__getitem__, reverse=True)


def test_two_equal_shapes_are_told_apart_by_hand_computed_shares(reader: yomite.Recognizer) -> None:
    """口 and ロ have one drawing, so their logits are equal and the prior alone decides between them."""
    odds = (PRIOR[2] / PRIOR[3]) ** (0.7 / 0.5)  # weight of the prior, temperature
    result = reader.recognize(STROKES["口"], among="口ロ")
    assert list_probabilities(result) == pytest.approx(
        {"口": odds / (1 + odds), "ロ": 1 / (1 + odds)}, abs=1e-3
    )
    assert result.confidence == pytest.approx(1)
    uniform = reader.recognize(STROKES["口"], among="口ロ", prior="uniform")
    assert list_probabilities(uniform) == pytest.approx({"口": 0.5, "ロ": 0.5}, abs=1e-6)


def test_lookalikes_outside_do_not_count_and_do_not_reject(reader: yomite.Recognizer) -> None:
    for among, text in (("katakana", "ロ"), ("kanji", "口")):
        result = reader.recognize(STROKES["口"], among=among)
        assert (result.text, result.is_rejected) == (text, False)
        assert result.confidence == pytest.approx(result.candidates[0].probability)


def test_ink_of_another_character_is_rejected(reader: yomite.Recognizer) -> None:
    result = reader.recognize(STROKES["十"], among="く")
    assert (result.text, result.confidence, result.is_rejected) == ("く", 1.0, True)
    assert not reader.recognize(STROKES["十"], among="十く").is_rejected


def test_what_is_no_character_stays_rejected(tmp_path: Path) -> None:
    thresholds = json.dumps({"text": 1.0, "uniform": 1.0})
    reader = yomite.load(write_tiny_model(tmp_path / "m.onnx", rejection_threshold=thresholds))
    assert reader.recognize(STROKES["十"], among="十く").is_rejected


def test_many_are_read_as_one_is(reader: yomite.Recognizer) -> None:
    pictures = [STROKES[character] for character in CHARACTERS]
    results = reader.recognize_many(pictures, among="kanji", top=2)
    for result, picture in zip(results, pictures, strict=True):
        one = reader.recognize(picture, among="kanji", top=2)
        assert (result.text, result.is_rejected) == (one.text, one.is_rejected)
        assert len(result.candidates) == 2
    assert [result.text for result in reader.recognize_iter(pictures[:4], among="一十")][:2] == ["一", "十"]


@pytest.mark.parametrize(
    ("among", "num", "members", "others"),
    [
        ("kana", 171, "あゔアーヶ", "亜1A。"),
        ("hiragana", 84, "ぁんゔ", "アー々"),
        ("katakana", 87, "ァンーヶ", "あ力"),
        ("kanji", 6363, "永力々〆〇仝𠮟", "カー"),
        ("digits", 10, "0189", "〇Ol"),
        ("latin", 52, "AZaz", "0あ"),
    ],
)
def test_every_name(released: yomite.Recognizer, among: str, num: int, members: str, others: str) -> None:
    characters = released.list_characters(among)
    assert len(characters) == num
    assert set(members) <= set(characters) and not set(others) & set(characters)
    assert list(characters) == sorted(characters, key=released.characters.index)
    assert len(released.recognize(EI, among=among, top=10**6).candidates) == num


def test_none_allows_everything(released: yomite.Recognizer) -> None:
    assert released.list_characters() == released.characters
    assert released.recognize(EI, among=None) == released.recognize(EI)
    everything = released.recognize(EI, among=released.characters)
    assert everything.confidence == pytest.approx(released.recognize(EI).confidence, abs=1e-6)


def test_a_kanji_is_no_kana(released: yomite.Recognizer) -> None:
    assert not released.recognize(EI).is_rejected
    assert not released.recognize(EI, among="kanji").is_rejected
    for among in ("kana", "hiragana", "katakana", "digits", "latin", "木水"):
        assert released.recognize(EI, among=among).is_rejected


@pytest.mark.parametrize(
    ("among", "line"),
    [
        ("hirgana", "no characters are called 'hirgana'; did you mean 'hiragana'? allowed: kana, hiragana, "
         "katakana, kanji, digits, latin, or the characters themselves"),
        ("Kana", "no characters are called 'Kana'; did you mean 'kana'? allowed: kana, hiragana, "
         "katakana, kanji, digits, latin, or the characters themselves"),
        ("digits", "among='digits': the model knows no such character"),
        ("", 'among is empty; type a name such as "kana", or at least one character'),
        (" \u3000", 'among is empty; type a name such as "kana", or at least one character'),
        ([], 'among is empty; type a name such as "kana", or at least one character'),
        ("十永木", "among: not one of the 7 characters of the model: 木 永; leave it out"),
        ("あいうえおか", "among: not one of the 7 characters of the model: あ い う え お ...; leave it out"),
        (["kana"], "among: 'kana' is not one character (code point); give them one by one"),
        ([1], "among: 1 is not one character (code point); give them one by one"),
        ([["十"]], "among: ['十'] is not one character (code point); give them one by one"),
        (5, 'among=5: type a name such as "kana", or characters such as "あいう"'),
    ],
)  # fmt: skip
def test_a_bad_choice_is_named_at_the_call(reader: yomite.Recognizer, among: object, line: str) -> None:
    for read in (
        lambda: reader.recognize(STROKES["十"], among=among),  # type: ignore[arg-type]
        lambda: reader.recognize_many([], among=among),  # type: ignore[arg-type]
        lambda: reader.recognize_iter([], among=among),  # type: ignore[arg-type]
        lambda: reader.list_characters(among),  # type: ignore[arg-type]
    ):
        with pytest.raises(yomite.CharsetError) as caught:
            read()
        assert str(caught.value) == line


def test_letters_are_given_one_by_one() -> None:
    choices = Choices(tuple("1abc"), ("ac",))
    for among in (("b", "a"), "a b", "ab ab"):
        chosen = choices.choose(among)
        assert (chosen.characters, chosen.labels.tolist()) == (("a", "b"), [1, 2])
        assert chosen.is_covered is not None and chosen.is_covered.tolist() == [False, True, True, True]
        assert chosen.alike_by_position == {}
    assert choices.choose("ab1").characters == ("1", "a", "b")
    assert choices.choose("b").characters == ("b",)
    assert choices.choose(" latin ").characters == ("a", "b", "c")
    assert {key: value.tolist() for key, value in choices.choose("a c").alike_by_position.items()} == {
        0: [0, 1],
        1: [0, 1],
    }


@pytest.mark.skipif("YOMITE_DATA" not in os.environ, reason="set YOMITE_DATA to the data folder")
def test_kana_of_many_writers_are_kept_and_kanji_are_not(released: yomite.Recognizer) -> None:
    """docs/experiments.md, 22: of real writing."""
    from yomite.data.sources import open_source

    samples = list(open_source("dev/touchscreen-100", Path(os.environ["YOMITE_DATA"])))[::4]
    pictures = [Image.fromarray(np.asarray(sample.picture)) for sample in samples]
    full = released.recognize_many(pictures)
    covered = set(released.list_characters("hiragana"))
    covered |= {alike for one in covered for alike in yomite.charset.lookalikes_of(one)}
    among = released.recognize_many(pictures, among="hiragana")
    inside = [
        a.is_rejected > f.is_rejected
        for s, f, a in zip(samples, full, among, strict=True)
        if s.character in covered
    ]
    outside = [a.is_rejected for s, a in zip(samples, among, strict=True) if s.character not in covered]
    assert len(inside) > 40 and len(outside) > 40
    assert np.mean(inside) <= 0.02
    assert np.mean(outside) >= 0.9

"""Another script is another record: Greek capitals go all the way that Japanese goes."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from yomite.charset import Language, build_charset
from yomite.charset.prior import build_log_prior, count_characters
from yomite.data.samples import Sample
from yomite.errors import CharsetError
from yomite.evaluation.report import evaluate
from yomite.ink.forms import build_forms
from yomite.reading.results import Candidate, Recognition

VOWELS = "ΑΕΗΙΟΥΩ"
GREEK = Language(
    sets={
        "vowels": lambda: VOWELS,
        "capitals": lambda: "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ",
        "full": lambda: "ΑΒΟΩϹCO·",
    },
    scripts={"greek": ((0x0370, 0x03FF),), "latin": ((0x41, 0x5A),)},
    levels=("vowels", "capitals"),
    level_by_script={"latin": "guests"},
    lookalikes=("ΟO", "ϹC", "OΘ"),
    shares={"greek": 0.8, "latin": 0.15, "punctuation": 0.05},
    even_parts={"greek": 0.5, "latin": 1, "punctuation": 1},
    favorites={"greek": ("vowels", 0.5)},
    twins={"lunate": ("Ϲ", "Ο", 0.1)},
    folds=str.maketrans("αβοω", "ΑΒΟΩ"),
    forms={"Γ": ("20,90 20,10 80,10",), "Λ": ("10,90 50,10 / 50,10 90,90",)},
)


def test_character_sets_are_those_of_the_record() -> None:
    assert build_charset("vowels", GREEK).characters == tuple(VOWELS)
    assert len(build_charset("capitals", GREEK)) == 24
    with pytest.raises(
        CharsetError, match="'capital'; did you mean 'capitals'\\? allowed: vowels, capitals, full"
    ):
        build_charset("capital", GREEK)
    with pytest.raises(CharsetError, match="unknown character set 'kana'"):
        build_charset("kana", GREEK)


def test_scripts_and_levels_are_those_of_the_record() -> None:
    assert [GREEK.script_of(one) for one in "ΩQ·あ"] == ["greek", "latin", "punctuation", "punctuation"]
    assert [GREEK.level_of(one) for one in "ΩΒQ·"] == ["vowels", "capitals", "guests", "other"]
    assert GREEK.script_names == ("greek", "latin", "punctuation")
    assert GREEK.level_names == ("guests", "vowels", "capitals", "other")


def test_look_alikes_that_share_a_member_are_one_group() -> None:
    assert [set(group) for group in GREEK.lookalike_groups] == [set("ϹC"), set("ΟOΘ")]
    assert GREEK.are_lookalikes("Ο", "Θ") and not GREEK.are_lookalikes("Ο", "Ϲ")
    assert GREEK.lookalikes_of("Ψ") == frozenset("Ψ")


def test_prior_follows_the_record(tmp_path: Path) -> None:
    path = tmp_path / "sentences.txt.gz"
    path.write_bytes(gzip.compress("ααβΒ·く\n".encode()))
    counts = count_characters(path, GREEK)
    assert counts == {"Α": 2, "Β": 2, "·": 1, "く": 1}
    charset = build_charset("full", GREEK)
    prior = dict(
        zip(charset, np.exp(build_log_prior(counts, charset, language=GREEK).astype(float)), strict=True)
    )
    # Half by count, half even; of the even half, half to the vowels (3) and half to all (5). Then Ϲ gets at
    # most a tenth of Ο, and what it loses is spread in proportion.
    vowel, letter = 0.5 * (0.5 / 3 + 0.5 / 5), 0.5 * 0.5 / 5
    greek = {"Α": 0.25 + vowel, "Β": 0.25 + letter, "Ο": vowel, "Ω": vowel, "Ϲ": 0.1 * vowel}
    expected = {one: 0.8 * part / sum(greek.values()) for one, part in greek.items()}
    expected |= {"C": 0.075, "O": 0.075, "·": 0.05}
    assert prior == pytest.approx(expected, rel=1e-5)


def test_forms_are_drawn_from_the_record() -> None:
    glyphs = build_forms(GREEK)
    assert [(glyph.character, len(glyph.strokes)) for glyph in glyphs] == [("Γ", 1), ("Λ", 2)]
    np.testing.assert_allclose(glyphs[1].strokes[0][[0, -1]], [(0.1, 0.9), (0.5, 0.1)], atol=1e-6)


def test_answers_are_scored_by_the_record() -> None:
    read = ("Ο", "Θ"), ("Ο", "Ω"), ("Ϲ", "C"), ("C", "C"), ("·", "")
    samples = [Sample(np.zeros((8, 8), np.uint8), right, "", str(k)) for k, (right, _) in enumerate(read)]
    recognitions = [Recognition((Candidate(came, 1.0),), 1.0, False) if came else None for _, came in read]
    report = evaluate(lambda pictures: recognitions, samples, data="capitals", model="none", language=GREEK)
    assert {name: (alike.value, strict.value) for name, (alike, strict) in report.groups.items()} == {
        "script: greek": (pytest.approx(2 / 3), 0),
        "script: latin": (1, 1),
        "script: punctuation": (0, 0),
        "level: guests": (1, 1),
        "level: vowels": (0.5, 0),
        "level: other": (0.5, 0),
    }

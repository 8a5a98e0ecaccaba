"""Answers against hits counted by hand, and against a plain computation on random answers."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import yomite
from yomite.charset import are_lookalikes
from yomite.evaluation.answers import TOP, collect_answers, join_answers

ALPHABET = "へヘ一ー口ロ日曰永水氷あぁ"


def read_as(texts: str, is_rejected: bool = False) -> yomite.Recognition:
    return yomite.Recognition(tuple(yomite.Candidate(text, 0.1) for text in texts), 0.5, is_rejected)


def test_an_answer_is_what_was_recognized() -> None:
    answers = collect_answers("へへ", [read_as("ヘく", is_rejected=True), yomite.PictureError("blank")])
    assert answers.texts == (("ヘ", "く"), ()) and len(answers) == 2
    assert answers.confidences.tolist() == [0.5, 0] and answers.is_rejected.tolist() == [True, False]
    assert answers.is_right.tolist() == [True, False] and not answers.is_strict.any()
    assert answers.is_read.tolist() == [True, False] and not answers.is_outside.any()


def test_ranks_by_hand() -> None:
    characters = ["永", "へ", "口", "水", "ゐ"]
    recognitions = [
        read_as("永水氷"),  # right
        read_as("ヘへ一"),  # a look-alike, the strict one second
        read_as("日ロ口", is_rejected=True),  # wrong, a look-alike second, the strict one third
        yomite.PictureError("blank"),  # not read
        read_as("あぁ永"),  # outside the charset
    ]
    answers = collect_answers(characters, recognitions, charset="永へ口水")
    assert [(answers.strict_ranks < k).sum() for k in range(1, TOP + 1)] == [1, 2, 3, 3, 3]
    assert [(answers.lookalike_ranks < k).sum() for k in range(1, TOP + 1)] == [2, 3, 3, 3, 3]
    assert answers.is_outside.tolist() == [False] * 4 + [True]
    assert (~answers.is_read).tolist() == [False] * 3 + [True, False]
    assert answers.is_rejected.sum() == 1 and not (answers.is_rejected & answers.is_right).any()


answered = st.lists(
    st.tuples(st.sampled_from(ALPHABET), st.permutations(ALPHABET).map(lambda texts: "".join(texts[:6]))),
    max_size=30,
)


@settings(max_examples=50, deadline=None)
@given(answered=answered, cut=st.integers(0, 30))
def test_answers_add_up_and_follow_the_definition(answered: list[tuple[str, str]], cut: int) -> None:
    characters = [character for character, _ in answered]
    recognitions = [read_as(texts) for _, texts in answered]
    charset = ALPHABET[3:]
    whole = collect_answers(characters, recognitions, charset)
    parts = [collect_answers(characters[half], recognitions[half]) for half in (slice(cut), slice(cut, None))]
    joined = join_answers(parts, charset)
    assert joined.characters == whole.characters and joined.texts == whole.texts
    for name in ("strict_ranks", "lookalike_ranks", "is_outside", "is_read", "confidences", "is_rejected"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name), strict=True)
    assert whole.is_outside.sum() == sum(character not in charset for character in characters)
    for k in range(1, TOP + 1):
        strict = [character in texts[:k] for character, texts in answered]
        alike = [any(are_lookalikes(character, text) for text in texts[:k]) for character, texts in answered]
        assert (whole.strict_ranks < k).tolist() == strict
        assert (whole.lookalike_ranks < k).tolist() == alike


def test_nothing_is_joined_to_nothing() -> None:
    assert len(join_answers([])) == 0 == len(join_answers([]).is_right)

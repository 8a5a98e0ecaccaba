"""What is drawn is ink or dirty paper, the same from the same seed; what is turned down is counted."""

import numpy as np
import pytest

from yomite.errors import PictureError
from yomite.evaluation.negatives import NEGATIVES, draw_negatives, measure_rejected
from yomite.ink.canvas import to_canvas
from yomite.recognizer import Candidate, Recognition


@pytest.mark.parametrize("kind", NEGATIVES)
def test_each_kind_is_ink_and_varies(kind: str) -> None:
    pictures = draw_negatives(kind, 12)
    for first, again in zip(pictures, draw_negatives(kind, 12), strict=True):
        np.testing.assert_array_equal(np.concatenate(first), np.concatenate(again))
    canvases = []
    for picture in pictures:
        try:
            canvases.append(to_canvas(picture).tobytes())
        except PictureError as error:
            assert kind == "dirty paper" and "blank" in str(error)
    assert len(set(canvases)) == len(canvases)
    assert kind == "dirty paper" or len(canvases) == 12


def test_what_is_turned_down_is_counted() -> None:
    taken, rejected = (Recognition((Candidate("一", 0.5),), 0.5, flag) for flag in (False, True))
    answers = [taken, rejected, PictureError("blank"), taken]
    shares = measure_rejected(lambda pictures: answers[: len(pictures)], num=4)
    assert shares == dict.fromkeys(NEGATIVES, 0.5)

"""One shape of a result for Python, the command line and the page."""

import json
import pickle

from yomite.reading.results import Candidate, Recognition

RESULT = Recognition((Candidate("永", 0.98765432), Candidate("氷", 1e-9)), 0.9999999, False)


def test_a_result_is_plain_data() -> None:
    assert RESULT.to_dict() == {
        "text": "永",
        "confidence": 1.0,
        "is_rejected": False,
        "seems_several": False,
        "candidates": [{"text": "永", "probability": 0.987654}, {"text": "氷", "probability": 0.0}],
    }


def test_json_is_that_data_in_its_order() -> None:
    assert RESULT.to_json() == (
        '{"text": "永", "confidence": 1.0, "is_rejected": false, "seems_several": false, '
        '"candidates": [{"text": "永", "probability": 0.987654}, {"text": "氷", "probability": 0.0}]}'
    )
    assert json.loads(RESULT.to_json()) == RESULT.to_dict()


def test_a_result_can_be_sent() -> None:
    assert pickle.loads(pickle.dumps(RESULT)) == RESULT and str(RESULT) == "永"

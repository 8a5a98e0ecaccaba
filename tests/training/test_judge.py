"""The score that decides: which way is better, how long to wait, when the rate falls."""

from typing import Any

from yomite.charset import Charset
from yomite.config import parse_config
from yomite.tasks.character import CharacterTask
from yomite.training.validation import Judge


def build_judge(**changes: Any) -> Judge:
    return Judge(parse_config(changes), ["a", "b"], CharacterTask(Charset("two", tuple("一二"))))


def judge_all(judge: Judge, scores: list[float], score: str = "top1") -> list[bool]:
    return [judge.judge({"a": {score: value}, "b": {score: value}}) for value in scores]


def test_the_mean_over_the_sets_or_one_of_them() -> None:
    scores = {"a": {"top1": 0.2}, "b": {"top1": 0.6}}
    for metric, best in [("top1", 0.4), ("a/top1", 0.2), ("b/top1", 0.6)]:
        judge = build_judge(validation={"metric": metric})
        assert judge.judge(scores)
        assert judge.best == best


def test_a_loss_is_better_lower() -> None:
    judge = build_judge(validation={"metric": "loss"})
    assert judge_all(judge, [0.9, 1.0, 0.8, 0.8], "loss") == [True, False, True, False]
    assert judge.best == 0.8


def test_patience_is_counted_from_the_best() -> None:
    judge = build_judge(validation={"metric": "top1", "patience": 2})
    for score, is_patient in [(0.5, True), (0.4, True), (0.6, True), (0.6, True), (0.5, False)]:
        judge_all(judge, [score])
        assert judge.is_patient is is_patient


def test_the_rate_falls_again_only_after_new_patience() -> None:
    judge = build_judge(schedule={"name": "plateau", "patience": 2}, validation={"metric": "top1"})
    falls = []
    for score in [0.5, 0.4, 0.4, 0.4, 0.6, 0.5, 0.5, 0.5, 0.5]:
        judge_all(judge, [score])
        falls.append(judge.num_falls)
    assert falls == [0, 0, 1, 1, 1, 1, 2, 2, 3]


def test_goes_on_as_if_it_had_not_stopped() -> None:
    changes: dict[str, Any] = {
        "schedule": {"name": "plateau", "patience": 2},
        "validation": {"metric": "top1", "patience": 4},
    }
    whole, first, second = build_judge(**changes), build_judge(**changes), build_judge(**changes)
    judge_all(whole, [0.5, 0.4, 0.4, 0.4])
    judge_all(first, [0.5, 0.4])
    second.fill_state(first.read_state())
    judge_all(second, [0.4, 0.4])
    assert second.read_state() == whole.read_state()

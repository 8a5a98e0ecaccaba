"""The shipped model is the one that its card describes, and still scores what the card says."""

import json
import math
from contextlib import suppress
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import onnxruntime
import pytest

from yomite.charset import LOOKALIKE_GROUPS, build_charset
from yomite.data.sources import Sample, open_source
from yomite.errors import PictureError
from yomite.evaluation.answers import TOP, collect_answers
from yomite.ink.canvas import to_canvas
from yomite.reading.characters import Recognizer, load
from yomite.shipping.card import format_model_card
from yomite.shipping.release import DEV_SETS, MAX_BYTES, TEST_SETS

TOLERANCE = 0.002
"""What a figure may fall below the card, 0..1."""


@pytest.fixture(scope="module")
def card(released_model: Path) -> dict[str, Any]:
    return json.loads(released_model.with_name("card.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def reader(released_model: Path) -> Recognizer:
    return load(released_model)


@cache
def read_samples(name: str, data_root: Path) -> list[Sample]:
    return list(open_source(name, data_root))


def test_files_are_as_the_card_says(released_model: Path, card: dict[str, Any]) -> None:
    weights_path = released_model.with_suffix(".safetensors")
    sizes = {path.name: path.stat().st_size for path in (released_model, weights_path)}
    assert card["sizes"] == sizes
    assert sum(sizes.values()) <= MAX_BYTES
    page = released_model.with_name("MODEL_CARD.md").read_text(encoding="utf-8")
    assert page == format_model_card(card)


def test_metadata_is_complete(released_model: Path, card: dict[str, Any]) -> None:
    metadata = {entry.key: entry.value for entry in onnx.load(released_model).metadata_props}
    assert metadata["format_version"] == "1" and metadata["task"] == "character"
    assert metadata["name"] == card["name"] == released_model.stem
    assert metadata["license"] == card["license"] == "CC-BY-SA-4.0"
    assert tuple(json.loads(metadata["charset"])) == build_charset("full").characters
    assert tuple(json.loads(metadata["lookalikes"])) == LOOKALIKE_GROUPS
    assert metadata["canvas_version"] == "4"
    assert metadata["training_commit"] == card["training"]["commit"] != ""
    log_prior = np.array(json.loads(metadata["log_prior"]))
    assert log_prior.shape == (card["num_classes"],)
    assert np.exp(log_prior).sum() == pytest.approx(1, abs=1e-3)
    assert len(np.unique(log_prior)) > 1000  # counted, not uniform
    assert json.loads(metadata["prior_weight"]) == card["calibration"]["prior_weight"]
    fits = card["calibration"]["fits"]
    for field in ("temperature", "rejection_threshold"):
        assert json.loads(metadata[field]) == {prior: fits[prior][field] for prior in ("text", "uniform")}
    assert all(value > 0 for value in json.loads(metadata["temperature"]).values())
    if rejection := card.get("rejection"):
        assert json.loads(metadata["known_threshold"]) == rejection["known_threshold"]


def chance_of_count(drawn: int, written: int) -> float:
    """Q(k | n) of docs/model-file.md."""
    total = 0.0
    for joined in range(written):
        broken = drawn - written + joined
        if 0 <= broken <= 3:
            ways = math.comb(written - 1, joined)
            joins = sum(
                share * ways * chance**joined * (1 - chance) ** (written - 1 - joined)
                for share, chance in ((0.5, 0.02), (0.3, 0.1), (0.2, 0.3))
            )
            mean = 0.02 * written
            total += joins * math.exp(-mean) * mean**broken / math.factorial(broken)
    return 0.98 * total + 0.02 / 40


@pytest.mark.parametrize("prior", ["text", "uniform"])
def test_the_file_is_all_that_a_confidence_takes(
    released_model: Path, reader: Recognizer, prior: Literal["text", "uniform"]
) -> None:
    """docs/model-file.md by the letter, as another language would do it: only the canvas is of yomite."""
    session = onnxruntime.InferenceSession(str(released_model))
    fields = session.get_modelmeta().custom_metadata_map
    charset, groups = json.loads(fields["charset"]), json.loads(fields["lookalikes"])
    weight = float(fields["prior_weight"]) if prior == "text" else 0
    log_prior = weight * np.array(json.loads(fields["log_prior"]))
    picture = [[(0, 0), (0, 10)], [(0, 0), (10, 0), (10, 10)], [(0, 10), (10, 10)]]
    logits = session.run(["logits"], {"images": to_canvas(picture)[None, None]})[0][0].astype(float)
    chances = [
        [chance_of_count(len(picture), n) for n in counts] for counts in json.loads(fields["stroke_counts"])
    ]
    counted = np.array([np.mean(one) for one in chances])
    powers = np.exp((logits + log_prior) / json.loads(fields["temperature"])[prior] + np.log(counted))
    shares = dict(zip(charset, powers / powers.sum(), strict=True))
    best = max(shares, key=shares.__getitem__)
    alike = next((group for group in groups if best in group), best)
    result = reader.recognize(picture, prior=prior)
    assert (best, alike) == (result.text, "口ロ囗")
    assert result.confidence == pytest.approx(sum(shares[one] for one in alike), abs=1e-5)
    assert result.confidence > shares[best] + 1e-4


def test_the_card_is_complete(card: dict[str, Any]) -> None:
    scored = [(score["data"], score["prior"]) for score in card["scores"]]
    assert scored == [(name, prior) for name in (*DEV_SETS, *TEST_SETS) for prior in ("text", "uniform")]
    training = card["training"]
    assert training["device"] and training["hours"] and training["commit"] and training["samples"]
    assert not training["changed"]


@pytest.mark.parametrize("name", DEV_SETS)
def test_scores_hold(name: str, card: dict[str, Any], reader: Recognizer, data_root: Path) -> None:
    samples = read_samples(name, data_root)
    characters, pictures = zip(*((sample.character, sample.picture) for sample in samples), strict=True)
    for prior in ("text", "uniform"):
        (said,) = (score for score in card["scores"] if (score["data"], score["prior"]) == (name, prior))
        assert said["num_samples"] == len(samples)
        results = reader.recognize_many(pictures, top=5, prior=prior, errors="return")
        answers = collect_answers(characters, results)
        for field, hits in (
            ("strict_top1", answers.is_strict),
            ("lookalike_top1", answers.is_right),
            ("lookalike_top5", answers.lookalike_ranks < TOP),
        ):
            assert hits.mean() >= said[field] - TOLERANCE, (name, prior, field)


def test_both_files_agree(
    released_model: Path, card: dict[str, Any], reader: Recognizer, data_root: Path
) -> None:
    pytest.importorskip("torch", reason='needs the extra: pip install "yomite[train]"')
    from yomite.checkpoint import read_checkpoint
    from yomite.shipping.draft import read_draft
    from yomite.shipping.tracing import check_parity

    canvases = []
    for sample in chain.from_iterable(read_samples(name, data_root) for name in DEV_SETS):
        with suppress(PictureError):
            canvases.append(to_canvas(sample.picture, reader.input_size))
    weights = read_checkpoint(released_model.with_suffix(".safetensors"))
    parity = check_parity(read_draft(released_model), weights, np.stack(canvases))
    assert parity.num_images == card["parity"]["num_images"]
    assert parity.num_disagreements <= card["parity"]["num_disagreements"]
    assert parity.max_difference < 0.01


def test_strangers_are_turned_down(card: dict[str, Any], reader: Recognizer, data_root: Path) -> None:
    """At least 95 % of what is no character in the mean, at most 2 % of real ones, 10 % of hasty ones."""
    if not card.get("rejection"):
        pytest.skip("this release has no output `known`")
    pytest.importorskip("numba", reason='needs the extra: pip install "yomite[ink]"')
    from yomite.evaluation.outsiders import measure_rejected
    from yomite.ink.sketches import read_copybook

    said, lost = card["rejection"]["rejected"], card["rejection"]["lost"]
    assert lost["dev/hasty-kanji"] <= 0.1
    small = ("dev/freehand-hiragana", "dev/hasty-kanji")
    assert max(share for name, share in lost.items() if name not in small) <= 0.02
    assert sum(said.values()) / len(said) >= 0.95
    again = measure_rejected(
        lambda pictures: reader.recognize_many(pictures, errors="return"), read_copybook(data_root), num=60
    )
    assert np.mean(list(again.values())) >= sum(said.values()) / len(said) - 0.05

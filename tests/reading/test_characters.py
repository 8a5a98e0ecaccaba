"""The reader against the same computation written plainly, and against every bad argument it must name."""

import io
import itertools
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tiny_model import (
    CHARACTERS,
    GRID,
    POOL,
    PRIOR,
    STROKES,
    build_attention,
    pool_canvas,
    template_weights,
    write_tiny_model,
)

import yomite
from yomite.ink.canvas import to_canvas
from yomite.reading.heat import build_heat

TEMPERATURE = {"text": 0.5, "uniform": 0.8}


@pytest.fixture(scope="module")
def tiny_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture(scope="module")
def reader(tiny_path: Path) -> yomite.Recognizer:
    return yomite.load(tiny_path)


def expected_probabilities(picture: object, prior: str) -> np.ndarray:
    """float64 (C,): the contract of the model file, written out for one picture."""
    weights, biases = template_weights()
    scores = weights.astype(float) @ pool_canvas(to_canvas(picture)) + biases
    if prior == "text":
        scores = scores + 0.7 * np.log(PRIOR).round(4)
    shares = np.exp(scores / TEMPERATURE[prior])
    return shares / shares.sum()


@pytest.mark.parametrize("prior", ["text", "uniform"])
@pytest.mark.parametrize("character", CHARACTERS)
def test_probabilities_follow_the_contract(reader: yomite.Recognizer, character: str, prior: str) -> None:
    result = reader.recognize(STROKES[character], prior=prior, top=4)
    expected = expected_probabilities(STROKES[character], prior)
    probability_by_text = {candidate.text: candidate.probability for candidate in result.candidates}
    assert len(result.candidates) == 4
    assert sorted(probability_by_text.values(), reverse=True) == list(probability_by_text.values())
    assert list(probability_by_text.values()) == pytest.approx(sorted(expected, reverse=True)[:4], abs=1e-4)
    for text, probability in probability_by_text.items():
        assert probability == pytest.approx(expected[CHARACTERS.index(text)], abs=1e-4)


def test_confidence_sums_the_lookalikes(reader: yomite.Recognizer) -> None:
    for prior in ("text", "uniform"):
        result = reader.recognize(STROKES["口"], prior=prior, top=1)
        expected = expected_probabilities(STROKES["口"], prior)
        both = expected[CHARACTERS.index("口")] + expected[CHARACTERS.index("ロ")]
        assert result.confidence == pytest.approx(both, abs=1e-4)
        assert result.confidence > result.candidates[0].probability
    assert str(reader.recognize(STROKES["ロ"])) == "口"  # 0.3 against 0.1 in the prior decides


def test_low_confidence_is_rejected(tmp_path: Path) -> None:
    thresholds = {"text": 0.0, "uniform": 1.0}
    reader = yomite.load(write_tiny_model(tmp_path / "m.onnx", rejection_threshold=json.dumps(thresholds)))
    assert not reader.recognize(STROKES["十"], prior="text").is_rejected
    assert reader.recognize(STROKES["十"], prior="uniform").is_rejected


def test_pictures_and_strokes_are_read_alike(reader: yomite.Recognizer, tmp_path: Path) -> None:
    canvas = to_canvas(STROKES["人"])
    image = Image.fromarray(255 - canvas)
    image.save(tmp_path / "人.png")
    for picture in (
        STROKES["人"],
        255 - canvas,
        image,
        tmp_path / "人.png",
        (tmp_path / "人.png").read_bytes(),
    ):
        assert reader.recognize(picture).text == "人"


def test_many_give_what_one_by_one_gives(reader: yomite.Recognizer) -> None:
    pictures = [STROKES[character] for character in CHARACTERS * 30]  # several batches, the last one short
    one_by_one = [reader.recognize(picture, top=3) for picture in pictures]
    for result, expected in zip(reader.recognize_many(pictures, top=3), one_by_one, strict=True):
        assert result.text == expected.text
        assert result.confidence == pytest.approx(expected.confidence, abs=1e-5)
    assert reader.recognize_many([]) == []


def test_bad_pictures_do_not_cost_the_others_their_answer(reader: yomite.Recognizer) -> None:
    pictures = [STROKES["十"], np.full((20, 20), 255, np.uint8), STROKES["く"], b"no picture"] * 20
    results = reader.recognize_many(pictures, errors="return")
    assert [str(result) for result in results[::2]] == ["十", "く"] * 20
    assert all(isinstance(result, yomite.PictureError) for result in results[1::2])
    with pytest.raises(yomite.PictureError, match=r"^picture 1: .*blank"):
        reader.recognize_many(pictures)
    only_bad = reader.recognize_many([b"", b""], errors="return")
    assert all(isinstance(result, yomite.PictureError) for result in only_bad)
    assert all(error.__traceback__ is None for error in only_bad)  # it would hold the pictures in memory


def test_iteration_is_lazy(reader: yomite.Recognizer) -> None:
    num_taken = 0

    def endless() -> itertools.count:
        nonlocal num_taken
        for _ in itertools.count():
            num_taken += 1
            yield STROKES["メ"]

    results = reader.recognize_iter(endless())
    assert num_taken == 0
    assert [next(results).text for _ in range(100)] == ["メ"] * 100
    assert num_taken < 1000
    results.close()


def test_wrong_arguments_are_named_at_the_call(reader: yomite.Recognizer) -> None:
    with pytest.raises(yomite.YomiteError, match='prior=\'texts\': type "text" or "uniform"'):
        reader.recognize(STROKES["十"], prior="texts")
    for top in (0, "5", 1.5, -3, None):
        with pytest.raises(yomite.YomiteError, match=f"^top={top!r}: type a whole number from 1$"):
            reader.recognize(STROKES["十"], top=top)  # type: ignore[arg-type]
    assert len(reader.recognize(STROKES["十"], top=np.int64(3)).candidates) == 3
    assert len(reader.recognize(STROKES["十"], top=10**30).candidates) == len(CHARACTERS)
    with pytest.raises(yomite.YomiteError, match='errors=\'skip\': type "raise" or "return"'):
        reader.recognize_iter([], errors="skip")
    for num_threads in (0, 10**6, 1.5, "2"):
        with pytest.raises(yomite.YomiteError, match=f"num_threads={num_threads!r}: type a whole number"):
            yomite.load(reader.path, num_threads=num_threads)  # type: ignore[arg-type]


def test_one_and_several_are_not_mixed_up(reader: yomite.Recognizer, tmp_path: Path) -> None:
    path = tmp_path / "十.png"
    Image.fromarray(255 - to_canvas(STROKES["十"])).save(path)
    image, array = Image.open(path), np.asarray(Image.open(path))
    for one in (
        str(path),
        path,
        path.read_bytes(),
        image,
        array,
        np.stack([array] * 3, axis=2),
        STROKES["十"],
    ):
        with pytest.raises(yomite.YomiteError, match=r"is not several pictures; .*recognize\(\.\.\.\)"):
            reader.recognize_many(one)  # type: ignore[arg-type]
        with pytest.raises(yomite.PictureError, match=r"a list of 2; type recognize_many\(\[\.\.\.\]\)"):
            reader.recognize([one, one])
        assert [result.text for result in reader.recognize_many([one, one])] == ["十", "十"]
    with pytest.raises(yomite.YomiteError, match=r"^'ei\.png' is not several pictures"):
        reader.recognize_many("ei.png")
    with pytest.raises(yomite.YomiteError, match="int is not several pictures"):
        reader.recognize_iter(5)  # type: ignore[arg-type]
    arrays = np.stack([array, array])  # (N, H, W)
    assert [result.text for result in reader.recognize_many(arrays)] == ["十", "十"]
    with pytest.raises(yomite.PictureError, match="a list of 1"):
        reader.explain([path])


def test_open_files_are_read(reader: yomite.Recognizer, tmp_path: Path) -> None:
    path = tmp_path / "十.png"
    Image.fromarray(255 - to_canvas(STROKES["十"])).save(path)
    with path.open("rb") as file:
        assert reader.recognize(file).text == "十"
        with pytest.raises(yomite.PictureError):  # nothing is left in it
            reader.recognize(file)
    with pytest.raises(yomite.PictureError, match=r"the open file cannot be read .*; open it anew"):
        reader.recognize(file)
    with pytest.raises(yomite.PictureError, match='holds text; open it with mode "rb"'):
        reader.recognize(io.StringIO("十"))  # type: ignore[arg-type]
    with pytest.raises(yomite.YomiteError, match="BytesIO is not several pictures"):
        reader.recognize_many(io.BytesIO(path.read_bytes()))  # type: ignore[arg-type]


def test_a_reader_says_what_it_is(reader: yomite.Recognizer) -> None:
    assert repr(reader) == "<Recognizer tiny: 7 characters, 48 px, prior 'text'>"


def test_a_model_in_memory_reads_as_its_file(tiny_path: Path, reader: yomite.Recognizer) -> None:
    in_memory = yomite.Recognizer(tiny_path.read_bytes(), num_threads=1)
    assert in_memory.path == Path("tiny.onnx")
    for copy in (in_memory, pickle.loads(pickle.dumps(in_memory))):
        assert copy.recognize(STROKES["く"]) == reader.recognize(STROKES["く"])
    with pytest.raises(
        yomite.ModelFileError, match=r"^the model: no ONNX file, or a damaged one \(5 bytes\)"
    ):
        yomite.Recognizer(b"hello")


def test_pickled_reader_reads_the_same(tiny_path: Path) -> None:
    reader = yomite.load(tiny_path, prior="uniform", num_threads=1)
    copy = pickle.loads(pickle.dumps(reader))
    assert (copy.prior, copy.num_threads, copy.characters) == ("uniform", 1, CHARACTERS)
    assert copy.recognize(STROKES["く"]) == reader.recognize(STROKES["く"])


def test_threads_share_one_reader(reader: yomite.Recognizer) -> None:
    characters = list(CHARACTERS) * 40
    expected = {character: reader.recognize(STROKES[character]) for character in CHARACTERS}
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda character: reader.recognize(STROKES[character]), characters))
    assert results == [expected[character] for character in characters]


def test_explain_shows_what_adds_to_the_logit(reader: yomite.Recognizer) -> None:
    heat = reader.explain(STROKES["十"])
    assert heat.shape == (48, 48) and heat.dtype == np.float32
    assert heat.min() >= 0 and heat.max() == pytest.approx(1)
    # Independently: here a place adds its ink times its weight. The strongest places must agree.
    weights, _ = template_weights()
    added = weights[CHARACTERS.index("十")] * pool_canvas(to_canvas(STROKES["十"]))
    averaged = heat.reshape(GRID, POOL, GRID, POOL).mean(axis=(1, 3)).ravel()
    assert np.corrcoef(added, averaged)[0, 1] > 0.9
    other = reader.explain(STROKES["十"], "口")
    assert not np.allclose(other, heat)
    with pytest.raises(yomite.CharsetError, match="永"):
        reader.explain(STROKES["十"], "永")


def test_a_file_without_features_reads_but_does_not_explain(tmp_path: Path) -> None:
    reader = yomite.load(write_tiny_model(tmp_path / "m.onnx", has_features=False))
    assert reader.recognize(STROKES["十"]).text == "十"
    with pytest.raises(yomite.ModelFileError, match="features"):
        reader.explain(STROKES["十"])


def test_explain_follows_the_evidence_back_through_the_attention(
    reader: yomite.Recognizer, tmp_path: Path
) -> None:
    attentive = yomite.load(write_tiny_model(tmp_path / "m.onnx", attention=build_attention()))
    assert attentive.has_attention and not reader.has_attention
    evidence = attentive.explain(STROKES["一"], "一")
    np.testing.assert_array_equal(evidence, reader.explain(STROKES["一"], "一"))
    heat = attentive.explain(STROKES["一"], kind="attention")
    assert heat.shape == (48, 48) and heat.dtype == np.float32
    assert heat.min() >= 0 and heat.max() == pytest.approx(1)
    # Independently: half of the ink's weight stays, half moves a place to the right.
    weights, _ = template_weights()
    added = weights[CHARACTERS.index("一")] * pool_canvas(to_canvas(STROKES["一"]))
    added = (0.5 * added + 0.5 * np.roll(added, 1)).reshape(GRID, GRID)
    np.testing.assert_allclose(heat, build_heat(added - added.min(), 48), atol=1e-5)
    assert not np.allclose(attentive.explain(STROKES["一"], "口", kind="attention"), heat)


def test_a_model_without_attention_says_so(reader: yomite.Recognizer, tmp_path: Path) -> None:
    with pytest.raises(yomite.ModelFileError, match=r"^tiny has no attention; type kind='evidence'"):
        reader.explain(STROKES["十"], kind="attention")
    with pytest.raises(yomite.YomiteError, match=r"^kind='rollout': type .evidence. or .attention.$"):
        reader.explain(STROKES["十"], kind="rollout")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("attention", "line"),
    [
        (build_attention()[:, :60], r"64 places, but attention of shape \(1, 60, 8, 8\); export it again"),
        (np.full((1, 64, 8, 8), np.nan, np.float32), "attention are not finite"),
    ],
)
def test_damaged_attention_is_refused(attention: np.ndarray, line: str, tmp_path: Path) -> None:
    reader = yomite.load(write_tiny_model(tmp_path / "m.onnx", attention=attention))
    assert reader.recognize(STROKES["十"]).text == "十"
    with pytest.raises(yomite.ModelFileError, match=line):
        reader.explain(STROKES["十"], kind="attention")


@settings(max_examples=60, deadline=None)
@given(noise=st.binary(max_size=200), position=st.integers(0, 3000), value=st.integers(0, 255))
def test_damaged_bytes_give_an_answer_or_a_picture_error(
    reader: yomite.Recognizer, noise: bytes, position: int, value: int
) -> None:
    stream = io.BytesIO()
    Image.fromarray(255 - to_canvas(STROKES["十"])).save(stream, "PNG")
    damaged = bytearray(stream.getvalue())
    damaged[position % len(damaged)] = value
    for picture in (noise, bytes(damaged), bytes(damaged[: position % len(damaged)])):
        (result,) = reader.recognize_many([picture], errors="return")
        assert isinstance(result, yomite.Recognition | yomite.PictureError)
        if isinstance(result, yomite.Recognition):
            assert 0 < result.confidence <= 1

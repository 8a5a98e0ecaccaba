"""A fine-tuned model keeps what the one that it began from says of itself; a small set only moves it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image
from tiny_model import CHARACTERS, PRIOR, STROKES

from yomite.checkpoint import Checkpoint, write_checkpoint
from yomite.ink.canvas import to_canvas
from yomite.models import build
from yomite.shipping.export import export_model
from yomite.shipping.kept import find_kept
from yomite.shipping.known import build_known, fit_head, open_evidence
from yomite.shipping.rejection import choose_known_threshold
from yomite.shipping.temperature import fit_temperature
from yomite.shipping.thresholds import ENOUGH
from yomite.shipping.tracing import OWN_CANVAS_VERSION, trace_weights

torch = pytest.importorskip("torch", reason='needs the extra: pip install "yomite[train]"')

SIZE = 16
TEMPERATURE = {"text": 0.62, "uniform": 0.61}
THRESHOLD = -0.5
STROKE_COUNTS = "[[1],[2],[3],[3],[1],[2],[2]]"
LOG_PRIOR = np.log(PRIOR / PRIOR.sum()).round(4)


def build_weights(characters: tuple[str, ...] = CHARACTERS, **config: str) -> Checkpoint:
    torch.manual_seed(2)
    arguments = {"widths": [8, 16], "depths": [1, 1], "embedding": 12}
    model = build("residual", len(characters), SIZE, **arguments)
    described = {
        "name": "residual",
        "arguments": arguments,
        "num_classes": len(characters),
        "input_size": SIZE,
    }
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    return Checkpoint("weights", described, characters, tensors, config)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Weights, and beside them their model file: calibrated, with a prior, and with a head that rejects."""
    path = tmp_path / "base.safetensors"
    checkpoint = build_weights()
    write_checkpoint(path, checkpoint)
    draft = trace_weights(checkpoint, "base")
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (40, 1, SIZE, SIZE), dtype=np.uint8) // part for part in (1, 9)]
    weigh = open_evidence(draft.network, TEMPERATURE["uniform"])
    head = fit_head([weigh(images[0])], [weigh(images[1])])
    draft = replace(draft, known=build_known(TEMPERATURE["uniform"], head)).describe(
        {
            "temperature": json.dumps(TEMPERATURE),
            "known_threshold": json.dumps(THRESHOLD),
            "prior_weight": "0.3",
            "log_prior": json.dumps(LOG_PRIOR.tolist()),
            "canvas_version": "1",
            "stroke_counts": STROKE_COUNTS,
        }
    )
    draft.write(path.with_suffix(".onnx"))
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Seven pictures: far too few to calibrate on."""
    for character in CHARACTERS:
        (tmp_path / "own" / character).mkdir(parents=True)
        Image.fromarray(255 - to_canvas(STROKES[character])).save(tmp_path / "own" / character / "1.png")
    return tmp_path / "own"


def export(
    checkpoint: Checkpoint, out: Path, *sets: Path, **options: float
) -> tuple[dict[str, str], list[str]]:
    """Export without a data folder; the metadata, and the lines that were shown."""
    said: list[str] = []
    export_model(checkpoint, out, name="mine", sets=[str(one) for one in sets], show=said.append, **options)  # type: ignore[arg-type]
    return {entry.key: entry.value for entry in onnx.load(str(out)).metadata_props}, said


def fine_tune(base: Path, characters: tuple[str, ...] = CHARACTERS) -> Checkpoint:
    """Weights that moved a little."""
    weights = build_weights(characters, init_from=str(base))
    moved = {
        name: tensor + 0.01 * torch.randn_like(tensor) if tensor.is_floating_point() else tensor
        for name, tensor in weights.tensors.items()
        if not name.endswith("running_var")
    }
    return replace(weights, tensors={**weights.tensors, **moved})


def read_numbers(metadata: dict[str, str]) -> dict[str, float]:
    temperatures = json.loads(metadata["temperature"])
    return {**temperatures, "known": json.loads(metadata["known_threshold"])}


def test_without_a_set_everything_is_kept(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YOMITE_DATA", str(tmp_path))  # neither texts nor KanjiVG
    metadata, said = export(fine_tune(base), tmp_path / "mine.onnx")
    assert read_numbers(metadata) == {**TEMPERATURE, "known": THRESHOLD}
    assert json.loads(metadata["prior_weight"]) == 0.3
    assert json.loads(metadata["log_prior"]) == LOG_PRIOR.tolist()
    assert metadata["canvas_version"] == "1"
    assert metadata["stroke_counts"] == STROKE_COUNTS
    assert json.loads(metadata["rejection_threshold"]) == {"text": 0, "uniform": 0}
    assert json.loads(metadata["calibration"]) == {"num_samples": 0, "kept_from": "base", "kept_share": 1}
    assert sum("kept from base: temperature, rejection, prior weight 0.3" in line for line in said) == 1


def test_a_small_set_moves_it_little_and_says_so(
    base: Path, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YOMITE_DATA", str(tmp_path))
    metadata, said = export(fine_tune(base), tmp_path / "mine.onnx", own)
    numbers = read_numbers(metadata)
    for name, before in {**TEMPERATURE, "known": THRESHOLD}.items():
        assert numbers[name] != before and numbers[name] == pytest.approx(before, abs=0.2), name
    assert json.loads(metadata["prior_weight"]) == 0.3
    share = round(ENOUGH / (ENOUGH + len(CHARACTERS)), 4)
    assert json.loads(metadata["calibration"])["kept_share"] == share
    assert sum("98% kept from base, 2% from 7 samples" in line for line in said) == 1


def test_a_given_weight_wins(base: Path, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOMITE_DATA", str(tmp_path))
    metadata, _ = export(fine_tune(base), tmp_path / "mine.onnx", own, prior_weight=0.0)
    assert json.loads(metadata["prior_weight"]) == 0


def test_other_characters_keep_their_prior(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YOMITE_DATA", str(tmp_path))
    characters = ("人", "十", "永", "く")  # 永 is new
    metadata, said = export(fine_tune(base, characters), tmp_path / "mine.onnx")
    prior = dict(zip(characters, json.loads(metadata["log_prior"]), strict=True))
    before = dict(zip(CHARACTERS, LOG_PRIOR.tolist(), strict=True))
    assert prior["人"] - prior["く"] == pytest.approx(before["人"] - before["く"], abs=2e-4)
    kanji = np.mean([before[one] for one in "一十口人"])
    assert prior["永"] - prior["十"] == pytest.approx(kanji - before["十"], abs=2e-4)
    assert np.exp(list(prior.values())).sum() == pytest.approx(1, abs=1e-3)
    assert "stroke_counts" not in metadata
    # Its logits mean something else now: the old head would reject at random.
    assert "known_threshold" not in metadata
    assert any("told by low confidence alone" in line for line in said)


def test_a_release_is_calibrated_afresh(
    base: Path, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YOMITE_DATA", str(tmp_path))
    metadata, said = export(fine_tune(base), tmp_path / "mine.onnx", own, keeps_calibration=False)
    assert "calibration" not in metadata and metadata["canvas_version"] == str(OWN_CANVAS_VERSION)
    assert any("7 samples are few to calibrate on, 400 are enough" in line for line in said)


def test_what_is_not_there_is_not_kept(base: Path) -> None:
    said: list[str] = []
    assert find_kept(build_weights(), said.append) is None and not said
    base.with_suffix(".onnx").unlink()
    assert find_kept(fine_tune(base), said.append) is None
    assert said.pop().endswith(f"is not there; to have it, type: yomite export {base}")
    trace_weights(build_weights(), "bare").write(base.with_suffix(".onnx"))
    assert find_kept(fine_tune(base), said.append) is None and "was not calibrated" in said.pop()


def test_thirty_right_answers_do_not_make_it_sure() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 1, (30, 50)).astype(np.float32)
    labels = rng.integers(0, 50, 30)
    logits[np.arange(30), labels] += 6
    assert fit_temperature(logits, labels) < 0.01
    assert 0.5 < fit_temperature(logits, labels, before=(0.6, 400)) < 0.6
    assert fit_temperature(logits, labels, before=(0.6, 1e9)) == pytest.approx(0.6, rel=1e-4)


def test_many_samples_outweigh_what_was_known() -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 3, (20_000, 12)).astype(np.float32)
    labels = np.argmax(logits / 1.5 + rng.gumbel(size=logits.shape), axis=1)
    assert fit_temperature(logits, labels, before=(0.6, 400)) == pytest.approx(1.5, rel=0.06)


def test_thirty_good_cells_do_not_raise_the_threshold() -> None:
    cells = np.linspace(4.06, 12, 30)
    assert choose_known_threshold([cells]) == pytest.approx(4.06, abs=1e-3)
    assert choose_known_threshold([cells], before=-0.52) == pytest.approx(-0.52 + 4.58 * 30 / 430, abs=1e-3)
    assert choose_known_threshold([np.repeat(cells, 1000)], before=-0.52) > 3.9
    assert choose_known_threshold([], before=-0.52) == -0.52

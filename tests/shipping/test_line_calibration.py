"""What a line model's file says of its reading, fitted on lines whose evidence is known."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from yomite.apps.release import main
from yomite.checkpoint import Checkpoint, write_checkpoint
from yomite.data.samples import Sample
from yomite.errors import DataError
from yomite.models import build
from yomite.reading.decoding import Weights, search
from yomite.reading.evidence import NUM_FEATURES, to_chance, weigh_evidence
from yomite.reading.language_model import read_language_model
from yomite.reading.line_file import open_line_file
from yomite.shipping.card import tell_kept
from yomite.shipping.export import export_model
from yomite.shipping.language_model import build_language_model
from yomite.shipping.line_calibration import (
    HIGHEST_THRESHOLD,
    ReadLine,
    calibrate_lines,
    compute_lines,
    fit_logistic,
)
from yomite.shipping.line_card import format_line_card
from yomite.shipping.release_files import Release

CHARACTERS = "あいう"


def see(text: str, sureness: float = 0.9) -> np.ndarray:
    """Steps in which a network sees a text: a blank, a character, and so on."""
    rows = []
    for character in text:
        for label in (len(CHARACTERS), CHARACTERS.index(character)):
            row = np.full(len(CHARACTERS) + 1, (1 - sureness) / len(CHARACTERS))
            row[label] = sureness
            rows.append(row)
    return np.log(np.array(rows, np.float32))


@pytest.fixture
def file() -> Any:
    return SimpleNamespace(characters=tuple(CHARACTERS))


def test_a_logistic_fit_finds_the_weights_that_drew_the_data() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(20_000, 2))
    wanted = np.array([1.5, -0.7, 0.4])
    is_right = rng.random(len(features)) < [to_chance(row, wanted) for row in features]
    assert fit_logistic(features, is_right) == pytest.approx(wanted, abs=0.08)


def test_error_rates_are_those_of_what_is_seen(file: Any) -> None:
    lines = [ReadLine(see("あいう"), "あいう", "a"), ReadLine(see("ああう"), "あいう", "b")]
    found = calibrate_lines(file, lines, None)
    assert found.greedy_rate == found.rate == pytest.approx(1 / 6)
    assert found.weights.language == found.weights.length == 0
    assert 0 <= found.calibration.rejection_threshold <= HIGHEST_THRESHOLD
    metadata = found.to_metadata()
    assert json.loads(metadata["language_weights"]) == [0, 0]
    assert len(json.loads(metadata["line_calibration"])["character"]) == NUM_FEATURES + 1


def test_the_language_model_helps_where_the_network_doubts(file: Any, tmp_path: Path) -> None:
    """い or う stands in the middle; the texts say い."""
    path = tmp_path / "language.npz"
    path.write_bytes(build_language_model(["あいう"] * 50 + ["うあ"] * 5, CHARACTERS, order=3, min_count=1))
    doubtful = see("あうう", 0.9)
    doubtful[3] = np.log([0.02, 0.46, 0.5, 0.02])
    found = calibrate_lines(file, [ReadLine(doubtful, "あいう", "a")] * 3, read_language_model(path))
    assert found.greedy_rate == pytest.approx(1 / 3) and found.rate == 0
    assert found.weights.language > 0


def test_sure_characters_are_more_often_right(file: Any) -> None:
    rng = np.random.default_rng(1)
    lines = []
    for number in range(60):
        written = "".join(rng.choice(list(CHARACTERS), 6))
        is_sure = number % 2 == 0
        shown = [c if is_sure or rng.random() < 0.5 else str(rng.choice(list(CHARACTERS))) for c in written]
        lines.append(ReadLine(see("".join(shown), 0.99 if is_sure else 0.6), written, str(number % 5)))
    found = calibrate_lines(file, lines, None)
    weights = found.calibration.character
    assert to_chance([4.0] * NUM_FEATURES, weights) > 0.9
    assert found.error < 0.1


def test_what_the_rest_of_the_line_is_like_counts() -> None:
    """A sure character in a line of doubtful ones."""
    means = []
    for rest in (0.99, 0.5):
        steps = np.concatenate([see("あ", 0.9), see("いう", rest)])
        features = weigh_evidence(
            steps, search(steps, CHARACTERS), CHARACTERS, None, Weights(0.0, 0.0)
        ).features
        assert features.shape == (3, NUM_FEATURES)
        assert features[:, 2] == pytest.approx(features[:, 0] * features[:, 1] / 9)
        assert features[:, 3:] == pytest.approx(np.tile(features[:, :2].mean(axis=0), (3, 1)))
        means.append(features[0, 3])
    assert means[0] > means[1]


def test_weights_of_an_older_file_do_not_see_the_rest_of_the_line() -> None:
    assert to_chance([1.0, 2.0, 9.0, -9.0], [0.5, 0.25, 0.1]) == to_chance([1.0, 2.0], [0.5, 0.25, 0.1])


def test_blank_pictures_are_left_out() -> None:
    blank = Sample(np.full((40, 200), 255, np.uint8), "あ", "a", "blank", "horizontal")
    with pytest.raises(DataError, match="no line"):
        compute_lines(SimpleNamespace(height=16, canvas_version=3), [blank])  # type: ignore[arg-type]


def draw_lines(folder: Path) -> Path:
    """Three pictures of bars and their lines.jsonl."""
    folder.mkdir()
    rows = []
    for number in range(3):
        gray = np.full((40, 200), 240, np.uint8)
        for place in range(number + 2):
            gray[8:32, 20 + 40 * place : 26 + 40 * place] = 20
        Image.fromarray(gray).save(folder / f"{number}.png")
        rows.append({"path": f"{number}.png", "text": "あいう"[: number + 2], "writer": str(number)})
    (folder / "lines.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return folder


def write_sentences(data_root: Path) -> None:
    (data_root / "text").mkdir()
    with gzip.open(data_root / "text" / "sentences.txt.gz", "wt", encoding="utf-8") as sentences:
        sentences.write("あいう\nいうあ\n" * 100)


def build_checkpoint() -> Checkpoint:
    """Weights of a sliding network that learned nothing."""
    arguments = {"widths": [8, 16], "depths": [1, 1], "embedding": 16, "context": 8, "blocks": 1, "reach": 5}
    torch.manual_seed(0)
    model = build("sliding", len(CHARACTERS), 16, **arguments)
    described = {"name": "sliding", "input_size": 16, "arguments": arguments, "num_classes": 3}
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    progress = {"step": 3, "samples": 96}
    return Checkpoint("weights", described, tuple(CHARACTERS), tensors, progress=progress, commit="abc123")


def test_export_writes_the_language_model_and_the_fits(tmp_path: Path) -> None:
    write_sentences(tmp_path)
    checkpoint, said = build_checkpoint(), list[str]()
    out = tmp_path / "line.onnx"
    source = str(draw_lines(tmp_path / "lines"))
    export_model(checkpoint, out, name="line", sets=[source], data_root=tmp_path, show=said.append)
    assert [path.name for path in tmp_path.glob("line.*")] == ["line.onnx"]
    assert any(line.startswith("3 lines: CER") for line in said)
    file = open_line_file(out, 1)
    language_model = file.read_language_model()
    assert file.weights.language > 0 and language_model is not None
    assert language_model.score("あい", "う") > language_model.score("あい", "あ")
    assert not any("instead" in line for line in said)
    out.with_suffix(".npz").touch()
    export_model(checkpoint, out, name="line", data_root=tmp_path, show=said.append)
    assert any("line.npz is there: reading takes it instead" in line for line in said)
    with pytest.raises(DataError, match="leave out --prior-weight"):
        export_model(checkpoint, out, name="line", data_root=tmp_path, prior_weight=0.3)
    with pytest.raises(DataError, match="kanjivg"):
        export_model(checkpoint, out, name="line", data_root=tmp_path, int8=True)


def draw_noise(characters: object, data_root: Path, height: int, *, tells_directions: bool) -> list:
    assert tells_directions
    noise = np.random.default_rng(0).integers(0, 256, (2, 2, 1, height, 48), np.uint8)
    return [{"images": noise[0], "images_vertical": noise[1]}]


def test_one_command_makes_a_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name is that of the released line model, and the card says what the files are."""
    monkeypatch.setattr("yomite.shipping.export.draw_batches", draw_noise)
    write_sentences(tmp_path)
    (tmp_path / "dev").mkdir()
    draw_lines(tmp_path / "dev" / "lines")
    write_checkpoint(tmp_path / "run.safetensors", build_checkpoint())
    out = tmp_path / "out"
    words = ["release", tmp_path / "run.safetensors", "--data-root", tmp_path, "--out", out]
    words += ["--config", "configs/line.yaml", "--device", "two cores", "--hours", "2.5", "--note", "Slow."]
    monkeypatch.setattr("sys.argv", list(map(str, words)))
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    names = {f"yomite-line.{suffix}" for suffix in ("onnx", "safetensors", "json", "md")}
    assert {path.name for path in out.iterdir()} == names
    card = json.loads((out / "yomite-line.json").read_text(encoding="utf-8"))
    page = (out / "yomite-line.md").read_text(encoding="utf-8")
    assert page == format_line_card(card) and "| two cores |" in page and "Slow." in page
    assert card["sizes"]["yomite-line.onnx"] > card["language_model_size"] > 0
    assert (card["training"]["commit"], card["training"]["hours"]) == ("abc123", 2.5)
    for refused in (["--keep", "0.5"], ["--test"]):  # it began from no weights; lines have no test
        monkeypatch.setattr("sys.argv", [*map(str, words), *refused])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2


def test_a_release_may_keep_a_share_of_the_weights_before(tmp_path: Path) -> None:
    before = build_checkpoint()
    write_checkpoint(tmp_path / "before.safetensors", before)
    begun = before.config | {"init_from": str(tmp_path / "before.safetensors")}
    tensors = {name: tensor + 1.0 for name, tensor in before.tensors.items()}
    write_checkpoint(tmp_path / "run.safetensors", replace(before, config=begun, tensors=tensors))
    files = Release(tmp_path / "run.safetensors", tmp_path, "mine", tmp_path, Path("line.yaml"), keep=0.25)
    for name, tensor in files.checkpoint.tensors.items():
        assert torch.allclose(tensor, before.tensors[name] + 0.75, atol=1e-5), name
    assert "25% of the weights that it began from" in "".join(tell_kept({"keep": files.keep}))

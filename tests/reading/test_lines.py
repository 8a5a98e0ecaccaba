"""Reading lines with a model that knows three shapes: text, boxes, candidates, directions, bad input."""

import json
import pickle
import shutil
import threading
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from PIL import Image
from torch import nn

import yomite
from yomite.checkpoint import Checkpoint
from yomite.data.sources import open_source
from yomite.errors import CharsetError, ModelFileError, PictureError, YomiteError
from yomite.evaluation.robustness import choose_samples
from yomite.models import build
from yomite.models.line import align_lines
from yomite.reading.language_model import read_language_model
from yomite.reading.line_file import LANGUAGE_MODEL, LineCalibration, open_line_file, write_calibration
from yomite.reading.lines import LineReader
from yomite.reading.strips import to_strips
from yomite.shipping.draft import read_draft
from yomite.shipping.language_model import build_language_model
from yomite.shipping.tracing import trace_weights
from yomite.streams.batch import pad_lines

CHARACTERS = "口十三"
NUM_LINES, NUM_STEPS = 400, 250
SQUARE = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)], float)
ARGUMENTS = {
    "widths": [16, 24], "depths": [1, 1], "embedding": 24, "context": 16, "blocks": 1, "reach": 5,
}  # fmt: skip


def draw_line(text: str, *, side: int = 30, height: int = 54, gap: int = 10, pen: int = 3) -> np.ndarray:
    """Draw 口, 十 and 三 with a plain pen, dark on light: uint8 (height, W)."""
    gray = np.full((height, len(text) * (side + gap) + 24), 235, np.uint8)
    for number, character in enumerate(text):
        left, top = 16 + number * (side + gap), (height - side) // 2
        cell = gray[top : top + side, left : left + side]
        middle = side // 2 - 1
        if character == "口":
            cell[:pen], cell[-pen:], cell[:, :pen], cell[:, -pen:] = 20, 20, 20, 20
        elif character == "十":
            cell[middle : middle + pen], cell[:, middle : middle + pen] = 20, 20
        else:
            cell[:pen], cell[middle : middle + pen], cell[-pen:] = 20, 20, 20
    return gray


def learn(seed: int) -> torch.nn.Module:
    """Teach a sliding network to read draw_line."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = build("sliding", len(CHARACTERS), 16, **ARGUMENTS)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
    texts = ["".join(rng.choice(list(CHARACTERS), rng.integers(1, 7))) for _ in range(NUM_LINES)]
    lines = [
        draw_line(text, side=rng.integers(22, 36), gap=rng.integers(5, 20), pen=rng.integers(1, 5))
        for text in texts
    ]
    strips = [to_strips(line, "horizontal", 16)[0].image for line in lines]
    labels = [[CHARACTERS.index(character) for character in text] for text in texts]
    for step in range(NUM_STEPS):
        for group in optimizer.param_groups:
            group["lr"] = 1e-2 * (1 - step / NUM_STEPS)
        chosen = rng.integers(0, NUM_LINES, 32)
        batch = pad_lines([strips[one] for one in chosen], [labels[one] for one in chosen])
        # Half of them lie on their side, as vertical ones of upright characters would.
        images = batch.images
        log_probs = torch.cat([model(images[:16]), model(images[16:], torch.ones(16).bool())]).log_softmax(2)
        assert batch.widths is not None and batch.target_lengths is not None
        used = -(-batch.widths * log_probs.shape[1] // images.shape[-1])
        loss = align_lines(log_probs, used, batch.targets, batch.target_lengths).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model.eval()


def write_line_model(model: torch.nn.Module, path: Path) -> Path:
    """Write the network with a language model inside."""
    described = {"name": "sliding", "arguments": ARGUMENTS, "num_classes": len(CHARACTERS), "input_size": 16}
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    draft = trace_weights(Checkpoint("weights", described, tuple(CHARACTERS), tensors), "tiny-line")
    calibration = LineCalibration((1.0, 0.2, 0.1), (1.0, -0.01, 0.0), 0.4)
    content = build_language_model(["口十三", "口口十"] * 9, CHARACTERS, order=3)
    draft = draft.add_constant(LANGUAGE_MODEL, np.frombuffer(content, np.uint8))
    path.parent.mkdir()
    draft.describe({"line_calibration": write_calibration(calibration)}).write(path)
    return path


def is_read(reader: yomite.Recognizer, text: str) -> bool:
    """Whether a line is read, each character in its own place."""
    line = reader.read_line(draw_line(text), direction="horizontal", language_model=False)
    boxes = [one.box for one in line.characters]
    return line.text == text and all(
        left < 31 + number * 40 < right for number, (left, _, right, _) in enumerate(boxes)
    )


@pytest.fixture(scope="module")
def line_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learned to read draw_line: not every seed learns it on every processor."""
    folder = tmp_path_factory.mktemp("line")
    for seed in range(10):
        path = write_line_model(learn(seed), folder / f"{seed}" / "tiny-line.onnx")
        reader = yomite.load(line=path)
        if all(is_read(reader, text) for text in ("三三十口口", "十三口", "十口", "口")):
            lefts = (-2.0, -0.5, 1.0)
            boxes = [
                one.box
                for one in reader.read_line([SQUARE + np.array((left, 5)) for left in lefts]).characters
            ]
            places = zip(lefts, boxes, strict=False)
            if len(boxes) == 3 and all(box[0] < left + 0.5 < box[2] for left, box in places):
                return path
    raise AssertionError("none of ten networks has learned to read")


@pytest.fixture(scope="module")
def reader(line_model: Path, released_model: Path) -> yomite.Recognizer:
    return yomite.load(line=line_model)


@pytest.mark.parametrize("text", ["口", "十三口", "三三十口口", "十口"])
@pytest.mark.parametrize("language_model", [True, False])
def test_a_line_is_read_with_boxes_and_candidates(
    reader: yomite.Recognizer, text: str, language_model: bool
) -> None:
    line = reader.read_line(draw_line(text), direction="horizontal", language_model=language_model)
    assert line.text == str(line) == text and line.direction == "horizontal" and not line.is_rejected
    for number, character in enumerate(line.characters):
        left, top, right, bottom = character.box
        assert left < 31 + number * 40 < right < 60 + (number + 1) * 40  # its own middle, no other's
        assert abs(top - 12) < 5 and abs(bottom - 42) < 5
        texts = [candidate.text for candidate in character.candidates]
        assert texts[0] == character.text and len(set(texts)) == len(texts) == 3
        assert character.candidates[0].probability == pytest.approx(character.confidence)
        assert sum(candidate.probability for candidate in character.candidates) == pytest.approx(1.0)
    assert 0.5 < line.confidence <= 1.0 and 0.0 < line.exact_confidence <= line.confidence


def copy_without_language_model(line_model: Path, folder: Path) -> Path:
    """A file as they were before the language model stood inside."""
    model = onnx.load(line_model)
    for part in (model.graph.output, model.graph.node, model.graph.initializer):
        (added,) = [one for one in part if one.name.startswith(LANGUAGE_MODEL)]
        part.remove(added)  # type: ignore[arg-type]
    onnx.save(model, path := folder / "old.onnx")
    return path


def test_the_language_model_stands_inside_and_one_beside_the_file_goes_before(
    line_model: Path, tmp_path: Path
) -> None:
    inside = LineReader(line_model).language_model
    assert (
        inside is not None and inside.order == 3 and inside.score("口十", "三") > inside.score("口十", "口")
    )
    session = onnxruntime.InferenceSession(line_model, providers=["CPUExecutionProvider"])
    blanks = {one.name: np.zeros((1, 1, 16, 8), np.uint8) for one in session.get_inputs()}
    content = np.asarray(session.run([LANGUAGE_MODEL], blanks)[0])  # as any language can
    assert content.dtype == np.uint8 and read_language_model(content.tobytes()).characters == CHARACTERS

    old = copy_without_language_model(line_model, tmp_path)
    picture = draw_line("口十三")
    for own, order in ((old, None), (shutil.copy(line_model, tmp_path), 3)):
        reader = yomite.load(line=own)
        assert reader.read_line(picture).text == "口十三"
        found = reader._open_line_reader().language_model
        assert (found and found.order) == order
        beside = Path(own).with_suffix(".npz")
        beside.write_bytes(build_language_model(["口十三"] * 9, CHARACTERS, order=2))
        reader = yomite.load(line=own)
        assert reader.read_line(picture).text == "口十三"
        found = reader._open_line_reader().language_model
        assert found is not None and found.order == 2
        beside.write_bytes(b"PK")
        reader = yomite.load(line=own)
        assert reader.read_line(picture, language_model=False).text == "口十三"
        with pytest.raises(ModelFileError, match=r"\.npz: no language model"):
            reader.read_line(picture)


def test_no_node_computes_the_language_model(
    line_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By ONNX Runtime's own profile of a session as reading opens it."""
    make_options = onnxruntime.SessionOptions

    def make_profiled_options() -> onnxruntime.SessionOptions:
        options = make_options()
        options.enable_profiling, options.profile_file_prefix = True, str(tmp_path / "profile")
        return options

    monkeypatch.setattr(onnxruntime, "SessionOptions", make_profiled_options)
    file = open_line_file(line_model, 1)
    file.compute(np.zeros((16, 64), np.uint8), "vertical")
    assert file.read_language_model() is not None
    events = json.loads(Path(file.session.end_profiling()).read_text(encoding="utf-8"))
    ran = [event["name"] for event in events if event.get("cat") == "Node"]
    assert "/LogSoftmax_1_kernel_time" in ran and not [name for name in ran if LANGUAGE_MODEL in name]


def test_a_damaged_language_model_inside_is_one_line(line_model: Path, tmp_path: Path) -> None:
    draft = read_draft(copy_without_language_model(line_model, tmp_path))
    draft.add_constant(LANGUAGE_MODEL, np.zeros(9, np.uint8)).write(path := tmp_path / "damaged.onnx")
    reader = yomite.load(line=path)
    assert reader.read_line(draw_line("口"), language_model=False).text == "口"
    with pytest.raises(ModelFileError, match="language_model: no language model, or a damaged one"):
        reader.read_line(draw_line("口"))


def test_vertical_lines_run_down_and_auto_goes_by_the_shape(reader: yomite.Recognizer) -> None:
    lying = draw_line("口三口三")
    # Upright characters below each other: each cell is turned back, so that its strip is draw_line's.
    tall = np.ascontiguousarray(lying.T)
    line = reader.read_line(tall)
    assert line.direction == "vertical" and len(line.characters) == 4
    tops = [character.box[1] for character in line.characters]
    assert tops == sorted(tops) and all(0 <= c.box[0] < c.box[2] <= tall.shape[1] for c in line.characters)
    assert reader.read_line(lying).direction == "horizontal"


def test_strokes_and_light_ink_are_read(reader: yomite.Recognizer) -> None:
    assert reader.read_line(255 - draw_line("十口")).text == "十口"
    box = [(0, 0), (30, 0), (30, 30), (0, 30), (0, 0)]
    cross = [[(55, 0), (55, 30)], [(40, 15), (70, 15)]]
    assert reader.read_line([box, *cross]).text == "口十"


def test_many_lines_keep_their_order_and_a_bad_one_stops_nothing(reader: yomite.Recognizer) -> None:
    pictures = [draw_line("口"), np.full((40, 200), 255, np.uint8), draw_line("三十")]
    first, bad, last = reader.read_lines(pictures, direction="horizontal", errors="return")
    assert (first.text, last.text) == ("口", "三十") and isinstance(bad, PictureError) and "blank" in str(bad)
    with pytest.raises(PictureError, match="picture 1"):
        reader.read_lines(pictures)


@pytest.mark.parametrize("shape", [(1, 90), (4, 4), (5, 20_000), (900, 1200)])
def test_odd_shapes_end_in_a_line_or_one_clear_error(
    reader: yomite.Recognizer, shape: tuple[int, int]
) -> None:
    gray = np.where(np.random.default_rng(2).random(shape) < 0.2, 20, 240).astype(np.uint8)
    try:
        assert len(reader.read_line(gray).text) < 2048
    except YomiteError as error:
        assert "\n" not in str(error)


def test_a_reader_can_be_sent_to_another_process_and_used_by_threads(reader: yomite.Recognizer) -> None:
    copy = pickle.loads(pickle.dumps(reader))
    texts: list[str] = []
    picture = draw_line("口三")
    threads = [threading.Thread(target=lambda: texts.append(copy.read_line(picture).text)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == ["口三"] * 4


def test_plain_data(reader: yomite.Recognizer) -> None:
    line = reader.read_line(draw_line("口三"), top=2)
    data = json.loads(line.to_json())
    assert data == json.loads(json.dumps(line.to_dict())) and data["text"] == "口三"
    assert [len(character["candidates"]) for character in data["characters"]] == [2, 2]


def test_slips_are_one_clear_line(reader: yomite.Recognizer, line_model: Path, tmp_path: Path) -> None:
    with pytest.raises(YomiteError, match="direction='sideways'"):
        reader.read_line(draw_line("口"), direction="sideways")  # type: ignore[arg-type]
    with pytest.raises(PictureError, match="read_lines"):
        reader.read_line([draw_line("口"), draw_line("口")])  # type: ignore[arg-type]
    with pytest.raises(ModelFileError, match="no such file"):
        yomite.load(line=tmp_path / "none.onnx").read_line(draw_line("口"))
    with pytest.raises(ModelFileError, match="task"):
        open_line_file(next(iter(yomite.reading.model_file.released_models().values())), 1)  # type: ignore[attr-defined]
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(line_model.read_bytes()[:2000])
    with pytest.raises(ModelFileError, match="damaged"):
        open_line_file(cut, 1)


def test_the_command_reads_lines(
    line_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from yomite.apps.cli import main

    path, blank = tmp_path / "line.png", tmp_path / "blank.png"
    Image.fromarray(draw_line("口十三")).save(path)
    Image.fromarray(np.full((40, 200), 255, np.uint8)).save(blank)
    command = ["yomite", "read", "--line", "--model", str(line_model), str(path)]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code and capsys.readouterr().out == f"{path}: 口十三\n"
    monkeypatch.setattr("sys.argv", [*command, str(blank), "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert ended.value.code == 2 and first["text"] == "口十三" and "blank" in second["error"]


def test_a_single_character_is_read_by_the_surer_model(data_root: Path) -> None:
    reader = yomite.load(num_threads=1)
    samples = choose_samples(open_source("dev/freehand-jis-kanji", data_root), 40)
    recognized = [reader.recognize(sample.picture).text for sample in samples]
    lines = [reader.read_line(sample.picture, top=3) for sample in samples]
    pairs = list(zip(samples, recognized, lines, strict=True))
    num_known = sum(text == sample.character for sample, text, _ in pairs)
    assert sum(line.text == sample.character for sample, _, line in pairs) >= 0.97 * num_known
    assert all(len(line.characters[0].candidates) == 3 for line in lines)


def test_a_line_is_explained(reader: yomite.Recognizer) -> None:
    found = reader.explain_line(draw_line("口十三"))
    assert found.text == "口十三" and found.columns.shape == (3, found.strip.shape[1])
    assert np.diff(found.columns.argmax(axis=1)).min() > 0 and found.columns.max(axis=1).min() > 0.3
    asked = reader.explain_line(draw_line("口十三"), "口三")
    assert asked.text == "口三" and asked.columns.shape[0] == 2
    with pytest.raises(CharsetError, match="'永' is none of tiny-line's 3"):
        reader.explain_line(draw_line("口"), "永")
    with pytest.raises(CharsetError, match="type list"):
        reader.explain_line(draw_line("口"), ["口"])  # type: ignore[arg-type]
    with pytest.raises(CharsetError, match="too many"):
        reader.explain_line(draw_line("口"), "口" * 500)
    with pytest.raises(PictureError, match="blank"):
        reader.explain_line(np.full((40, 90), 255, np.uint8))


def test_flat_and_blank_single_characters() -> None:
    reader = yomite.load(num_threads=1)
    for flat in ([[(0, 0.5), (1, 0.5)]], [[(0, 0.5), (0.5, 0.48), (1, 0.53)]]):
        line = reader.read_line(flat)
        left, top, right, bottom = line.characters[0].box
        assert line.text in "ー一" and right - left > 5 * (bottom - top) > 0
        assert reader.read_lines([flat])[0] == line
    several = reader.read_line(Path(__file__).parents[2] / "examples" / "line.png")
    assert several.text == "日本語"


def test_boxes_of_strokes_are_in_their_unit(reader: yomite.Recognizer) -> None:
    strokes = [(SQUARE + np.array([left, 5])) * 0.07 for left in (-2, -0.5, 1)]
    found = np.array([one.box for one in reader.read_line(strokes).characters])
    assert len(found) == 3
    expected = [[left * 0.07, 0.35, (left + 1) * 0.07, 0.42] for left in (-2, -0.5, 1)]
    np.testing.assert_allclose(found[:, [0, 1, 3]], np.array(expected)[:, [0, 1, 3]], atol=0.015)
    assert (found[:, 2] > found[:, 0]).all() and found[-1, 2] < 0.155

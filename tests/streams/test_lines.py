"""The stream of composed lines: which line stands where, and how many are foreseen for it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from yomite.charset import Charset
from yomite.errors import DataError
from yomite.ink.line import ComposedLine
from yomite.streams.lines import NUM_GROUPS, NUM_LANES, WIDTH_STEP_PX, LineStream
from yomite.streams.real_lines import read_real_lines

GROUP, HEIGHT = 4, 40
BLOCK = GROUP * NUM_GROUPS * NUM_LANES


class FakeComposer:
    """Line n says n, and is as long as a number drawn from n says; counts how often each is foreseen."""

    def __init__(self) -> None:
        self.foreseen: Counter[int] = Counter()

    def foresee(self, epoch: int, index: int) -> tuple[float, bool]:
        self.foreseen[index] += 1
        rng = np.random.default_rng((epoch, index))
        return 1.0 + 9.0 * rng.random(), bool(rng.random() < 0.3)

    def compose(self, epoch: int, index: int) -> ComposedLine:
        length, is_vertical = self.foresee(epoch, index)
        self.foreseen[index] -= 1
        picture = np.full((HEIGHT, int(length * HEIGHT)), 255, np.uint8)
        picture[12:28, 8:-8:6] = 0
        picture = picture.T if is_vertical else picture
        direction = "vertical" if is_vertical else "horizontal"
        return ComposedLine(
            np.ascontiguousarray(picture), f"{index}", direction, np.zeros((1, 4), np.float32)
        )


def build_stream(num_samples: int) -> tuple[LineStream, FakeComposer]:
    composer: Any = FakeComposer()
    charset = Charset("digits", tuple("0123456789"))
    stream = LineStream(composer, charset, num_samples=num_samples, group=GROUP, height=HEIGHT, seed=1)
    return stream, composer


def write_lines(folder: Path, texts: list[str], direction: str = "h") -> Path:
    """A folder of lines as `yomite.data.readers.lines` reads it: combs of strokes."""
    folder.mkdir()
    rows = []
    for number, text in enumerate(texts):
        picture = np.full((HEIGHT, 40 * len(text)), 255, np.uint8)
        picture[10:30, 8:-8:6] = 0
        Image.fromarray(picture if direction == "h" else picture.T).save(folder / f"{number}.png")
        rows.append({"path": f"{number}.png", "text": text, "direction": direction})
    (folder / "lines.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


def test_lines_of_a_hand_stand_in_the_place_of_composed_ones(tmp_path: Path) -> None:
    folder = write_lines(tmp_path / "mine", ["12345", "6789", "1x2"])  # x is beyond the charset
    charset = Charset("digits", tuple("0123456789"))
    real = read_real_lines([str(folder)], charset, tmp_path, HEIGHT)
    composer: Any = FakeComposer()
    stream = LineStream(
        composer, charset, num_samples=BLOCK, group=GROUP, height=HEIGHT, seed=1, real=real, real_share=0.5
    )
    batch = stream.draw(0, np.arange(BLOCK))
    again = stream.draw(0, np.arange(BLOCK)[::-1].copy())
    assert again.metadata["texts"] == batch.metadata["texts"][::-1]
    is_mine = np.array([text in ("12345", "6789") for text in batch.metadata["texts"]])
    down = batch.metadata["is_vertical"].numpy()
    assert not is_mine[down].any()  # nobody wrote vertical ones
    assert 0.35 < is_mine[~down].mean() < 0.65
    assert "1x2" not in batch.metadata["texts"]


def test_a_folder_without_a_line_to_learn_from_is_refused(tmp_path: Path) -> None:
    folder = write_lines(tmp_path / "mine", ["xyz"])
    with pytest.raises(DataError, match="every line is blank or goes beyond charset 'digits'"):
        read_real_lines([str(folder)], Charset("digits", tuple("0123456789")), tmp_path, HEIGHT)


@pytest.mark.parametrize("num_samples", [BLOCK, 2 * BLOCK + 3 * GROUP * NUM_GROUPS + 5, 7])
def test_an_epoch_has_every_line_once(num_samples: int) -> None:
    stream, _ = build_stream(num_samples)
    numbers = [stream._find(0, index)[0] for index in range(num_samples)]
    assert sorted(numbers) == list(range(num_samples))


def test_a_batch_has_one_direction_and_about_one_length() -> None:
    stream, composer = build_stream(BLOCK)
    spreads, whole = [], [composer.foresee(0, index)[0] for index in range(BLOCK)]
    mixed = 0
    for first in range(0, BLOCK, GROUP):
        foreseen = [composer.foresee(0, stream._find(0, index)[0]) for index in range(first, first + GROUP)]
        spreads.append(np.ptp([length for length, _ in foreseen]))
        mixed += len({is_vertical for _, is_vertical in foreseen}) == 2
    assert mixed <= NUM_LANES  # where a stretch goes over from one direction to the other
    assert np.mean(spreads) < 0.15 * np.ptp(whole)


@pytest.mark.parametrize("workers", [1, 2, 4, 8, 16])
def test_loader_processes_foresee_lines_of_their_own(workers: int) -> None:
    """Each takes every so many-th batch; together they foresee each line once."""
    foreseen: Counter[int] = Counter()
    for worker in range(workers):
        stream, composer = build_stream(2 * BLOCK)
        for batch in range(worker, 2 * BLOCK // GROUP, workers):
            stream._find(0, batch * GROUP)
        foreseen += composer.foreseen
    assert set(foreseen.values()) == {1}
    assert len(foreseen) == 2 * BLOCK


def test_a_sample_does_not_depend_on_what_was_drawn_before() -> None:
    stream, _ = build_stream(2 * BLOCK)
    places = np.random.default_rng(0).permutation(2 * BLOCK)[:200]
    fresh = [build_stream(2 * BLOCK)[0]._find(0, int(place)) for place in places[:8]]
    assert [stream._find(0, int(place)) for place in places][:8] == fresh
    assert [stream._find(0, int(place)) for place in places[:8]] == fresh
    assert [stream._find(1, int(place))[0] for place in places] != [
        stream._find(0, int(place))[0] for place in places
    ]


def test_a_batch_is_padded_to_a_few_widths_and_knows_its_own() -> None:
    stream, _ = build_stream(BLOCK)
    batch = stream.draw(0, np.arange(GROUP))
    assert batch.images.shape[3] % WIDTH_STEP_PX == 0
    assert batch.widths is not None
    assert batch.images.shape[3] - WIDTH_STEP_PX < int(batch.widths.max()) <= batch.images.shape[3]
    texts = [str(stream._find(0, index)[0]) for index in range(GROUP)]
    assert batch.metadata["texts"] == texts

"""Every paper leaves the drawing where it is and adds what its name says; readers are measured on each."""

import numpy as np
import pytest
from tiny_model import STROKES, write_tiny_model

from yomite.data.samples import Sample
from yomite.evaluation.papers import BARE, PAD_PX, PAPERS, SHEETS, TREATMENTS, lay_on_paper, measure_papers
from yomite.evaluation.robustness import to_picture
from yomite.reading.characters import load

PICTURE = to_picture(STROKES["十"])
COLORED = ("genkoyoshi", "red practice box", "blue notebook", "green squared", "colored paper")


def lay(paper: str) -> np.ndarray:
    return np.asarray(lay_on_paper(PICTURE, paper)).astype(np.int64)


def test_bare_paper_is_the_picture_with_more_room() -> None:
    bare = lay(BARE)
    assert bare.shape == (PICTURE.height + 2 * PAD_PX, PICTURE.width + 2 * PAD_PX, 3)
    inner = bare[PAD_PX:-PAD_PX, PAD_PX:-PAD_PX]
    np.testing.assert_array_equal(inner, np.asarray(PICTURE)[..., None].repeat(3, axis=2))
    bare[PAD_PX:-PAD_PX, PAD_PX:-PAD_PX] = 255
    assert (bare == 255).all()


@pytest.mark.parametrize("paper", SHEETS)
def test_a_sheet_darkens_paper_and_no_ink(paper: str) -> None:
    bare, laid = lay(BARE), lay(paper)
    assert laid.shape == bare.shape and (laid <= bare).all()
    is_paper, is_ink = bare.min(axis=2) > 250, bare.max(axis=2) < 5
    assert (laid[is_ink] < 5).all()
    darker = (laid[is_paper] < 250).any(axis=1).mean()
    assert darker == 1 if paper == "colored paper" else 0.001 < darker < 0.3
    assert ((np.ptp(laid, axis=2) > 30).mean() > 0.004) == (paper in COLORED)


@pytest.mark.parametrize("paper", TREATMENTS)
def test_ink_stays_darker_than_the_paper_beside_it(paper: str) -> None:
    bare, laid = lay(BARE).mean(axis=2), lay(paper).mean(axis=2)
    if laid.shape != bare.shape:
        assert paper == "small JPEG" and max(laid.shape) < 0.4 * max(bare.shape)
        return
    assert np.abs(laid - bare).max() > 30
    for rows in np.array_split(np.arange(len(bare)), 6):
        ink, paper_beside = laid[rows][bare[rows] < 60], laid[rows][bare[rows] > 250]
        if len(ink):
            assert np.median(ink) < np.median(paper_beside) - 60


def test_a_paper_that_is_not_there_is_not_bare() -> None:
    with pytest.raises(KeyError):
        lay_on_paper(PICTURE, "papyrus")


def test_lines_lie_where_their_names_say() -> None:
    height, width = lay(BARE).shape[:2]
    is_dark = lay("two ruled lines")[:, 0].max(axis=1) < 100  # of the first column, which has no ink
    rows = np.flatnonzero(is_dark)
    assert len(rows) == 4 and rows.min() < 0.06 * height and rows.max() > 0.94 * height
    assert (lay("two ruled lines")[rows] < 100).all()
    frame = lay("black frame").max(axis=2) < 10
    at = [round(0.04 * side) + 1 for side in (height, width)]
    assert frame[at[0], at[1] : -at[1]].all() and frame[at[0] : -at[0], -at[1] - 1].all()
    assert not frame[0].any() and not frame[:, 0].any()
    squared = lay("squared 150")[..., 0]
    assert (squared[0] == 150).sum() == len(range(4, width, 22))
    dashes = lay("dashed lines through")[:, 2, 0]
    assert (dashes < 120).any()
    row = np.flatnonzero(dashes < 120)[0]
    assert 0.4 < (lay("dashed lines through")[row, :, 0] < 120).mean() < 0.65


def test_a_reader_is_measured_on_every_paper(tmp_path) -> None:
    reader = load(write_tiny_model(tmp_path / "m.onnx"))
    samples = [Sample(strokes, character, "", "") for character, strokes in STROKES.items()]
    samples.append(Sample(np.full((2, 2), 255, np.uint8), "十", "", "too small to be read"))

    def read(pictures: list) -> list:
        return reader.recognize_many(pictures, errors="return")

    results = measure_papers(read, samples, [BARE, "black frame", "squared 215"])
    assert [one.name for one in results] == [BARE, "black frame", "squared 215"]
    assert {one.lookalike_top1.num_samples for one in results} == {len(STROKES)}
    assert results[0].lookalike_top1.value == 1
    assert results[0].to_json()["rejected"]["num_samples"] == len(STROKES)
    assert len(measure_papers(read, samples[:1])) == len(PAPERS)

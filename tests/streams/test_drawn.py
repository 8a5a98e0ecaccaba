"""The stream of samples: a pure function of (seed, epoch, index), in shares, by the reader's canvas."""

import gzip
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

pytest.importorskip("numba", reason='needs the extra: pip install "yomite[ink]"')
pytest.importorskip("pydantic", reason='needs the extra: pip install "yomite[train]"')

from drawings import DRAWINGS, draw_ink, draw_page
from PIL import Image
from tiny_stream import NAMES, draw, flatten, make_stream

from yomite.charset import Charset, build_charset
from yomite.charset.prior import SENTENCES
from yomite.config import DataConfig
from yomite.config.sources import PenName
from yomite.errors import DataError
from yomite.ink.canvas import MARGIN, measure_ink, place_ink, to_canvas
from yomite.ink.fonts import MASK_SIZE, find_fonts
from yomite.ink.kanjivg import KANJIVG_FILE, read_kanjivg_archive
from yomite.ink.pen import PEN_NAMES
from yomite.ink.writing import flatten_glyph
from yomite.streams import drawn_kernel
from yomite.streams.drawn import PEN_SHARES, DrawnStream, build_drawn, stack_pens
from yomite.streams.glyphs import read_flat_glyphs


@pytest.fixture(scope="module")
def full() -> DrawnStream:
    """Strokes for the first three classes, fonts for the next two, real pictures of the last."""
    masks = [draw_ink(name, MASK_SIZE, 4) for name in NAMES]
    return make_stream(
        glyphs=[[flatten(name)] for name in NAMES[:3]] + [[], [], []],
        masks=[[], [], [], [masks[3]], [masks[4]], []],
        pictures=[(draw_ink(NAMES[5], side, 4), 5) for side in (50, 70)],
        shares=(0.4, 0.35, 0.25, 0.0),
        class_weights=np.array([4.0, 2.0, 2.0, 1.0, 1.0, 9.0]),
        haste=0.5,
    )


def test_samples_are_squares_with_ink(full: DrawnStream) -> None:
    images, labels = draw(full, 0, np.arange(200))
    assert images.shape == (200, 48, 48) and images.dtype == np.uint8
    assert labels.shape == (200,) and labels.dtype == np.int64
    assert set(labels.tolist()) == set(range(6))
    assert (images.max(axis=(1, 2)) > 100).all()
    assert len({image.tobytes() for image in images}) == 200


def test_a_sample_depends_on_nothing_but_seed_epoch_and_index(full: DrawnStream) -> None:
    images, labels = draw(full, 3, np.arange(40))
    order = np.random.default_rng(0).permutation(40)
    for group in (order, order[:7], order[10:11], [5, 5], np.array([39])):
        some_images, some_labels = draw(full, 3, np.array(group))
        assert np.array_equal(some_images, images[group]) and np.array_equal(some_labels, labels[group])
    assert not np.array_equal(draw(full, 4, np.arange(40))[0], images)
    one, other = draw(make_stream(seed=1), 0, np.arange(8))[0], draw(make_stream(seed=2), 0, np.arange(8))[0]
    assert not np.array_equal(one, other)
    assert np.array_equal(one, draw(make_stream(seed=1), 0, np.arange(8))[0])


def test_some_of_the_pens() -> None:
    assert get_args(PenName) == PEN_NAMES == tuple(PEN_SHARES) and sum(PEN_SHARES.values()) == 1
    assert stack_pens(["brush", "touch"]) == pytest.approx([0.8, 0.8, 0.8, 0.8, 1])
    assert stack_pens(["touch"]) == pytest.approx([1] * 5)
    touch = draw(make_stream(pens=["touch"]), 0, np.arange(300))[0]
    brush = draw(make_stream(pens=["brush"]), 0, np.arange(300))[0]
    every = draw(make_stream(), 0, np.arange(300))[0]
    assert touch.mean() < 0.8 * brush.mean()  # thinner lines
    same = [(every == some).all(axis=(1, 2)) for some in (touch, brush)]
    # Whoever would have drawn with that pen anyhow draws the same: 36 and 9 %, within five deviations.
    assert 66 < same[0].sum() < 150 and 2 < same[1].sum() < 52 and not (same[0] & same[1]).any()


def test_random_streams_outside_are_left_alone(full: DrawnStream) -> None:
    np.random.seed(7)
    expected = np.random.random(3)
    np.random.seed(7)
    draw(full, 0, np.arange(5))
    assert np.array_equal(np.random.random(3), expected)


def test_pickled_stream_draws_the_same(full: DrawnStream) -> None:
    again = pickle.loads(pickle.dumps(full))
    for one, other in zip(draw(full, 1, np.arange(20)), draw(again, 1, np.arange(20)), strict=True):
        assert np.array_equal(one, other)


def test_labels_come_in_the_given_proportion(full: DrawnStream) -> None:
    """Real pictures by their own number, the rest by class weights; five deviations of a binomial."""
    num_samples = 3000
    counts = np.bincount(draw(full, 9, np.arange(num_samples))[1], minlength=6)
    shares = np.array([*(0.75 * np.array([4, 2, 2, 1, 1]) / 10), 0.25])
    assert full.class_weights == pytest.approx(np.array([0.4, 0.2, 0.2, 0.1, 0.1, 0.0]))
    assert (np.abs(counts - num_samples * shares) < 5 * np.sqrt(num_samples * shares * (1 - shares))).all()


def test_generated_pictures_have_a_share_of_their_own() -> None:
    """They come as often as it says, and leave the other samples as they were."""
    pictures = [(draw_ink(NAMES[5], side, 4), 5) for side in (50, 70)]
    shares = {"shares": (0.3, 0.0, 0.7, 0.0)}
    without = make_stream(pictures=pictures, **shares)
    unused = make_stream(pictures=pictures, generated=[(pictures[0][0], 4)], **shares)
    indices = np.arange(400)
    assert np.array_equal(draw(without, 0, indices)[0], draw(unused, 0, indices)[0])
    some = make_stream(pictures=pictures, generated=[(pictures[0][0], 4)], shares=(0.0, 0.0, 0.7, 0.3))
    assert some.class_shares == pytest.approx([0, 0, 0, 0, 0.3, 0.7])
    labels = draw(some, 0, indices)[1]
    assert set(labels.tolist()) == {4, 5} and 84 < (labels == 4).sum() < 166  # five deviations


def test_images_show_what_their_labels_say() -> None:
    """The nearest undistorted drawing is the right one, mostly: hands and pens distort, yet keep it."""
    templates = np.array([to_canvas(draw_page(name, 96, 5)).ravel() for name in NAMES], float)
    templates -= templates.mean(axis=1, keepdims=True)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    masks = [[draw_ink(name, MASK_SIZE, 4)] for name in NAMES]
    pictures = [(draw_ink(name, 60, 4), label) for label, name in enumerate(NAMES)]
    empty: list[list] = [[] for _ in NAMES]
    for one in (
        make_stream(),
        make_stream(glyphs=empty, masks=masks, shares=(0.0, 1.0, 0.0, 0.0)),
        make_stream(glyphs=empty, pictures=pictures, shares=(0.0, 0.0, 1.0, 0.0)),
    ):
        images, labels = draw(one, 0, np.arange(300))
        guesses = (images.reshape(300, -1) @ templates.T).argmax(axis=1)
        assert (guesses == labels).mean() > 0.5  # by chance: 0.17


def test_compiled_canvas_is_the_readers_canvas() -> None:
    """The same source, once by numpy and once by numba, on pictures of every kind."""
    rng = np.random.default_rng(5)
    worst = 0
    for index in range(300):
        height, width = rng.integers(4, 100, 2)
        page = draw_page(NAMES[index % 6], 80, rng.uniform(1, 9))
        gray = [
            rng.integers(0, 256, (height, width)),
            np.where(rng.random((height, width)) < 0.1, rng.integers(0, 90), rng.integers(140, 256)),
            rng.normal(rng.integers(50, 200), rng.integers(1, 30), (height, width)),
            page * rng.uniform(0.2, 1) + rng.normal(0, 8, page.shape),
            page * 0.6 + np.linspace(-60, 100, 80),
            255 - page[: height + 4, : width + 4],
        ][index % 6]
        gray = np.ascontiguousarray(np.clip(gray, 0, 255).astype(np.uint8))
        ink, has_ink = measure_ink(gray)
        compiled_ink, compiled_has_ink = drawn_kernel._measure_ink(gray)
        assert has_ink == compiled_has_ink
        if has_ink:
            canvas = place_ink(ink, 48, MARGIN).astype(int)
            worst = max(worst, np.abs(canvas - drawn_kernel._place_ink(compiled_ink, 48, MARGIN)).max())
    assert worst <= 1


# --- from files -------------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data folder with strokes of 永 and 日, a text, and a folder of 山."""
    root = tmp_path / "data"
    (root / KANJIVG_FILE).parent.mkdir(parents=True)
    with zipfile.ZipFile(root / KANJIVG_FILE, "w") as archive:
        for character, name in (("永", "ei"), ("日", "hi")):
            paths = "".join(
                '<path d="M' + "L".join(f"{x},{y}" for x, y in stroke) + '"/>' for stroke in DRAWINGS[name]
            )
            svg = f'<svg xmlns="http://www.w3.org/2000/svg"><g><g>{paths}</g></g></svg>'
            archive.writestr(f"kanji/{ord(character):05x}.svg", svg)
    (root / SENTENCES).parent.mkdir()
    with gzip.open(root / SENTENCES, "wt", encoding="utf-8") as text:
        text.write("日日日日日日日日永\n" * 50)
    (root / "own" / "山").mkdir(parents=True)
    Image.fromarray(draw_page("yama", 300, 12)).save(root / "own" / "山" / "1.png")
    return root


def make_charset(tmp_path: Path, characters: str) -> Charset:
    path = tmp_path / "characters.txt"
    path.write_text(characters, encoding="utf-8")
    return build_charset(str(path))


def build(root: Path, charset: Charset, **section: Any) -> DrawnStream:
    return build_drawn(DataConfig(samples_per_epoch=10, **section), charset, root, 0, 32)


def test_built_from_strokes_and_a_folder(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    charset = make_charset(tmp_path, "永日山川")
    built = build(root, charset, ink={"share": 3}, folder={"share": 1, "path": str(root / "own")})
    images, labels = draw(built, 0, np.arange(400))
    assert built.num_samples == 10 and images.shape == (400, 32, 32)
    shares = np.bincount(labels, minlength=4) / 400
    expected = [{"永": 0.375, "日": 0.375, "山": 0.25, "川": 0.0}[character] for character in charset]
    assert shares == pytest.approx(np.array(expected), abs=0.1)
    assert "2 characters: 山 川" in capsys.readouterr().out


def test_frequent_characters_come_more_often(root: Path, tmp_path: Path) -> None:
    charset = make_charset(tmp_path, "永日")
    even, skewed = (build(root, charset, frequency_power=power).class_weights for power in (0.0, 1.0))
    assert even == pytest.approx(np.array([0.5, 0.5]))
    assert skewed[charset.label("日")] > 0.75


def test_what_is_missing_is_told(root: Path, tmp_path: Path) -> None:
    charset = make_charset(tmp_path, "永日")
    for complaint, changes in [
        ("font nowhere.ttf is neither in", {"fonts": {"share": 1, "files": ["nowhere.ttf"]}}),
        ("data.folder.path is not set", {"folder": {"share": 1}}),
        ("holds no picture of a character", {"folder": {"share": 1, "path": str(root / "own")}}),
        ("no data 'cells/hiragana-sheets'", {"cells": {"share": 1, "pages": ["p01"]}}),
    ]:
        with pytest.raises(DataError, match=complaint):
            build(root, charset, **changes)
    with pytest.raises(DataError, match="no character of the charset can be drawn"):
        build(root, make_charset(tmp_path, "川"))
    (root / KANJIVG_FILE).unlink()
    with pytest.raises(DataError, match="is not there; put KanjiVG"):
        build(root, charset)


def test_fonts_are_found_by_path_and_by_name(root: Path, tmp_path: Path) -> None:
    (root / "fonts").mkdir()
    inside, outside = root / "fonts" / "inside.ttf", tmp_path / "outside.ttf"
    for path in (inside, outside):
        path.touch()
    assert find_fonts(["inside.ttf", str(outside)], root) == [inside, outside]


def test_strokes_are_read_once(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YOMITE_CACHE", str(tmp_path / "cache"))
    archive = root / KANJIVG_FILE
    wanted = [(glyph.character, flatten_glyph(glyph)) for glyph in read_kanjivg_archive(archive)]

    def check() -> bool:
        """Whether it was read from the archive."""
        for (character, arrays), (right, right_arrays) in zip(read_flat_glyphs(archive), wanted, strict=True):
            assert character == right
            for array, right_array in zip(arrays, right_arrays, strict=True):
                assert array.dtype == right_array.dtype and np.array_equal(array, right_array)
        return "reading KanjiVG" in capsys.readouterr().out

    assert check() and not check()
    (kept,) = (tmp_path / "cache").glob("kanjivg-*.npz")
    kept.write_bytes(b"damaged")
    assert check() and not check()
    os.utime(archive, (1, 1))  # another archive, for all that is known of it
    assert check() and len(list((tmp_path / "cache").glob("kanjivg-*.npz"))) == 1

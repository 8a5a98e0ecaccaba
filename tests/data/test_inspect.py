"""A set with one of each fault hidden in it: every one is found, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
from drawings import draw_page
from drawn_set import DRAWN, read_as_drawn, write_set
from PIL import Image

from yomite.data.findings import find_hard_pairs, find_problems, find_rare, format_summary
from yomite.data.inspect import inspect_source
from yomite.data.samples import Sample, Source
from yomite.data.sources import open_source
from yomite.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_set(tmp_path / "own")


def test_a_clean_set_has_no_findings(folder: Path) -> None:
    found = inspect_source(open_source(str(folder)), read_as_drawn)
    problems = find_problems(found)
    assert {kind: len(findings) for kind, findings in problems.items()} == dict.fromkeys(problems, 0)
    assert len(found) == 24 and found.num_faults == 0 and not found.blank and not find_rare(found)
    assert found.counts == dict.fromkeys(DRAWN, 6) and found.scripts == {"kanji": 24}
    assert (found.sizes == 100).all() and ((found.ink > 0.02) & (found.ink < 0.6)).all()


def test_every_fault_is_found(folder: Path) -> None:
    page = np.asarray(Image.open(folder / "永" / "2.png"))
    (folder / "永" / "broken.png").write_bytes(b"no picture")
    Image.new("L", (60, 60), 230).save(folder / "永" / "empty.png")
    Image.fromarray(255 - draw_page("ei", 80, 9)).save(folder / "永" / "light.png")
    Image.fromarray(page).save(folder / "川" / "copied.png")
    Image.fromarray(draw_page("kawa", 80, 7)[:60]).save(folder / "川" / "cut.png")
    odd = (np.asarray(Image.open(folder / "本" / "1.png")) * 0.8).astype(np.uint8)
    Image.fromarray(odd).save(folder / "本" / "odd.png")
    (folder / "木").mkdir()
    Image.fromarray(draw_page("ki", 80, 4)).save(folder / "木" / "0.png")

    found = inspect_source(open_source(str(folder)), read_as_drawn)
    problems = find_problems(found)
    names = {
        kind: [[found.names[i] for i in finding.samples] for finding in findings]
        for kind, findings in problems.items()
    }
    assert found.num_faults == 1 and "永/broken.png" in found.faults[0]
    assert found.blank == ["永/empty.png"]
    assert names["polarity"] == [["永/light.png"]]
    assert names["equal"] == [["川/copied.png", "永/2.png"]]
    assert problems["equal"][0].note == "one picture as 川 and 永"
    assert names["clipped"] == [["川/cut.png"]]
    assert sorted(names["nearly equal"][0]) == ["本/1.png", "本/odd.png"]
    assert names["suspect labels"] == [["本/odd.png"]]
    assert problems["suspect labels"][0].note == "as 本, read as 木 (97%)"
    assert find_rare(found) == {"木": 1}

    text = format_summary(found, problems)
    for line in (
        "29 samples of 5 characters (kanji 29), writers unknown", "unreadable: 1", "blank: 1", "clipped: 1",
        "polarity: 1", "equal: 1", "suspect labels: 1", "fewer than 5 samples: 1: 木",
        "imbalance: 1 to 8 samples a character",
    ):  # fmt: skip
        assert line in text, text
    assert find_hard_pairs(found)[0][:2] in (("木", "本"), ("末", "本"))

    with pytest.raises(DataError, match="broken"):
        inspect_source(open_source(str(folder), strict=True))


def test_labels_outside_the_model_are_not_asked(folder: Path) -> None:
    asked: list = []

    def read(pictures: list) -> list:
        asked.extend(pictures)
        return read_as_drawn(pictures)

    found = inspect_source(open_source(str(folder)), read, known={"永", "山"})
    assert len(asked) == 12 and sum(map(bool, found.readings)) == 12 and len(found.readings) == 24
    assert "suspect labels: not asked" in format_summary(
        inspect_source(open_source(str(folder))), find_problems(found)
    )


def test_strokes_have_no_size_and_no_rim() -> None:
    line = [[(0.0, 0.0), (1.0, 0.2)], [(0.5, 0.0), (0.4, 1.0)]]
    found = inspect_source(Source("drawn", lambda: iter([Sample(line, "十", "w", str(n)) for n in range(3)])))
    problems = find_problems(found)
    assert (found.sizes == 0).all() and not found.rim.any() and not problems["polarity"]
    assert [finding.samples for finding in problems["equal"]] == [(0, 1, 2)]


def test_hard_pairs_against_a_count_by_hand() -> None:
    found = inspect_source(Source("x", lambda: iter([Sample([[(0, 0), (9, 9)]], c, "", str(n)) for n, c in
                                                     enumerate("土土士")])))  # fmt: skip
    found.readings = [(("土", 0.9), ("士", 0.1)), (("士", 0.7), ("土", 0.3)), (("士", 1.0), ("工", 0.0))]
    (pair, *_) = find_hard_pairs(found)
    assert pair[:2] == ("土", "士") and pair[2] == pytest.approx((0.1 + 0.7) / 3)

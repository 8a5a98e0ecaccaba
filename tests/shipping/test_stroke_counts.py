"""Stroke counts come from KanjiVG with its variants, and from our own forms and signs."""

import zipfile
from pathlib import Path

from yomite.ink.kanjivg import KANJIVG_FILE
from yomite.shipping.stroke_counts import list_stroke_counts

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:kvg="http://kanjivg.tagaini.net"><g>{}</g></svg>'


def write_kanjivg(data_root: Path, num_strokes_by_file: dict[str, int]) -> None:
    (data_root / KANJIVG_FILE).parent.mkdir(parents=True)
    with zipfile.ZipFile(data_root / KANJIVG_FILE, "w") as file:
        for name, num in num_strokes_by_file.items():
            file.writestr(f"kanji/{name}.svg", SVG.format('<path d="M10,10L90,90"/>' * num))


def test_every_way_to_write_counts(tmp_path: Path) -> None:
    write_kanjivg(tmp_path, {"05341": 2, "098df": 9, "098df-Kaisho": 8, "03055": 3})
    counts = list_stroke_counts(["食", "十", "さ", "。", "飛"], tmp_path)
    assert counts[:2] == [[8, 9], [2]]
    assert 2 in counts[2] and 3 in counts[2]  # our form joins two of its strokes
    assert counts[3] == [1]  # a sign of ours
    assert counts[4] == []


def test_without_kanjivg_nothing_is_known(tmp_path: Path) -> None:
    assert list_stroke_counts(["十"], tmp_path) == []
    assert list_stroke_counts(["十"], None) == []

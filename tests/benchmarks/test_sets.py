"""Sets are known by what is in them: put together from anywhere, and told where a byte is another."""

import gzip
import sys
import zipfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import sets

CONTENT = {"あ_1.png": b"one", "あ_2.png": b"two", "deep/い_1.png": b"three"}


@pytest.fixture
def good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a set of each form, listed."""
    monkeypatch.setattr(sets, "LISTS", tmp_path / "lists")
    root = tmp_path / "good"
    for folder in ("dev/pages/deep", "test"):
        (root / folder).mkdir(parents=True)
    with zipfile.ZipFile(root / "test" / "cells.zip", "w") as archive:
        for name, content in CONTENT.items():
            archive.writestr(name, content)
            (root / "dev" / "pages" / name).write_bytes(content + b"!")
    (root / "dev" / "one.jsonl").write_bytes(b"{}")
    sets.write_lists(root)
    return root


def test_sets_are_put_together_from_other_names_and_archives(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sets.check(good)
    source, root = tmp_path / "source", tmp_path / "root"
    source.mkdir()
    (source / "renamed.json.gz").write_bytes(gzip.compress(b"{}"))
    (source / "broken.gz").write_bytes(gzip.compress(b"{}")[:-4])
    (source / "more.txt").write_bytes(b"of no set")
    with zipfile.ZipFile(source / "all.zip", "w") as archive:
        for number, content in enumerate(CONTENT.values()):
            archive.writestr(f"{number}.png", content)
    sets.rebuild(root, [source])
    assert "dev/pages: not written, 3 of 3 files not found" in capsys.readouterr().out
    assert not sets.check(root)
    sets.rebuild(root, [source, good / "dev" / "pages"])
    assert "test/cells.zip: not written, is there already" in capsys.readouterr().out
    assert sets.check(root)
    with zipfile.ZipFile(root / "test" / "cells.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == CONTENT


def test_another_byte_or_file_is_told(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (good / "dev" / "pages" / "あ_1.png").write_bytes(b"one?")
    (good / "dev" / "pages" / "new.png").write_bytes(b"new")
    assert not sets.check(good)
    assert "dev/pages: 3 files, 2 as listed, 1 not listed" in capsys.readouterr().out


def test_without_files_to_take_rebuild_says_what_to_give(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for arguments in ([], ["--from", str(tmp_path / "nothing")]):
        monkeypatch.setattr(sys, "argv", ["sets.py", "rebuild", "--data-root", str(tmp_path), *arguments])
        with pytest.raises(SystemExit) as stopped:
            sets.main()
        assert stopped.value.code == 2

"""Folders and archives that are not what they should be: each tells its place, and the rest is read."""

import io
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from drawings import draw_page
from PIL import Image

from yomite.data.readers import containers
from yomite.data.sources import open_source
from yomite.errors import DataError


def encode() -> bytes:
    file = io.BytesIO()
    Image.fromarray(draw_page("ei", 40, 2)).save(file, "PNG")
    return file.getvalue()


PNG = encode()


def walk(path: Path | str) -> tuple[str, str]:
    """The characters that are read, and the faults in one text."""
    source = open_source(str(path))
    characters = "".join(sample.character for sample in source)
    return characters, "\n".join(map(str, source.faults))


def write_zip(path: Path, **entries: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def add_to_tar(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


@pytest.mark.parametrize("suffix", ["zip", "tar", "tar.gz"])
def test_pictures_lie_in_folders_of_any_depth(tmp_path: Path, suffix: str) -> None:
    names = ["kkanji2/U+6C38/a.png", "train/あ/1.PNG", "__MACOSX/あ/._1.png", ".DS_Store", "README.txt"]
    path = tmp_path / f"set.{suffix}"
    if suffix == "zip":
        write_zip(path, **dict.fromkeys(names, PNG))
    else:
        with tarfile.open(path, "w:gz" if suffix == "tar.gz" else "w") as archive:
            for name in names:
                add_to_tar(archive, name, PNG)
    assert walk(path) == ("永あ", "")


def test_names_that_leave_the_archive(tmp_path: Path) -> None:
    names = ["../../あ/1.png", "/あ/2.png", "C:/あ/3.png", "あ/../../い/4.png", "う/5.png"]
    write_zip(tmp_path / "slip.zip", **dict.fromkeys(names, PNG))
    with tarfile.open(tmp_path / "slip.tar", "w") as archive:
        for name in names:
            add_to_tar(archive, name, PNG)
    before = sorted(tmp_path.parent.rglob("*.png"))
    for name in ("slip.zip", "slip.tar"):
        characters, faults = walk(tmp_path / name)
        assert characters == "う" and faults.count("its name leads out of the archive") == 4
    assert sorted(tmp_path.parent.rglob("*.png")) == before


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("あ/1.png", bytes(50_000_000))
        archive.writestr("い/1.png", PNG)
    characters, faults = walk(tmp_path / "bomb.zip")
    assert characters == "い" and "a zip bomb" in faults and "that unpack to 50,000,000" in faults


def test_a_zip_that_lies_about_its_sizes(tmp_path: Path) -> None:
    """The directory promises 100 bytes; the entry holds ten megabytes."""
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("あ/1.png", bytes(10_000_000))
        archive.writestr("い/1.png", PNG)
    content = path.read_bytes()
    path.write_bytes(content.replace((10_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little")))
    characters, faults = walk(path)
    assert characters == "い" and "あ/1.png: damaged or cut off" in faults


def test_a_picture_that_unpacks_to_too_much(tmp_path: Path) -> None:
    write_zip(tmp_path / "set.zip", **{"あ/1.png": PNG})
    entries = iter(containers.open_container(tmp_path / "set.zip"))
    entry = next(entries)
    assert isinstance(entry, containers.Entry) and entry.read() == PNG
    with pytest.raises(DataError, match=r"more than 50 bytes when unpacked"):
        entry.read(limit=50)


def test_damage_in_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    write_zip(path, **{"あ/1.png": PNG, "い/1.png": PNG})
    content = bytearray(path.read_bytes())
    content[content.index(PNG) + 60] ^= 0xFF
    path.write_bytes(content)
    characters, faults = walk(path)
    assert characters == "い" and f"{path}/あ/1.png: damaged or cut off (Bad CRC-32" in faults
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="not a zip archive or is cut off"):
        walk(path)
    path.write_bytes(b"")
    with pytest.raises(DataError, match="not a zip archive or is cut off"):
        walk(path)


def test_an_encrypted_entry(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    write_zip(path, **{"あ/1.png": PNG, "い/1.png": PNG})
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flags in both places
        content[content.index(mark) + offset] |= 1
    path.write_bytes(content)
    characters, faults = walk(path)
    assert characters == "い" and "it is encrypted" in faults


def test_a_tar_that_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "set.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=0) as archive:
        for character in "あいう":
            add_to_tar(archive, f"{character}/1.png", PNG + bytes(40_000))
    content = path.read_bytes()
    path.write_bytes(content[:70_000])
    characters, faults = walk(path)
    assert characters == "あ" and "byte" in faults and "cut off" in faults


def test_links_and_devices_in_a_tar(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        add_to_tar(archive, "あ/1.png", PNG)
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"い/{kind.decode()}.png")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    characters, faults = walk(tmp_path / "set.tar")
    assert characters == "あ" and faults.count("no plain file") == 3


def test_names_from_a_japanese_windows(tmp_path: Path) -> None:
    """Code page 932 without the flag, as Explorer writes it; a name in no encoding; one cut into marks."""
    path = tmp_path / "set.zip"
    raw = {b"\x82\xa0/1.png": "あ", "永/1.png".encode(): "永", b"\xff\xfe\x81\xff/1.png": ""}
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(len(raw)):
            archive.writestr("x" * len(list(raw)[number]), PNG)
    content = path.read_bytes()
    for name in sorted(raw, key=len, reverse=True):
        content = content.replace(b"x" * len(name), name)
    path.write_bytes(content)
    characters, faults = walk(path)
    assert sorted(characters) == ["あ", "永"] and "is in no known encoding" in faults
    write_zip(path, **{"か\u3099/1.png": PNG})
    assert walk(path)[0] == "が"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names must be text there")
def test_names_on_disk_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "あ").mkdir()
    (tmp_path / "あ" / "1.png").write_bytes(PNG)
    os.mkdir(os.fsencode(tmp_path) + b"/\x82\xa0")
    characters, faults = walk(tmp_path)
    assert characters == "あ" and "its name is not UTF-8" in faults


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_in_circles(tmp_path: Path) -> None:
    (tmp_path / "あ").mkdir()
    (tmp_path / "あ" / "1.png").write_bytes(PNG)
    (tmp_path / "あ" / "up").symlink_to(tmp_path)
    (tmp_path / "い").symlink_to(tmp_path / "う")
    (tmp_path / "う").symlink_to(tmp_path / "い")
    (tmp_path / "え").mkdir()
    (tmp_path / "え" / "1.png").symlink_to(tmp_path / "あ" / "1.png")
    characters, faults = walk(tmp_path)
    assert characters == "あえ"
    assert faults.count("a link back to a folder") == 1 and faults.count("leads nowhere") == 2


def test_folders_that_name_no_character(tmp_path: Path) -> None:
    for name in ("あ", "notes", "U+110000", "U+D800"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").write_bytes(PNG)
    characters, faults = walk(tmp_path)
    assert characters == "あ" and "'notes' is not one character" in faults
    assert faults.count("is no code point") == 2
    with pytest.raises(DataError, match="is no code point"):
        list(open_source(str(tmp_path), strict=True))


def test_faults_are_told_but_not_endlessly(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_zip(tmp_path / "set.zip", **{f"あ/{n}.png": (PNG if n == 50 else PNG[:40]) for n in range(100)})
    source = open_source(str(tmp_path / "set.zip"))
    assert len(source) == 1 and source.num_faults == 99
    assert len(caplog.messages) == 6 and caplog.messages[-1].endswith("99 left out, 1 samples read")
    list(source)
    assert len(caplog.messages) == 6

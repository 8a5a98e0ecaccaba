"""Fetching from a server on this machine: whole, broken off, wrong, without room; and files taken by hand."""

import errno
import hashlib
import io
import json
import shutil
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from drawings import draw_page
from PIL import Image

from yomite.data import fetch as fetch_module
from yomite.data.catalog import CATALOG, CatalogEntry, RemoteFile, find_entry
from yomite.data.fetch import CHECKSUMS, fetch_entry, hash_drawings, hash_file
from yomite.data.sources import open_source
from yomite.errors import DataError

pytest.importorskip("pooch")


def make_archive() -> bytes:
    picture, file = io.BytesIO(), io.BytesIO()
    Image.effect_noise((600, 600), 90).save(picture, "PNG")  # large enough to break off in the middle
    page = io.BytesIO()
    Image.fromarray(draw_page("ei", 60, 4)).save(page, "PNG")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("永/1.png"), page.getvalue())
        archive.writestr(zipfile.ZipInfo("永/2.png"), picture.getvalue())
    return file.getvalue()


ARCHIVE = make_archive()
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves ARCHIVE; /breaks sends half of it the first time, /changed another version the second time."""

    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.asked.append((self.path, wanted))
        if self.path == "/none.zip":
            self.send_error(404)
            return
        times = sum(path == self.path for path, _ in self.asked)
        etag = f'"{times}"' if self.path == "/changed.zip" else '"1"'
        start = 0
        if wanted and self.headers.get("If-Range") == etag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(ARCHIVE) - start))
        if self.path != "/plain.zip":
            self.send_header("ETag", etag)
        self.end_headers()
        breaks = times == 1 and self.path != "/whole.zip"
        self.wfile.write(ARCHIVE[start : len(ARCHIVE) // 2 if breaks else None])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Handler.asked = []
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def make_entry(url: str, checksum: str = "") -> CatalogEntry:
    return CatalogEntry("own", "dev/own", "", "", "", (RemoteFile("dev/own.zip", url, checksum),))


def test_a_whole_download(server: str, tmp_path: Path) -> None:
    (fetched,) = fetch_entry(make_entry(f"{server}/whole.zip", f"sha256:{SHA256}"), tmp_path)
    assert fetched.path.read_bytes() == ARCHIVE and fetched.sha256 == SHA256 and fetched.is_new
    assert fetched.how_sure == "matches the known checksum" and not (tmp_path / CHECKSUMS).exists()
    assert open_source("dev/own", tmp_path) and sorted(p.name for p in tmp_path.rglob("*.*")) == ["own.zip"]
    assert not fetch_entry(make_entry(f"{server}/whole.zip", f"sha256:{SHA256}"), tmp_path)[0].is_new
    assert len(Handler.asked) == 1


def test_it_goes_on_where_it_broke_off(server: str, tmp_path: Path) -> None:
    entry = make_entry(f"{server}/breaks.zip", f"sha256:{SHA256}")
    with pytest.raises(DataError, match=r"broke off after .* bytes .*type the command again to go on"):
        fetch_entry(entry, tmp_path)
    part = tmp_path / "dev" / "own.zip.part"
    came = part.read_bytes()
    assert 0 < len(came) <= len(ARCHIVE) // 2 and ARCHIVE.startswith(came)
    assert fetch_entry(entry, tmp_path)[0].sha256 == SHA256
    assert Handler.asked[-1] == ("/breaks.zip", f"bytes={len(came)}-")
    assert [path.name for path in (tmp_path / "dev").iterdir()] == ["own.zip"]


@pytest.mark.parametrize("path", ["changed.zip", "plain.zip"])
def test_a_part_of_another_version_is_not_gone_on_with(server: str, tmp_path: Path, path: str) -> None:
    """The server has another file now, or says nothing of versions."""
    entry = make_entry(f"{server}/{path}")
    with pytest.raises(DataError, match="broke off"):
        fetch_entry(entry, tmp_path)
    assert fetch_entry(entry, tmp_path)[0].sha256 == SHA256


def test_a_wrong_checksum_leaves_nothing(server: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not match the known hash"):
        fetch_entry(make_entry(f"{server}/whole.zip", f"sha256:{'0' * 64}"), tmp_path)
    assert not list((tmp_path / "dev").iterdir())


def test_the_first_download_is_recorded_and_holds(server: str, tmp_path: Path) -> None:
    entry = make_entry(f"{server}/whole.zip")
    assert fetch_entry(entry, tmp_path)[0].how_sure.startswith("recorded now")
    assert json.loads((tmp_path / CHECKSUMS).read_text()) == {"dev/own.zip": f"sha256:{SHA256}"}
    assert fetch_entry(entry, tmp_path)[0].how_sure == "as downloaded first"
    (tmp_path / "dev" / "own.zip").write_bytes(ARCHIVE + b"x")
    with pytest.raises(DataError, match=f"expected {SHA256}; it is damaged or another version"):
        fetch_entry(entry, tmp_path)
    (tmp_path / CHECKSUMS).write_text("{")
    with pytest.raises(DataError, match=r"checksums.json is not JSON"):
        fetch_entry(entry, tmp_path)


def test_no_space(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = make_entry(f"{server}/whole.zip")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(DataError, match=r"own.zip takes 0\.\d MB, and .* has 0.0 MB left; make room"):
        fetch_entry(entry, tmp_path)
    monkeypatch.undo()

    def fill_up(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetch_module._ResumingDownloader, "_receive", fill_up)
    with pytest.raises(DataError, match=r"no space left for .*make room, or give another folder"):
        fetch_entry(entry, tmp_path)


def test_nobody_answers(server: str, tmp_path: Path) -> None:
    for url in ("http://127.0.0.1:9/own.zip", f"{server}/none.zip"):
        with pytest.raises(DataError, match="broke off after 0 bytes"):
            fetch_entry(make_entry(url), tmp_path)


def test_what_came_must_be_samples(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = CatalogEntry("own", "x", "", "", "", (RemoteFile("x.tar", f"{server}/whole.zip"),))
    with pytest.raises(DataError, match="own is in its place, but cannot be read"):
        fetch_entry(entry, tmp_path)


def test_a_file_downloaded_by_hand(tmp_path: Path) -> None:
    found = tmp_path / "Downloads" / "archive (1).zip"
    found.parent.mkdir()
    found.write_bytes(ARCHIVE)
    root = tmp_path / "data"
    entry = CatalogEntry("own", "dev/own", "", "", "", (RemoteFile("dev/own.zip"),), how="ask for it at AIST")
    with pytest.raises(DataError, match="own cannot be fetched: ask for it at AIST"):
        fetch_entry(entry, root)
    assert fetch_entry(entry, root, from_path=found)[0].sha256 == SHA256
    assert found.exists() and open_source("dev/own", root)
    assert fetch_entry(entry, root, from_path=root / "dev" / "own.zip")[0].sha256 == SHA256
    with pytest.raises(DataError, match="there is no file"):
        fetch_entry(entry, root, from_path=tmp_path / "gone.zip")
    wrong = CatalogEntry("own", "x", "", "", "", (RemoteFile("x.zip", "", "md5:" + "0" * 32),))
    with pytest.raises(DataError, match=r"archive \(1\).zip has the md5"):
        fetch_entry(wrong, root, from_path=found)
    assert not (root / "x.zip").exists()


def test_a_set_of_several_files_by_hand(tmp_path: Path) -> None:
    entry = CatalogEntry("two", "dev", "", "", "", (RemoteFile("dev/a.zip"), RemoteFile("dev/b.zip")))
    (tmp_path / "a.zip").write_bytes(ARCHIVE)
    with pytest.raises(DataError, match=r"give the folder that holds a.zip, b.zip"):
        fetch_entry(entry, tmp_path / "data", from_path=tmp_path / "a.zip")
    (tmp_path / "b.zip").write_bytes(ARCHIVE)
    assert len(fetch_entry(entry, tmp_path / "data", from_path=tmp_path)) == 2


def test_the_hash_of_drawings_does_not_depend_on_the_archive(tmp_path: Path) -> None:
    svgs = {"kanji/04e00.svg": b"<svg>1</svg>", "kanji/04e8c.svg": b"<svg>2</svg>"}
    for name, prefix, order, mode in (
        ("a", "", 1, zipfile.ZIP_STORED),
        ("b", "kvg-2022/", -1, zipfile.ZIP_DEFLATED),
    ):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w", mode) as archive:
            for path in list(svgs)[::order]:
                archive.writestr(prefix + path, svgs[path])
            archive.writestr(f"{prefix}README.md", name)
    first, second = (hash_drawings(tmp_path / f"{name}.zip") for name in "ab")
    expected = hashlib.sha256()
    for path in sorted(svgs):
        expected.update(path[6:].encode() + b"\0" + hashlib.sha256(svgs[path]).digest())
    assert first == second == expected.hexdigest()


def test_the_catalog_is_sound(data_root: Path) -> None:
    assert len({entry.name for entry in CATALOG}) == len(CATALOG)
    for entry in CATALOG:
        assert entry.license and entry.homepage.startswith("http") and entry.verified
        assert all(file.url for file in entry.files) != bool(entry.how)
        for file in entry.files:
            path = data_root / file.path
            if path.is_file() and file.checksum:
                algorithm, _, expected = file.checksum.partition(":")
                assert hash_file(path, algorithm) == expected, path
    assert find_entry("ETL9G").name == "etl9g"
    with pytest.raises(DataError, match="'etl10' is not in the catalog; there are kanjivg"):
        find_entry("etl10")
    kanjivg = find_entry("kanjivg")
    assert hash_drawings(data_root / kanjivg.files[0].path) == kanjivg.content_hash

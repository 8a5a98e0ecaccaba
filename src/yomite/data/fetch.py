"""Data sets into the data folder: fetched, or taken from a file that was downloaded by hand.

Files stay as they are handed out: nothing is unpacked, so nothing in an archive reaches the disk. A download
that breaks off goes on where it stopped; a file enters its place only when its checksum is right. Where no
checksum is known, the hash of the first download is written to `checksums.json` in the data folder and holds
from then on.
"""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yomite.data.catalog import CatalogEntry, RemoteFile
from yomite.data.sources import open_source
from yomite.errors import DataError, MissingExtraError
from yomite.files import write_whole

CHECKSUMS = "checksums.json"

_CHUNK = 1 << 16
_TIMEOUT_S = 30


@dataclass(frozen=True)
class Fetched:
    """A file in its place.

    Attributes:
        path: Where it lies.
        sha256: Of it.
        how_sure: "matches the known checksum", "as downloaded first", or "recorded now".
        is_new: False if it lay there already.
    """

    path: Path
    sha256: str
    how_sure: str
    is_new: bool


def fetch_entry(
    entry: CatalogEntry, root: Path, *, from_path: Path | None = None, shows_progress: bool = False
) -> list[Fetched]:
    """Put the files of a data set into their places.

    Args:
        entry: Of the catalog.
        root: The data folder; made if it is not there.
        from_path: A file, or a folder of files, downloaded by hand; None to fetch.
        shows_progress: Draw a bar on standard error.

    Raises:
        DataError: It has no address, the download breaks off, the disk is full, a checksum is wrong, or what
            came cannot be read as samples.
    """
    fetched = []
    for file in entry.files:
        target = root / file.path
        is_new = from_path is not None or not target.is_file()
        if from_path is not None:
            _take(_find_by_hand(entry, file, from_path), target, root, file)
        elif is_new:
            if not file.url:
                raise DataError(f"{entry.name} cannot be fetched: {entry.how}")
            _download(file, target, root, shows_progress)
        sha256, how_sure = _record(root, file, hash_file(target, "sha256"))
        fetched.append(Fetched(target, sha256, how_sure, is_new))
    if not entry.source:
        return fetched
    try:
        next(iter(open_source(str(root / entry.files[0].path), root)))
    except DataError as error:
        raise DataError(f"{entry.name} is in its place, but cannot be read: {error}") from error
    return fetched


def hash_file(path: Path, algorithm: str) -> str:
    """Hash a file, in hex; algorithm is a name of hashlib."""
    digest = hashlib.new(algorithm)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def hash_drawings(path: Path) -> str:
    """Hash the SVG files of a zip, by name and content: however they are packed, it is the same.

    sha256 over `<file name> NUL <sha256 of the content, 32 bytes>` of each, sorted by file name.
    """
    digest = hashlib.sha256()
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".svg")]
        for name in sorted(names, key=lambda name: name.rpartition("/")[2]):
            digest.update(name.rpartition("/")[2].encode() + b"\0")
            digest.update(hashlib.sha256(archive.read(name)).digest())
    return digest.hexdigest()


def _find_by_hand(entry: CatalogEntry, file: RemoteFile, from_path: Path) -> Path:
    candidate = from_path / Path(file.path).name if from_path.is_dir() else from_path
    if not candidate.is_file() or (len(entry.files) > 1 and not from_path.is_dir()):
        names = ", ".join(Path(file.path).name for file in entry.files)
        raise DataError(f"--from {from_path}: give the folder that holds {names}" if len(entry.files) > 1
                        else f"--from {from_path}: there is no file {candidate}")  # fmt: skip
    return candidate


def _take(found: Path, target: Path, root: Path, file: RemoteFile) -> None:
    _check(found, file, root)
    if target.exists() and target.samefile(found):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    _check_space(target.parent, found.stat().st_size, target.name)
    part = target.with_name(f"{target.name}.part")
    try:
        shutil.copyfile(found, part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _explain_os_error(error, target) from error


def _check(path: Path, file: RemoteFile, root: Path) -> None:
    """Compare with the known checksum, else with the one recorded at the first download."""
    known = file.checksum or _read_records(root).get(file.path, "")
    algorithm, _, expected = known.partition(":")
    if expected and (found := hash_file(path, algorithm)) != expected:
        raise DataError(
            f"{path} has the {algorithm} {found}, expected {expected}; it is damaged or another version, "
            "take it from its source again"
        )


def _record(root: Path, file: RemoteFile, sha256: str) -> tuple[str, str]:
    _check(root / file.path, file, root)
    if file.checksum:
        return sha256, "matches the known checksum"
    records = _read_records(root)
    if file.path in records:
        return sha256, "as downloaded first"
    records[file.path] = f"sha256:{sha256}"
    write_whole(root / CHECKSUMS, f"{json.dumps(records, indent=2, ensure_ascii=False)}\n".encode())
    return sha256, "recorded now: no checksum is known to compare with"


def _read_records(root: Path) -> dict[str, str]:
    path = root / CHECKSUMS
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise DataError(f"{path} is not JSON ({error}); repair or remove it") from None


def _download(file: RemoteFile, target: Path, root: Path, shows_progress: bool) -> None:
    try:
        import pooch
    except ModuleNotFoundError as error:
        raise MissingExtraError("data fetch", "data") from error
    known = file.checksum or _read_records(root).get(file.path) or None
    part = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        pooch.get_logger().setLevel("ERROR")  # it would tell a hash that we tell ourselves
        pooch.retrieve(
            file.url,
            known,
            target.name,
            target.parent,
            downloader=_ResumingDownloader(part, shows_progress),  # pyright: ignore[reportArgumentType]
        )
    except ValueError as error:  # the checksum; a part of it is worth nothing
        raise DataError(f"{file.url}: {error}; it is damaged or another version") from error
    except OSError as error:
        raise _explain_os_error(error, target) from error


class _ResumingDownloader:
    """What pooch downloads with: keeps what came in `<name>.part`, and goes on from there the next time."""

    def __init__(self, part: Path, shows_progress: bool) -> None:
        self._part, self._shows_progress = part, shows_progress
        self._mark = part.with_name(f"{part.name}.json")

    def __call__(self, url: str, output_file: Any, pooch: Any, check_only: bool = False) -> None:
        """Pooch's protocol: write `url` to `output_file`."""
        import requests

        headers = {}
        start = self._part.stat().st_size if self._part.is_file() and self._mark.is_file() else 0
        if start:
            # Only if the file is still the one that the part is of.
            headers = {"Range": f"bytes={start}-", "If-Range": json.loads(self._mark.read_text())["version"]}
        try:
            with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT_S) as response:
                if response.status_code == 416:  # nothing is left to send
                    start = 0
                    self._part.unlink(missing_ok=True)
                response.raise_for_status()
                start = start if response.status_code == 206 else 0
                self._receive(response, start)
        except requests.RequestException as error:
            came = self._part.stat().st_size if self._part.is_file() else 0
            raise DataError(f"{url}: the download broke off after {came:,} bytes ({_shorten(error)}); "
                            "type the command again to go on") from error  # fmt: skip
        shutil.move(self._part, output_file)
        self._mark.unlink(missing_ok=True)

    def _receive(self, response: Any, start: int) -> None:
        from tqdm import tqdm

        length = int(response.headers.get("Content-Length", 0))
        _check_space(self._part.parent, length, self._part.stem)
        version = response.headers.get("ETag") or response.headers.get("Last-Modified")
        if version and not version.startswith("W/"):
            self._mark.write_text(json.dumps({"version": version}))
        else:
            self._mark.unlink(missing_ok=True)  # without a version nobody can tell whether to go on
        bar = tqdm(total=start + length or None, initial=start, unit="B", unit_scale=True,
                   desc=self._part.stem, disable=not self._shows_progress)  # fmt: skip
        with bar, self._part.open("ab" if start else "wb") as file:
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
                bar.update(len(chunk))


def _check_space(folder: Path, needed: int, name: str) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DataError(
            f"{name} takes {needed / 1e6:,.1f} MB, and {folder} has {free / 1e6:,.1f} MB left; "
            "make room, or give another folder with --data-root"
        )


def _explain_os_error(error: OSError, target: Path) -> DataError:
    if error.errno == errno.ENOSPC:
        return DataError(f"no space left for {target}; make room, or give another folder with --data-root")
    return DataError(f"{target} cannot be written ({error.strerror or error})")


def _shorten(error: Exception) -> str:
    return " ".join(str(error).split())[:160]

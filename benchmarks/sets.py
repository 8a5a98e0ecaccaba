"""The sets that yomite is chosen and reported with: is what you have the same, and can it be put together?

    python benchmarks/sets.py check --data-root DIR
    python benchmarks/sets.py rebuild --data-root DIR --from FOLDER_OR_ZIP [--from ...]

`benchmarks/sets/` lists every file of dev/ and test/: its name and the first 16 digits of its SHA-256.
`check` compares a data folder with these lists. `rebuild` finds the files by what is in them, whatever they
are called and however they are packed (folders, zip, gz), and writes the sets that are whole. It cuts no
scanned sheet into cells: sheets.py does. `list` writes the lists anew.
"""

import argparse
import gzip
import hashlib
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from yomite.files import open_whole

LISTS = Path(__file__).with_name("sets")
FOLDERS = ("dev", "test")
NUM_DIGITS = 16
ONE_FILE = "."


def main() -> None:
    """Do what the command line asks for; exit with 1 where a set is not as listed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("check", "rebuild", "list"))
    parser.add_argument("--data-root", type=Path, required=True, help="the folder with dev/ and test/")
    parser.add_argument("--from", dest="sources", type=Path, action="append", default=[], metavar="PATH")
    options = parser.parse_args()
    if options.action == "list":
        write_lists(options.data_root)
        return
    if options.action == "rebuild":
        if not options.sources:
            parser.error("rebuild needs the files: give --from FOLDER_OR_ZIP")
        if missing := [str(path) for path in options.sources if not path.exists()]:
            parser.error(f"--from {missing[0]} is not there")
        rebuild(options.data_root, options.sources)
    sys.exit(0 if check(options.data_root) else 1)


def read_lists() -> Iterator[tuple[str, dict[str, str]]]:
    """Give the path of each set in a data folder, and the digits of its files by their names in it."""
    for path in sorted(LISTS.glob("*.txt")):
        title, *lines = path.read_text(encoding="utf-8").splitlines()
        yield title, {name: digits for digits, _, name in (line.partition(" ") for line in lines)}


def write_lists(data_root: Path) -> None:
    """List a data folder whose sets are known to be good."""
    LISTS.mkdir(exist_ok=True)
    for path in sorted(path for folder in FOLDERS for path in (data_root / folder).iterdir()):
        title = path.relative_to(data_root).as_posix()
        lines = [f"{digits} {name}" for name, digits in sorted(read_set(path).items())]
        (LISTS / f"{title.replace('/', '-')}.txt").write_text(
            "\n".join([title, *lines, ""]), encoding="utf-8"
        )
        print(f"{title}: {len(lines)} files")


def check(data_root: Path) -> bool:
    """Say of each set whether it is as listed; return whether all are."""
    is_good = True
    for title, listed in read_lists():
        path = data_root / title
        found = read_set(path) if path.exists() else {}
        num_same = sum(found.get(name) == digits for name, digits in listed.items())
        others = sorted(found.keys() - listed.keys())
        is_same = num_same == len(listed) and not others
        is_good &= is_same
        state = "as listed" if is_same else f"{num_same} as listed, {len(others)} not listed"
        print(f"{title}: {len(listed)} files, {state if path.exists() else 'not there'}")
    return is_good


def rebuild(data_root: Path, sources: list[Path]) -> None:
    """Write the sets whose files are all in the sources; a set that is there already stays."""
    content_by_digits = {}
    wanted = {digits for _, listed in read_lists() for digits in listed.values()}
    for source in sources:
        for _, content in open_files(source):
            for form in (content, *unpack(content)):
                if (digits := measure(form)) in wanted:
                    content_by_digits[digits] = form
    for title, listed in read_lists():
        path = data_root / title
        missing = [name for name, digits in listed.items() if digits not in content_by_digits]
        if path.exists() or missing:
            why = "is there already" if path.exists() else f"{len(missing)} of {len(listed)} files not found"
            print(f"{title}: not written, {why}")
            continue
        files = {name: content_by_digits[digits] for name, digits in listed.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".zip":
            with open_whole(path) as whole, zipfile.ZipFile(whole, "w") as archive:
                for name, content in files.items():
                    archive.writestr(zipfile.ZipInfo(name), content)
        else:
            for name, content in files.items():
                place = path / name  # ONE_FILE is the path itself
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
        print(f"{title}: written, {len(files)} files")


def read_set(path: Path) -> dict[str, str]:
    """Return the digits of the files of a set by name; in a set of one file its name is ONE_FILE."""
    return {name: measure(content) for name, content in open_files(path)}


def open_files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Give the files of a zip or a folder (and of the zips in it), or the one file; their names in it."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    yield entry.filename, archive.read(entry)
    elif path.is_dir():
        for file in sorted(file for file in path.rglob("*") if file.is_file()):
            name = file.relative_to(path).as_posix()
            if zipfile.is_zipfile(file):
                yield from ((f"{name}/{inner}", content) for inner, content in open_files(file))
            else:
                yield name, file.read_bytes()
    else:
        yield ONE_FILE, path.read_bytes()


def unpack(content: bytes) -> list[bytes]:
    """Return what a gz file holds; nothing where it is none."""
    if not content.startswith(b"\x1f\x8b"):
        return []
    try:
        return [gzip.decompress(content)]
    except (OSError, EOFError, zlib.error):
        return []


def measure(content: bytes) -> str:
    """Return the first digits of the SHA-256."""
    return hashlib.sha256(content).hexdigest()[:NUM_DIGITS]


if __name__ == "__main__":
    main()

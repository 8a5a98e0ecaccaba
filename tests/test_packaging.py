"""What users get: the wheel is built from the sdist, installed in an empty folder, and reads from there."""

import email
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import PROJECT_ROOT, RELEASED, RELEASED_FILES

# Nothing of this kind belongs to a distribution: data sets, fonts, pickles, reports.
FOREIGN_SUFFIXES = {".ttf", ".otf", ".zip", ".gz", ".svg", ".charcol", ".pt", ".pkl", ".npz", ".npy"}

READ_ONE = """
import sys, yomite
print(yomite.__file__)
print(yomite.load().recognize(sys.argv[1]))
"""


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command to its end and return what it printed; fails with its complaint."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(wheel, sdist), built without network; the wheel from the sdist, so that the sdist must be whole."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, PROJECT_ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def installed(distributions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder with the wheel installed into it; dependencies are those of the test environment."""
    folder = tmp_path_factory.mktemp("installed")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    run(*pip, "--no-deps", "--no-index", "--target", folder, distributions[0], cwd=folder)
    return folder


def test_wheel_has_the_whole_package_and_its_licenses(distributions: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(distributions[0]) as wheel:
        names = set(wheel.namelist())
        (metadata_name,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(wheel.read(metadata_name))
    sources = set((PROJECT_ROOT / "src" / "yomite").rglob("*.py"))
    expected = {path.relative_to(PROJECT_ROOT / "src").as_posix() for path in sources}
    expected |= {"yomite/py.typed", "yomite/released/LICENSE", "yomite/released/NOTICE"}
    assert expected <= names, sorted(expected - names)
    licenses = metadata_name.replace("METADATA", "licenses/")
    assert {licenses + "LICENSE", licenses + "src/yomite/released/NOTICE"} <= names
    assert metadata["License-Expression"] == "Apache-2.0 AND CC-BY-SA-4.0"
    assert not [name for name in names if not name.startswith(("yomite/", "yomite-"))]


def test_license_texts_are_whole() -> None:
    code = (PROJECT_ROOT / "LICENSE").read_text(encoding="utf-8")
    weights = (RELEASED / "LICENSE").read_text(encoding="utf-8")
    notice = (RELEASED / "NOTICE").read_text(encoding="utf-8")
    assert "Apache License" in code
    assert "END OF TERMS AND CONDITIONS" in code
    assert "Attribution-ShareAlike 4.0 International" in weights
    for section in range(1, 9):
        assert f"Section {section} -- " in weights
    assert "Ulrich Apel" in notice
    assert "Joonas Lõmps" in notice


def test_wheel_has_the_whole_release(released_model: Path, distributions: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(distributions[0]) as wheel:
        size_by_name = {entry.filename: entry.file_size for entry in wheel.infolist()}
    assert {f"yomite/released/{name}" for name in RELEASED_FILES} <= set(size_by_name)
    weights = [name for name in size_by_name if name.endswith((".onnx", ".safetensors"))]
    of_characters = [name for name in weights if "yomite-character" in name]
    of_lines = [name for name in weights if "yomite-line" in name]
    assert len(of_characters) == 2 and sum(size_by_name[name] for name in of_characters) <= 12_000_000
    assert len(of_lines) == 2 and sum(size_by_name[name] for name in of_lines) <= 20_000_000
    of_pages = [name for name in weights if "yomite-page" in name]
    assert len(of_pages) == 2 and sum(size_by_name[name] for name in of_pages) <= 10_000_000
    of_ink = [name for name in weights if "yomite-ink" in name]
    assert len(of_ink) == 2 and sum(size_by_name[name] for name in of_ink) <= 3_000_000
    assert len(weights) == 8


def test_nothing_foreign_is_distributed(distributions: tuple[Path, Path]) -> None:
    wheel, sdist = distributions
    with zipfile.ZipFile(wheel) as archive, tarfile.open(sdist) as tar:
        names = [*archive.namelist(), *tar.getnames()]
    ours = "/docs/figures/data-"  # charts
    assert not [name for name in names if Path(name).suffix.lower() in FOREIGN_SUFFIXES and ours not in name]
    rooms = ("yomite/reports/", "/tests/reports/")  # ours, which hold no report
    strange = [name for name in names if "reports/" in name or "runs/" in name]
    assert not [name for name in strange if not any(room in name for room in rooms)]


def test_installed_package_starts(installed: Path, tmp_path: Path) -> None:
    program = "import yomite; print(yomite.__file__); from yomite.apps.cli import main; main()"
    printed = run(sys.executable, "-c", program, "--help", cwd=tmp_path, PYTHONPATH=str(installed))
    assert Path(printed.splitlines()[0]).is_relative_to(installed)
    assert "recognize" in printed


def test_installed_package_reads_an_example(released_model: Path, installed: Path, tmp_path: Path) -> None:
    picture = tmp_path / "ei.png"
    picture.write_bytes((PROJECT_ROOT / "examples" / "ei.png").read_bytes())
    printed = run(sys.executable, "-c", READ_ONE, picture, cwd=tmp_path, PYTHONPATH=str(installed))
    file, text = printed.splitlines()
    assert Path(file).is_relative_to(installed)
    assert text == "永"

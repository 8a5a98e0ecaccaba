"""The line for a package that is not installed, in every way that yomite may be installed itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROJECT_ROOT

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from yomite.errors import MissingExtraError
print(MissingExtraError("demo", "demo"))
"""


def write_checkout(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "yomite"\n', encoding="utf-8")
    return folder


def write_package(folder: Path, origin: dict | None = None) -> Path:
    """What this hint is made of, below a folder of packages; with what pip notes of the origin."""
    (folder / "yomite").mkdir(parents=True)
    (folder / "yomite" / "__init__.py").touch()
    source = (PROJECT_ROOT / "src" / "yomite" / "errors.py").read_text(encoding="utf-8")
    (folder / "yomite" / "errors.py").write_text(source, encoding="utf-8")
    notes = folder / "yomite-0.1.0.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text("Metadata-Version: 2.1\nName: yomite\nVersion: 0.1.0\n", encoding="utf-8")
    if origin:
        (notes / "direct_url.json").write_text(json.dumps(origin), encoding="utf-8")
    return folder


def read_hint(packages: Path, where: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, str(packages)], cwd=where, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().partition("type: ")[2]


def test_a_wheel_asks_the_registry(tmp_path: Path) -> None:
    packages = write_package(tmp_path / "packages")
    elsewhere = write_checkout(tmp_path / "clone")  # of no meaning for what runs
    assert read_hint(packages, elsewhere) == 'pip install "yomite[demo]"'


@pytest.mark.parametrize("name", ["clone", "my clone"])
def test_a_checkout_that_runs_in_place(tmp_path: Path, name: str) -> None:
    checkout = write_checkout(tmp_path / name)
    packages = write_package(checkout / "src")
    assert read_hint(packages, checkout) == 'pip install -e ".[demo]"'
    assert read_hint(packages, tmp_path) == f'pip install -e "{checkout}[demo]"'


def test_a_copy_that_was_installed_from_a_checkout(tmp_path: Path) -> None:
    checkout = write_checkout(tmp_path / "my clone")
    packages = write_package(tmp_path / "packages", {"url": checkout.as_uri(), "dir_info": {}})
    assert read_hint(packages, checkout) == 'pip install ".[demo]"'
    assert read_hint(packages, tmp_path) == f'pip install "{checkout}[demo]"'
    (checkout / "pyproject.toml").unlink()
    assert read_hint(packages, tmp_path) == 'pip install "yomite[demo]"'


@pytest.mark.parametrize("origin", [{}, {"url": 3}, {"url": "https://example.org/yomite-0.1.0.whl"}, [1]])
def test_an_origin_of_another_kind(tmp_path: Path, origin: dict) -> None:
    packages = write_package(tmp_path / "packages", origin)
    assert read_hint(packages, tmp_path) == 'pip install "yomite[demo]"'

"""What several test files share."""

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

PROJECT_ROOT = Path(__file__).parents[1]
RELEASED = PROJECT_ROOT / "src" / "yomite" / "released"
RELEASED_FILES = ("yomite-character.onnx", "yomite-character.safetensors", "MODEL_CARD.md", "card.json")

# Tensors here are tiny: threads only wait for one another. Processes that a test starts inherit it, so that
# they compute the very same bits. Before anything imports torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine is slow at times, and the same commit gives the same result.
settings.register_profile("yomite", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("yomite")


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Caches of decoded samples are not the user's; other processes of a test share them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YOMITE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of data sets: YOMITE_DATA, else ../shared/data beside the project; skips without one.

    A YOMITE_DATA that points nowhere is a mistake, not an absence, and fails.
    """
    named = os.environ.get("YOMITE_DATA")
    if named:
        if not Path(named).is_dir():
            pytest.fail(f"YOMITE_DATA={named} is no folder; correct it or unset it.")
        return Path(named)
    beside = PROJECT_ROOT.parent / "shared" / "data"
    if not beside.is_dir():
        pytest.skip("no data sets here: set YOMITE_DATA to the folder that holds them")
    return beside


@pytest.fixture(scope="session")
def released_model() -> Path:
    """The released ONNX file; skips only in a checkout that has not one file of a release."""
    present = [name for name in RELEASED_FILES if (RELEASED / name).exists()]
    if not present:
        pytest.skip("no released model in this checkout (src/yomite/released is without weights)")
    missing = sorted(set(RELEASED_FILES) - set(present))
    if missing:
        pytest.fail(f"the release is incomplete: src/yomite/released lacks {', '.join(missing)}")
    return RELEASED / RELEASED_FILES[0]


def load_benchmark(name: str) -> ModuleType:
    """A benchmark as a module; they are scripts, which import one another from their folder."""
    folder = PROJECT_ROOT / "benchmarks"
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        spec.loader.exec_module(module)
    return module

"""What several verbs share."""

from pathlib import Path
from typing import Any

import pytest

from yomite.apps.options import find_data_root
from yomite.config import parse_config

OWN_DATA: list[dict[str, Any]] = [
    {"stream": "my_streams:build"},
    {"stream": "stored", "sources": ["s.split:train"]},
    {
        "stream": "yomite.training.vision_transforms:transform_stored",
        "arguments": {"sources": ["dev/touchscreen-100"], "transforms": []},
    },
    {"ink": {"share": 0}, "folder": {"share": 1, "path": "mine"}, "frequency_power": 0.35},
]


@pytest.mark.parametrize("data", OWN_DATA)
def test_the_data_folder_is_that_of_the_environment(
    data: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = parse_config({"data": data})
    monkeypatch.setenv("YOMITE_DATA", str(tmp_path))
    assert find_data_root(config, None) == tmp_path
    monkeypatch.setenv("YOMITE_DATA", str(tmp_path / "absent"))
    assert find_data_root(config, None) == Path()  # who has data of their own needs no such folder

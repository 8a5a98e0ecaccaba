"""A draft changes in memory, is written once, and is read as the file that it becomes."""

from pathlib import Path

import onnx
import pytest
from tiny_model import STROKES, write_tiny_model

from yomite.errors import ModelFileError
from yomite.reading.characters import load
from yomite.shipping.draft import Draft, read_draft


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    return read_draft(write_tiny_model(tmp_path / "tiny.onnx"))


def test_metadata_can_be_changed_alone(draft: Draft, tmp_path: Path) -> None:
    draft.describe({"prior_weight": "0.4", "note": "new"}).write(tmp_path / "changed.onnx")
    before, after = onnx.load(tmp_path / "tiny.onnx"), onnx.load(tmp_path / "changed.onnx")
    assert after.graph == before.graph
    metadata = {entry.key: entry.value for entry in after.metadata_props}
    assert metadata == {entry.key: entry.value for entry in before.metadata_props} | {
        "prior_weight": "0.4",
        "note": "new",
    }


def test_a_change_is_another_draft(draft: Draft) -> None:
    changed = draft.describe({"name": "other"})
    assert changed.open().name == "other" and draft.open().name == "tiny"


def test_metadata_must_be_text(draft: Draft) -> None:
    with pytest.raises(ModelFileError, match="'log_prior' is list"):
        draft.describe({"log_prior": [1.0]})  # type: ignore[dict-item]


def test_it_reads_as_its_file(draft: Draft, tmp_path: Path) -> None:
    draft.write(tmp_path / "new" / "m.onnx")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["m.onnx"]
    written = load(tmp_path / "new" / "m.onnx")
    for strokes in STROKES.values():
        assert draft.open().recognize(strokes) == written.recognize(strokes)

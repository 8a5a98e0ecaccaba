"""docs/training.md lists every key of a run, with the default that the schema has."""

import re
from typing import Any

import pytest
from conftest import PROJECT_ROOT

pytest.importorskip("pydantic", reason='needs the extra: pip install "yomite[train]"')

from pydantic import BaseModel

from yomite.config import RunConfig

ROW = re.compile(r"^\| `([a-z_.]+)`(?:, `(\.[a-z_]+)`)? \| ([^|]+) \|", re.MULTILINE)
PAGE = (PROJECT_ROOT / "docs" / "training.md").read_text(encoding="utf-8")


def list_defaults(section: BaseModel, prefix: str = "") -> dict[str, Any]:
    defaults: dict[str, Any] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        key = prefix + name
        defaults |= list_defaults(value, f"{key}.") if isinstance(value, BaseModel) else {key: value}
    return defaults


def test_every_key_is_on_the_page_with_its_default() -> None:
    said: dict[str, str] = {}
    for key, sibling, values in ROW.findall(PAGE.split("## Every key")[1]):
        keys = [key, key.rpartition(".")[0] + sibling] if sibling else [key]
        said |= dict(
            zip(keys, values.replace("`", "").split(", ") if sibling else [values.strip("` ")], strict=True)
        )
    defaults = list_defaults(RunConfig())
    assert said.keys() == defaults.keys()
    for key, value in defaults.items():
        if isinstance(value, bool | str):
            assert said[key] == str(value).lower(), key
        elif isinstance(value, int | float):
            assert float(said[key]) == value, key
        elif value and isinstance(value, tuple):
            assert said[key] == str(list(value)), key
        else:
            assert said[key] in ("none", "runs/<name>", "the network's own"), key

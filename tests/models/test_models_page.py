"""docs/models.md describes every family, and its costs are those of the code."""

import re

import pytest
import torch
from conftest import PROJECT_ROOT

from yomite.models import ARCHITECTURES, build, find_family
from yomite.models.character import CharacterModel
from yomite.models.cost import count_macs, count_parameters

PAGE = (PROJECT_ROOT / "docs" / "models.md").read_text(encoding="utf-8")
CHARACTER_FAMILIES = [name for name, family in ARCHITECTURES.items() if family.task == "character"]
PAPER = re.compile(r"arxiv\.org/abs/\d{4}\.\d{5}")


@pytest.mark.parametrize("family", ARCHITECTURES)
def test_every_family_has_a_paragraph_with_a_paper_and_a_docstring(family: str) -> None:
    section = re.search(rf"^### {family}\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    assert section and PAPER.search(section[1]) and "Good for:" in section[1]
    returns_by_task = {
        "page": "-> maps float (N, ",
        "ink": "-> logits float (N, ",
        "hand": "-> velocities float (N, ",
    }
    returns = returns_by_task.get(ARCHITECTURES[family].task, "-> logits (N, ")
    assert returns in (find_family(family).__doc__ or "")


@pytest.mark.parametrize("family", CHARACTER_FAMILIES)
def test_the_costs_are_those_of_the_code(family: str) -> None:
    row = re.search(rf"^\| `{family}` \| (.*) \|$", PAGE, re.MULTILINE)
    assert row
    model = build(family, 500, 48).eval()
    assert isinstance(model, CharacterModel)
    image = torch.zeros((1, 1, 48, 48), dtype=torch.uint8)
    maps, seen = model.weigh(image).shape, model.attention_maps(image).shape
    pools = model.place_weight.shape[0]
    assert row[1].split(" | ") == [
        f"{count_parameters(model) / 1e6:.2f} M",
        f"{count_macs(model) / 1e6:.0f} M",
        f"{maps[1] // pools} x {maps[2]} x {maps[3]}",
        f"{seen[1]} x {seen[2]}",
    ]

"""Stroke counts and components told from the embedding."""

import pytest
import torch
from torch.nn import functional

from yomite.charset import Charset
from yomite.errors import DataError
from yomite.ink.kanjivg import Structure
from yomite.training.objectives.auxiliary import AuxiliaryTargets

CHARSET = Charset("six", tuple("明暗晴木林a"))
STRUCTURES = {
    "明": Structure(8, frozenset("日月")),
    "暗": Structure(13, frozenset("日音立")),
    "晴": Structure(12, frozenset("日青月")),
    "木": Structure(4, frozenset()),
    "林": Structure(8, frozenset("木")),
}


def build(strokes: float = 1.0, components: float = 1.0, size: int = 4) -> AuxiliaryTargets:
    torch.manual_seed(0)
    return AuxiliaryTargets(size, CHARSET, STRUCTURES, strokes=strokes, components=components)


def test_targets_are_those_of_the_characters() -> None:
    auxiliary = build()
    assert auxiliary.stroke_counts.tolist() == [8, 13, 12, 4, 8, -100]
    assert auxiliary.component_names == ["日"]  # the only one in three characters
    assert auxiliary.component_table[:, 0].tolist() == [True, True, True, False, False, False]


def test_losses_are_written_out_and_unknown_characters_are_left_out() -> None:
    auxiliary, embedding = build(0.5, 0.25), torch.randn(3, 4)
    losses, _ = auxiliary(embedding, torch.tensor([0, 4, 5]))
    assert auxiliary.stroke_head and auxiliary.component_head
    strokes = functional.cross_entropy(
        auxiliary.stroke_head(embedding[:2]), torch.tensor([8, 8]), reduction="none"
    )
    has_sun = auxiliary.component_head(embedding[:2])[:, 0].sigmoid()
    components = -torch.stack([has_sun[0].log(), (1 - has_sun[1]).log()])
    torch.testing.assert_close(losses, torch.cat([0.5 * strokes + 0.25 * components, torch.zeros(1)]))


def test_a_component_begins_as_common_as_it_is() -> None:
    head = build().component_head
    assert head is not None
    assert head(torch.randn(1, 4)).sigmoid().item() == pytest.approx(3 / 5)


def test_heads_learn_and_count_what_they_get_right() -> None:
    auxiliary = build(size=6)
    embedding, targets = torch.eye(6), torch.arange(6)
    optimizer = torch.optim.Adam(auxiliary.parameters(), 0.1)
    for _ in range(100):
        optimizer.zero_grad()
        losses, counts = auxiliary(embedding, targets)
        losses.mean().backward()
        optimizer.step()
    assert counts == {"strokes": 5, "components": 5}  # the letter is unknown to KanjiVG, and never right


def test_one_may_be_switched_off() -> None:
    assert build(strokes=0).stroke_head is None
    assert build(components=0).component_head is None
    assert build(components=0)(torch.randn(2, 4), torch.tensor([0, 1]))[1].keys() == {"strokes"}


def test_a_charset_unknown_to_kanjivg_is_refused() -> None:
    with pytest.raises(DataError, match="knows no character of charset 'letters'"):
        AuxiliaryTargets(4, Charset("letters", ("a", "b")), STRUCTURES, strokes=1, components=1)

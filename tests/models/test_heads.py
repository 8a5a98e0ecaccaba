"""Heads: what each computes, by hand, and that places still add up to logits."""

import pytest
import torch
from torch.nn import functional

from yomite.errors import ConfigError
from yomite.models import build
from yomite.models.character import CharacterModel
from yomite.models.heads import HEADS, CosineHead, LowRankHead, build_head


def test_cosine_is_the_angle_times_the_scale() -> None:
    head = build_head({"name": "cosine", "scale": 20}, 5, 7)
    head.initialize()
    assert isinstance(head, CosineHead)
    embedding = torch.randn(3, 5, generator=torch.Generator().manual_seed(1))
    expected = 20 * functional.cosine_similarity(embedding[:, None], head.weight[None], dim=2)
    torch.testing.assert_close(head(embedding), expected)
    torch.testing.assert_close(head(9 * embedding), expected)
    assert head.scale.item() == pytest.approx(20)


@pytest.mark.parametrize("is_learned", [True, False])
def test_the_scale_is_learned_if_so_wished(is_learned: bool) -> None:
    head = build_head({"name": "cosine", "learned_scale": is_learned}, 5, 7)
    assert ("log_scale" in dict(head.named_parameters())) is is_learned
    assert "log_scale" in head.state_dict()


def test_low_rank_is_one_matrix_of_that_rank() -> None:
    head = build_head({"name": "low_rank", "rank": 3}, 8, 20)
    head.initialize()
    assert isinstance(head, LowRankHead)
    torch.nn.init.normal_(head.bias)
    matrix = head.weight @ head.reduce.weight
    assert torch.linalg.matrix_rank(matrix) == 3
    embedding = torch.randn(4, 8)
    torch.testing.assert_close(head(embedding), embedding @ matrix.T + head.bias)
    assert sum(p.numel() for p in head.parameters()) == 3 * (8 + 20) + 20


@pytest.mark.parametrize("name", ["linear", "cosine", {"name": "low_rank", "rank": 4}])
def test_features_sum_to_logits_with_every_head(name: object) -> None:
    torch.manual_seed(2)
    model = build("residual", 10, 16, widths=[8, 16], depths=[1, 1], embedding=12, head=name)
    assert isinstance(model, CharacterModel)
    images = torch.randint(0, 256, (6, 1, 16, 16), dtype=torch.uint8)
    for _ in range(3):
        model.train()(images)
    model.eval()
    logits, features = model.explain(images)
    torch.testing.assert_close(logits, model(images), atol=1e-4, rtol=1e-4)
    bias = getattr(model.classifier, "bias", torch.zeros(10))
    summed = features.sum((2, 3)) @ model.classifier.class_weights().T + bias
    torch.testing.assert_close(summed, logits, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("cosin", "did you mean 'cosine'"),
        ({"rank": 3}, "there are: linear, cosine, low_rank"),
        (3, "head=3"),
        ({"name": "linear", "rank": 3}, "no setting 'rank'; it takes: no settings"),
        ({"name": "low_rank", "rank": 9}, "it takes 1 to 8"),
        ({"name": "cosine", "scale": 0}, "scale=0"),
        ({"name": "cosine", "learned_scale": "yes"}, "takes true or false"),
    ],
)
def test_each_wrong_head_has_one_line(head: object, line: str) -> None:
    with pytest.raises(ConfigError, match=line) as raised:
        build_head(head, 8, 20)  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)


def test_every_head_has_rows_for_classes() -> None:
    """Fine-tuning maps these rows by character."""
    for name in HEADS:
        assert build_head(name, 64, 7).state_dict()["weight"].shape[0] == 7

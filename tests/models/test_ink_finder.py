import pytest
import torch

from yomite.errors import ConfigError
from yomite.models.ink_finder import InkFinder, measure_losses


def test_a_logit_for_each_pixel_whatever_the_batch() -> None:
    torch.manual_seed(1)
    model = InkFinder(10, 32, widths=(8, 12), depths=(1, 1)).eval()
    images = torch.randint(0, 200, (3, 1, 32, 32), dtype=torch.uint8)
    with torch.inference_mode():
        logits = model(images)
        assert logits.shape == (3, 32, 32) and torch.isfinite(logits).all()
        assert torch.allclose(model(images[1:2]), logits[1:2], atol=1e-5)


@pytest.mark.parametrize(
    "arguments", [{"widths": (8, 12)}, {"input_size": 40}, {"widths": (0, 8), "depths": (1, 1)}]
)
def test_arguments_out_of_range_are_refused(arguments: dict) -> None:
    with pytest.raises(ConfigError):
        InkFinder(**({"num_classes": 10, "input_size": 32} | arguments))


def test_only_where_there_is_ink_an_answer_counts() -> None:
    is_ink, weight = torch.zeros(1, 8, 8), torch.zeros(1, 8, 8)
    weight[0, :4] = 1.0
    right, elsewhere, wrong = (torch.full((1, 8, 8), -9.0) for _ in range(3))
    elsewhere[0, 4:] = 9.0
    wrong[0, :4] = 9.0
    losses = [measure_losses(logits, is_ink, weight).item() for logits in (right, elsewhere, wrong)]
    assert losses[0] == losses[1] < 0.01 and losses[2] > 3.0


def test_it_learns_to_erase_a_frame() -> None:
    torch.manual_seed(2)
    images = torch.zeros(8, 1, 32, 32, dtype=torch.uint8)
    is_ink = torch.zeros(8, 32, 32)
    for number in range(8):
        images[number, 0, [2, 29]] = 60
        images[number, 0, 8 + number : 12 + number, 8:24] = 100
        is_ink[number, 8 + number : 12 + number, 8:24] = 1.0
    weight = images[:, 0].float().div(100).clamp(max=1.0)
    model = InkFinder(10, 32, widths=(8, 12), depths=(1, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(60):
        loss = measure_losses(model(images), is_ink, weight).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    keeps = model(images) > 0
    assert keeps[is_ink > 0].float().mean() > 0.97
    assert keeps[(weight > 0) & (is_ink == 0)].float().mean() < 0.03

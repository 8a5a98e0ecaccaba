"""A teacher pulls the student; one of another charset is turned away."""

import pytest
import torch
from torch import Tensor, nn

from yomite.charset import Charset
from yomite.checkpoint import Checkpoint
from yomite.errors import ConfigError
from yomite.models import build
from yomite.training.objectives.distillation import Distillation, load_teacher

ARGUMENTS = {"widths": [4], "depths": [1], "embedding": 4}


class Fixed(nn.Module):
    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, images: Tensor) -> Tensor:
        return self.logits


def write_teacher(characters: str, input_size: int = 8) -> Checkpoint:
    model = build("residual", len(characters), input_size, **ARGUMENTS)
    described = {
        "name": "residual", "arguments": ARGUMENTS, "num_classes": len(characters), "input_size": input_size,
    }  # fmt: skip
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    return Checkpoint("weights", described, tuple(characters), tensors)


def test_distance_is_the_divergence_at_the_temperature() -> None:
    torch.manual_seed(0)
    teacher, student = torch.randn(5, 7), torch.randn(5, 7)
    hard = torch.rand(5)
    losses, distances = Distillation(Fixed(teacher), 0.3, 4.0)(hard, student, torch.zeros(5))
    p, q = (teacher / 4).softmax(1), (student / 4).softmax(1)
    expected = 16 * (p * (p / q).log()).sum(1)
    torch.testing.assert_close(distances, expected)
    torch.testing.assert_close(losses, 0.7 * hard + 0.3 * expected)


def test_the_teacher_is_neither_trained_nor_saved() -> None:
    teacher = Fixed(torch.randn(2, 3))
    distillation = Distillation(teacher, 0.5, 2.0)
    student = torch.randn(2, 3, requires_grad=True)
    distillation(torch.zeros(2), student, torch.zeros(2))[0].sum().backward()
    assert student.grad is not None and teacher.logits.grad is None
    assert not list(distillation.parameters()) and not distillation.state_dict()
    distillation.train()
    assert not teacher.training  # dropout would make it guess


def test_following_alone_ends_at_the_teacher() -> None:
    torch.manual_seed(0)
    wanted = torch.randn(4, 5)
    student = nn.Parameter(torch.zeros(4, 5))
    distillation = Distillation(Fixed(wanted), 1.0, 2.0)
    optimizer = torch.optim.Adam([student], 0.1)
    for _ in range(200):
        optimizer.zero_grad()
        distillation(torch.zeros(4), student, torch.zeros(4))[0].sum().backward()
        optimizer.step()
    torch.testing.assert_close(student.softmax(1), wanted.softmax(1), atol=1e-3, rtol=0)


def test_a_teacher_of_the_same_charset_is_taken() -> None:
    teacher = load_teacher("t", write_teacher("永字八"), Charset("mine", tuple("永字八")), 8)
    assert teacher(torch.zeros((1, 1, 8, 8), dtype=torch.uint8)).shape == (1, 3)


@pytest.mark.parametrize(
    ("characters", "input_size", "complaint"),
    [
        ("永字九", 8, r"another charset \(3 characters; 1 of ours are missing and 1 are not ours\)"),
        ("永八字", 8, "same characters in another order"),
        ("永字八", 16, "sees 16 px, this model 8 px; set model.input_size=16"),
    ],
)
def test_another_teacher_is_refused_in_one_line(characters: str, input_size: int, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as refused:
        load_teacher("t", write_teacher(characters, input_size), Charset("mine", tuple("永字八")), 8)
    assert "\n" not in str(refused.value)

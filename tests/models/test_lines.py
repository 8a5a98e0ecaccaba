"""Families of the line task: any length, gradients, learning by heart, writing, where they looked."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from yomite.charset import Charset
from yomite.checkpoint import Checkpoint
from yomite.config import parse_config
from yomite.errors import ConfigError, ModelFileError
from yomite.models import ARCHITECTURES, build
from yomite.models.decoding import Written, pad_lines, write_beam, write_greedy
from yomite.models.encoder_decoder import DecoderBlock, EncoderDecoder
from yomite.shipping.tracing import trace_weights
from yomite.streams.batch import Batch
from yomite.training.finetune import fill_from_weights
from yomite.training.learner import build_learner
from yomite.training.objectives.ctc import CTC, read_best_path
from yomite.training.objectives.teacher_forcing import TeacherForcing

HEIGHT, CLASSES = 16, 4
CRNN = {"widths": [8, 16], "hidden": 16, "layers": 1, "dropout": 0.0}
VIT = {"patch": 4, "width": 16, "depth": 2, "heads": 2, "dropout": 0.0}
DECODER = {"width": 16, "depth": 1, "heads": 2, "max_length": 4, "dropout": 0.0}
SLIDING = {
    "widths": [8, 16], "depths": [1, 1], "embedding": 16, "pools": 1, "context": 8, "blocks": 1, "reach": 3,
    "dropout": 0.0,
}  # fmt: skip
CTC_FAMILIES: dict[str, tuple[dict[str, Any], int]] = {
    "sliding": (SLIDING, 2),
    "crnn": (CRNN, 4),
    "vit_ctc": (VIT, 4),
}
DECODERS: dict[str, dict[str, Any]] = {
    "cnn": DECODER | {"stem_widths": [8, 16]},
    "vit": DECODER | {"encoder": "vit", "patch": 4, "encoder_depth": 1},
}
every_ctc = pytest.mark.parametrize("family", CTC_FAMILIES)
every_decoder = pytest.mark.parametrize("encoder", DECODERS)


def draw_lines(num: int, seed: int = 1) -> Batch:
    """One to three characters a line, each a fixed pattern of 16 x 16 px; lines padded to 48 px."""
    generator = torch.Generator().manual_seed(seed)
    patterns = torch.rand((CLASSES, 4, 4), generator=torch.Generator().manual_seed(0)) > 0.5
    patterns = patterns.repeat_interleave(4, 1).repeat_interleave(4, 2)
    lengths = torch.randint(1, 4, (num,), generator=generator)
    targets = torch.randint(0, CLASSES, (num, 3), generator=generator)
    images = torch.zeros((num, 1, HEIGHT, 48), dtype=torch.uint8)
    for image, line, length in zip(images, targets, lengths, strict=True):
        for place, label in enumerate(line[:length]):
            image[0, :, 16 * place : 16 * (place + 1)] = 255 * patterns[label]
    return Batch(images, targets, widths=16 * lengths, target_lengths=lengths)


def build_ctc(family: str) -> nn.Module:
    torch.manual_seed(2)
    return build(family, CLASSES, HEIGHT, **CTC_FAMILIES[family][0])


def build_decoder(encoder: str, **changes: Any) -> EncoderDecoder:
    torch.manual_seed(2)
    model = build("encoder_decoder", CLASSES, HEIGHT, **DECODERS[encoder] | changes)
    assert isinstance(model, EncoderDecoder)
    return model


def learn(model: nn.Module, objective: nn.Module, batch: Batch, num_steps: int, key: str = "exact") -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(num_steps):
        loss, counts = objective(model.train(), batch, torch.Generator())
        if counts[key] == len(batch):
            return
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    pytest.fail(f"{counts[key]} of {len(batch)} lines are right, the loss is {loss.item():.3f}")


@every_ctc
@pytest.mark.parametrize("width", [16, 37, 96])
def test_lines_of_any_width_become_steps(family: str, width: int) -> None:
    model = build_ctc(family).eval()
    assert model.task == "line" and model.input_size == HEIGHT
    images = torch.randint(0, 256, (2, 1, HEIGHT, width), dtype=torch.uint8)
    logits = model(images)
    stride = CTC_FAMILIES[family][1]
    assert logits.shape == (2, -(-width // stride), CLASSES + 1)
    torch.testing.assert_close(model(images[:1]), logits[:1], atol=1e-5, rtol=1e-4)


@every_ctc
def test_every_parameter_learns_something(family: str) -> None:
    model = build_ctc(family).train()
    CTC()(model, draw_lines(8), torch.Generator())[0].backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


@every_ctc
def test_learns_lines_by_heart(family: str) -> None:
    model, batch = build_ctc(family), draw_lines(16)
    learn(model, CTC(), batch, 200)
    steps = model(batch.images).detach()
    labels, lengths = read_best_path(steps, torch.full((16,), steps.shape[1]))
    assert steps.isfinite().all() and labels.shape[0] == len(lengths) == 16


@every_ctc
def test_attention_maps_are_of_the_steps(family: str) -> None:
    model, batch = build_ctc(family).eval(), draw_lines(4)
    maps = model.attention_maps(batch.images)  # type: ignore[operator]
    assert maps.shape == (4, 1, 48 // CTC_FAMILIES[family][1]) and maps.min() >= 0 and maps.max() <= 1
    each = [model.attention_maps(batch.images, torch.full((4,), label)) for label in range(CLASSES)]  # type: ignore
    torch.testing.assert_close(torch.stack(each).sum(0), maps)


def test_the_lstm_is_born_with_open_forget_gates() -> None:
    memory = build_ctc("crnn").memory
    for name, parameter in memory.named_parameters():  # type: ignore[union-attr]
        if name.startswith("bias_ih"):
            assert parameter.reshape(4, -1).mean(1).tolist() == [0, 1, 0, 0]
        if name.startswith("weight_hh"):
            gate = parameter.chunk(4)[2]
            torch.testing.assert_close(gate @ gate.T, torch.eye(len(gate)), atol=1e-5, rtol=0)


@every_decoder
def test_a_character_knows_those_before_it_only(encoder: str) -> None:
    model, batch = build_decoder(encoder).eval(), draw_lines(3)
    logits = model(batch.images, batch.targets)
    assert model.task == "line" and logits.shape == (3, 4, CLASSES + 1)
    changed = batch.targets.clone()
    changed[:, 1] = (changed[:, 1] + 1) % CLASSES
    other = model(batch.images, changed)
    torch.testing.assert_close(other[:, :2], logits[:, :2])
    assert ((other[:, 2:] - logits[:, 2:]).abs().amax((1, 2)) > 1e-4).all()


@every_decoder
def test_every_parameter_of_a_decoder_learns_something(encoder: str) -> None:
    model = build_decoder(encoder).train()
    TeacherForcing()(model, draw_lines(8), torch.Generator())[0].backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


@every_decoder
def test_learns_to_write_lines_by_heart(encoder: str) -> None:
    model, batch = build_decoder(encoder), draw_lines(12)
    learn(model, TeacherForcing(), batch, 200)
    assert batch.target_lengths is not None
    expected = [
        tuple(line[:length].tolist())
        for line, length in zip(batch.targets, batch.target_lengths, strict=True)
    ]
    written = write_greedy(model.eval(), batch.images)
    right = sum(line.labels == truth for line, truth in zip(written, expected, strict=True))
    assert right >= 11  # norms now use the statistics of all batches
    best = [lines[0] for lines in write_beam(model, batch.images, beams=3)]
    assert all(b.log_probability >= g.log_probability - 1e-4 for b, g in zip(best, written, strict=True))
    maps = model.attention_maps(batch.images)
    assert maps.shape[0] == 12 and maps.min() >= 0 and maps.max() == 1


def every_line(model: EncoderDecoder, image: Tensor) -> list[Written]:
    """All lines that there are, each with its probability: the characters, then the end if there is room."""
    found = []
    for length in range(model.max_length + 1):
        for line in itertools.product(range(CLASSES), repeat=length):
            labels = torch.tensor([line], dtype=torch.long).reshape(1, length)
            log_probabilities = model(image[None], labels)[0].log_softmax(1)
            total = sum(log_probabilities[place, label].item() for place, label in enumerate(line))
            if length < model.max_length:
                total += log_probabilities[length, model.end].item()
            found.append(Written(line, total))
    return sorted(found, key=lambda line: -line.log_probability)


def test_a_wide_beam_finds_the_likeliest_of_all_lines() -> None:
    model = build_decoder("cnn", max_length=3).eval()
    images = draw_lines(2).images
    with torch.no_grad():
        for index, lines in enumerate(write_beam(model, images, beams=100)):
            expected = every_line(model, images[index])
            assert sum(torch.tensor([line.log_probability for line in expected]).exp()) == pytest.approx(1)
            assert len(lines) == 85 and [line.labels for line in lines[:9]] == [
                e.labels for e in expected[:9]
            ]
            assert lines[0].log_probability == pytest.approx(expected[0].log_probability, abs=1e-4)
        greedy = write_greedy(model, images)
    narrow = [lines[0] for lines in write_beam(model, images, beams=1)]
    assert [line.labels for line in narrow] == [line.labels for line in greedy]
    assert narrow[0].log_probability == pytest.approx(greedy[0].log_probability, abs=1e-4)


def test_a_decoder_block_computes_what_pytorch_computes() -> None:
    torch.manual_seed(3)
    theirs = nn.TransformerDecoderLayer(
        12, 3, dim_feedforward=48, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    ).eval()
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.add_(0.2 * torch.rand_like(parameter))
    ours, state = DecoderBlock(12, 3).eval(), theirs.state_dict()
    for name in ("weight", "bias"):
        joint = state.pop(f"multihead_attn.in_proj_{name}")
        state[f"cross.queries.{name}"], state[f"cross.keys_values.{name}"] = joint[:12], joint[12:]
    renamed = {
        "self_attn.in_proj_": "attention.queries_keys_values.",
        "self_attn.out_proj": "attention.out",
        "multihead_attn.out_proj": "cross.out",
        "linear1": "mlp.0",
        "linear2": "mlp.2",
    }
    for old, new in renamed.items():
        state = {key.replace(old, new): value for key, value in state.items()}
    ours.load_state_dict(state)
    x, memory = torch.randn(2, 5, 12), torch.randn(2, 7, 12)
    ahead = torch.full((5, 5), -torch.inf).triu(1)
    torch.testing.assert_close(ours(x, memory, ahead), theirs(x, memory, tgt_mask=ahead))


def test_teacher_forcing_counts_each_character_and_the_end() -> None:
    batch = draw_lines(5)
    assert batch.target_lengths is not None
    model = build_decoder("vit").eval()
    loss, counts = TeacherForcing()(model, batch, torch.Generator())
    log_probabilities = model(batch.images, batch.targets).log_softmax(2)
    losses = []
    for index, length in enumerate(batch.target_lengths.tolist()):
        wanted = [*batch.targets[index, :length].tolist(), model.end]
        losses.append(
            -sum(log_probabilities[index, i, label] for i, label in enumerate(wanted)) / (length + 1)
        )
    torch.testing.assert_close(loss, torch.stack(losses).mean())  # type: ignore[arg-type]
    assert counts["samples"] == 5 and 0 <= counts["exact"] <= 5


@pytest.mark.parametrize(
    ("family", "arguments", "line"),
    [
        ("crnn", {"input_size": 20}, "input_size 20 does not fit a line of so many stages"),
        ("crnn", {"hidden": 0}, "hidden=0"),
        ("vit_ctc", {"patch": 5}, "input_size 16 does not fit patches of a line"),
        ("vit_ctc", {"width": 6, "heads": 3}, "a multiple of 4"),
        ("encoder_decoder", {"encoder": "rnn"}, "encoder='rnn'; did you mean 'cnn'"),
        ("encoder_decoder", {"max_length": 0}, "max_length=0"),
    ],
)
def test_each_wrong_argument_has_one_line(family: str, arguments: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError, match=line) as raised:
        build(family, CLASSES, **{"input_size": HEIGHT} | arguments)
    assert "\n" not in str(raised.value)


def test_a_line_that_is_too_long_is_refused() -> None:
    model = build_decoder("vit")
    with pytest.raises(ConfigError, match="a line of 5 characters; model argument max_length is 4"):
        model(draw_lines(1).images, torch.zeros((1, 5), dtype=torch.long))
    with pytest.raises(ConfigError, match="beams=0"):
        write_beam(model, draw_lines(1).images, beams=0)


def test_lines_are_padded_with_the_end() -> None:
    assert pad_lines([(1,), (), (2, 3)], 9).tolist() == [[1, 9], [9, 9], [2, 3]]
    assert pad_lines([(), ()], 9).shape == (2, 0)


def test_a_line_model_is_exported_as_what_it_is() -> None:
    model = build_ctc("crnn")
    described = {"name": "crnn", "arguments": CRNN, "num_classes": CLASSES, "input_size": HEIGHT}
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    draft = trace_weights(Checkpoint("weights", described, tuple("あいうえ"), tensors), "model")
    assert draft.metadata["task"] == "line" and draft.metadata["step_px"] == str(model.stride)
    assert "log_prior" not in draft.metadata
    with pytest.raises(ModelFileError, match="a model for the task 'line'; this reader needs 'character'"):
        draft.open()


def test_fine_tuning_keeps_the_blank() -> None:
    old, new = build_ctc("crnn"), build("crnn", 5, HEIGHT, **CRNN)
    described = {"name": "crnn", "arguments": CRNN, "num_classes": CLASSES, "input_size": HEIGHT}
    tensors = {f"model.{name}": tensor for name, tensor in old.state_dict().items()}
    fresh = new.classifier.weight.clone()  # type: ignore[union-attr]
    known = fill_from_weights(
        new, Charset("new", tuple("んえういあ")), Checkpoint("weights", described, tuple("あいうえ"), tensors)
    )
    assert known == 4
    expected = torch.cat([fresh[:1], old.classifier.weight[[3, 2, 1, 0, 4]]])  # type: ignore[union-attr,index]
    torch.testing.assert_close(new.classifier.weight, expected)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (
            {"model": {"name": "crnn"}, "data": {"stream": "own:Lines"}},
            "'classification' does not fit CRNN; set objective.name=ctc",
        ),
        ({"model": {"name": "vit"}, "objective": {"name": "ctc"}}, "set objective.name=classification"),
        (
            {"model": {"name": "crnn"}, "objective": {"name": "ctc"}},
            "'crnn' is for lines, data.stream 'drawn'",
        ),
    ],
)
def test_what_does_not_fit_a_line_is_one_line(values: dict[str, Any], line: str, tmp_path: Path) -> None:
    config = parse_config({"charset": "kana"} | values)
    with pytest.raises(ConfigError, match=line):
        build_learner(config, Charset("two", ("あ", "い")), tmp_path)


def test_every_family_of_lines_is_tried_here() -> None:
    lines = {name for name, family in ARCHITECTURES.items() if family.task == "line"}
    assert lines == {*CTC_FAMILIES, "encoder_decoder", "transformers:VisionEncoderDecoder"}

"""The network that draws: what its velocity means, and what its drawings depend on."""

import pytest
import torch
from tiny_hand import CHARACTERS, SIZE, build_generator

pytest.importorskip("diffusers", reason='needs the extra: pip install "yomite[generate]"')

from yomite.errors import ConfigError
from yomite.models import build
from yomite.models.generator import InkGenerator, measure_velocity


def draw_inputs(num: int = 3) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Plain glyphs, references of each, and noise."""
    rng = torch.Generator().manual_seed(1)
    plain = torch.randint(0, 256, (num, 1, SIZE, SIZE), generator=rng).to(torch.uint8)
    references = torch.randint(0, 256, (num, 4, SIZE, SIZE), generator=rng).to(torch.uint8)
    return plain, references, torch.randn((num, 1, SIZE, SIZE), generator=rng)


def test_drawings_are_canvas_images_and_depend_on_all_that_is_given() -> None:
    generator = build_generator()
    torch.nn.init.normal_(generator.unet.conv_out.weight, std=0.3)
    plain, references, noise = draw_inputs()
    style = generator.embed_style(references)
    drawn = generator.draw(plain, style, noise, steps=4)
    assert drawn.shape == (3, 1, SIZE, SIZE) and drawn.dtype == torch.uint8
    assert torch.equal(drawn, generator.draw(plain, style, noise, steps=4))
    for other in (
        generator.draw(255 - plain, style, noise, steps=4),
        generator.draw(plain, style + 1.0, noise, steps=4),
        generator.draw(plain, None, noise, steps=4),
        generator.draw(plain, style, -noise, steps=4),
        generator.draw(plain, style, noise, steps=5),
        generator.draw(plain, style, noise, steps=4, guidance=3.0),
    ):
        assert not torch.equal(drawn, other)
    # Guidance goes from what is drawn without a style (0) to what is drawn with it (1), and further.
    bare = generator.draw(plain, style, noise, steps=4, guidance=0.0).int()
    assert (bare - generator.draw(plain, None, noise, steps=4).int()).abs().max() <= 1


def test_a_style_is_the_mean_of_its_pictures_however_many() -> None:
    generator = build_generator()
    _, references, _ = draw_inputs(1)
    whole = generator.embed_style(references)
    parts = [generator.embed_style(references[:, [place]]) for place in range(4)]
    assert torch.allclose(whole, torch.stack(parts).mean(dim=0), atol=1e-5)


def test_the_velocity_of_a_straight_line_costs_nothing_and_leads_to_the_ink() -> None:
    class Knows(InkGenerator):
        def forward(self, noisy, times, plain, style):
            return self.ink - self.noise

    generator = build_generator()
    generator.__class__ = Knows
    plain, references, noise = draw_inputs()
    generator.noise, generator.ink = noise, plain.float() / 127.5 - 1.0
    style, times = generator.embed_style(references), torch.tensor([0.1, 0.5, 0.9])
    losses, errors = measure_velocity(generator, generator.ink, noise, times, plain, style)
    assert losses.abs().max() == 0 and errors.abs().max() == 0
    assert (generator.draw(plain, style, noise, steps=3).int() - plain.int()).abs().max() <= 1
    generator.ink = generator.ink + 0.5
    losses, errors = measure_velocity(generator, generator.ink - 0.5, noise, times, plain, style)
    assert losses.tolist() == pytest.approx([0.25] * 3, rel=1e-4)
    assert errors.tolist() == pytest.approx([0.45, 0.25, 0.05], rel=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"widths": [20, 32]}, "multiples of 16"),
        ({"style_widths": [12]}, "the second of 8"),
        ({"widths": []}, "widths"),
        ({"depth": 0}, "depth"),
        ({"width": [16]}, "no argument 'width'"),
    ],
)
def test_bad_arguments_are_one_line(arguments: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        build("generator", len(CHARACTERS), SIZE, **arguments)
    assert "\n" not in str(caught.value)


def test_a_canvas_that_does_not_divide_is_refused() -> None:
    with pytest.raises(ConfigError, match="multiple of 8"):
        build("generator", 3, 44)

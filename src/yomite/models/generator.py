"""The network that draws ink: from noise to a canvas image, a glyph and a writer's style at hand.

Flow matching: Lipman et al., arXiv:2210.02747. The U-Net: Ho et al., arXiv:2006.11239. Guidance without a
classifier: Ho and Salimans, arXiv:2207.12598.
"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from yomite.errors import ConfigError, MissingExtraError
from yomite.extensions import check_counts, check_input_size, check_whole
from yomite.models.from_torchvision import import_torchvision

PATCH = 2
"""Side in px of the patches that the U-Net sees as channels: a quarter of the places, and of the work."""

TIME_UNITS = 1_000.0
"""What the U-Net calls the time from noise to ink."""

STEP_POWER = 1.5
"""Step k of n is (k / n) to this power of the way."""

START = 0.1
"""The time at which drawing begins, with the plain glyph in the place of the ink that is not there yet."""


class InkGenerator(nn.Module):
    """Noisy float (N, 1, S, S), plain glyphs uint8 (N, 1, S, S) -> velocities float (N, 1, S, S).

    Time goes from 0, noise, to 1, ink. Ink is -1 for bare paper to 1 for full ink. On the straight line from
    a noise to an ink the velocity is ink - noise; the network gives its mean over all inks that there may be.
    """

    task = "hand"
    objective = "denoising"

    def __init__(
        self,
        num_classes: int,
        input_size: int,
        widths: Sequence[int] = (32, 64, 128),
        depth: int = 1,
        style_widths: Sequence[int] = (16, 32, 64, 96),
    ) -> None:
        """Build; diffusers initializes the U-Net.

        Args:
            num_classes: Of the charset that is drawn; the network does not depend on it.
            input_size: S, side of the canvas in px.
            widths: Channels of the U-Net's stages, each at half the size of the one before it; multiples
                of 16.
            depth: Residual blocks of each stage.
            style_widths: Channels of the convolutions that look at a reference.

        Raises:
            ConfigError: If an argument is out of range.
            MissingExtraError: If diffusers is not installed.
        """
        super().__init__()
        check_counts("widths", widths, (32, 64, 128))
        check_counts("style_widths", style_widths, (16, 32, 64, 96))
        check_whole("depth", depth)
        if any(width % 16 for width in widths) or any(width % 8 for width in style_widths):
            raise ConfigError(
                f"widths {list(widths)} and style_widths {list(style_widths)}; the first must be multiples "
                "of 16, the second of 8"
            )
        check_input_size(
            "generator", input_size, PATCH * 2 ** (len(widths) - 1), "each stage halves the patches' places"
        )
        self.num_classes, self.input_size = num_classes, input_size
        self.style_size = 4 * widths[0]  # what the U-Net adds to its embedding of the time
        self.unet = _build_unet(input_size // PATCH, widths, depth, self.style_size)
        layers: list[nn.Module] = []
        before = 1
        for width in style_widths:
            layers += [nn.Conv2d(before, width, 3, stride=2, padding=1), nn.GroupNorm(8, width), nn.SiLU()]
            before = width
        self.look = nn.Sequential(*layers)
        self.to_style = nn.Linear(2 * before, self.style_size)
        self.no_style = nn.Parameter(torch.zeros(self.style_size))

    def embed_style(self, references: Tensor) -> Tensor:
        """Pictures of other characters by one hand, uint8 (N, K, S, S) -> its style, float (N, D).

        The mean over the pictures, so that there may be any number of them.
        """
        count = references.shape[1]
        seen = self.look(references.flatten(0, 1)[:, None].float() / 127.5 - 1.0)
        facts = torch.cat([seen.mean(dim=(2, 3)), seen.amax(dim=(2, 3))], dim=1)
        return self.to_style(facts).unflatten(0, (-1, count)).mean(dim=1)

    def forward(self, noisy: Tensor, times: Tensor, plain: Tensor, style: Tensor) -> Tensor:
        """Tell where ink lies from here.

        Args:
            noisy: Float (N, 1, S, S).
            times: Float (N,), 0..1.
            plain: Plain glyphs, uint8 (N, 1, S, S).
            style: Float (N, D), of `embed_style`, or `no_style` where none is wanted.

        Returns:
            Float (N, 1, S, S).
        """
        seen = torch.cat([noisy, plain.float() / 127.5 - 1.0], dim=1)
        patches = functional.pixel_unshuffle(seen, PATCH).contiguous(memory_format=torch.channels_last)
        found = self.unet(patches, TIME_UNITS * times, class_labels=style, return_dict=False)[0]
        return functional.pixel_shuffle(found, PATCH)

    @torch.no_grad()
    def draw(
        self,
        plain: Tensor,
        style: Tensor | None,
        noise: Tensor,
        *,
        steps: int = 20,
        guidance: float = 1.0,
        start: float = START,
    ) -> Tensor:
        """Draw glyphs, in evaluation mode: from noise along the velocity (Euler's method).

        Steps are short at the beginning, where it is decided which lines are drawn; and there the plain glyph
        is in the noise, so that none of its lines is forgotten (Meng et al., arXiv:2108.01073).

        Args:
            plain: Uint8 (N, 1, S, S).
            style: Float (N, D), of `embed_style`; None: some hand or other.
            noise: Float (N, 1, S, S), standard normal; it decides what is drawn.
            steps: How many.
            guidance: 1 is the style as learned; more goes further from what is drawn without any.
            start: From 0, nothing but noise, up; near 1 the plain glyph itself is drawn.

        Returns:
            Uint8 (N, 1, S, S), ink bright on 0.
        """
        bare = self.no_style.expand(len(plain), -1)
        is_guided = style is not None and guidance != 1.0
        ink = start * (plain.float() / 127.5 - 1.0) + (1.0 - start) * noise
        moments = [start + (1.0 - start) * (step / steps) ** STEP_POWER for step in range(steps + 1)]
        for now, then in itertools.pairwise(moments):
            times = torch.full((len(plain),), now, device=plain.device)
            velocity = self(ink, times, plain, bare if style is None else style)
            if is_guided:
                plainly = self(ink, times, plain, bare)
                velocity = plainly + guidance * (velocity - plainly)
            ink = ink + (then - now) * velocity
        return ((ink + 1.0) * 127.5 + 0.5).clamp(0.0, 255.0).to(torch.uint8)


def measure_velocity(
    model: nn.Module, ink: Tensor, noise: Tensor, times: Tensor, plain: Tensor, style: Tensor
) -> tuple[Tensor, Tensor]:
    """Measure how far the velocity at a time is from ink - noise, and the foreseen ink from the ink.

    Args:
        model: An InkGenerator.
        ink: Float (N, 1, S, S), -1..1.
        noise: Float (N, 1, S, S), standard normal.
        times: Float (N,), 0..1.
        plain: Uint8 (N, 1, S, S).
        style: Float (N, D).

    Returns:
        The mean square and the mean distance of each sample, float (N,) both.
    """
    share = times[:, None, None, None]
    velocity = model(share * ink + (1.0 - share) * noise, times, plain, style).float()
    missed = velocity - (ink - noise)
    errors = ((1.0 - share) * missed).abs()
    return missed.square().mean(dim=(1, 2, 3)), errors.mean(dim=(1, 2, 3))


def _build_unet(side: int, widths: Sequence[int], depth: int, style_size: int) -> nn.Module:
    if importlib.util.find_spec("diffusers") is None:
        raise MissingExtraError("train model.name=generator", "generate")
    if importlib.util.find_spec("torchvision") is not None:
        import_torchvision()  # mended before diffusers looks for it
    from diffusers.models.unets.unet_2d import UNet2DModel

    channels = PATCH * PATCH
    unet = UNet2DModel(
        sample_size=side,
        in_channels=2 * channels,  # what is drawn, and the plain glyph
        out_channels=channels,
        block_out_channels=tuple(widths),
        layers_per_block=depth,
        down_block_types=("DownBlock2D",) * len(widths),
        up_block_types=("UpBlock2D",) * len(widths),
        attention_head_dim=32,  # of the one in the middle
        norm_num_groups=16,
        class_embed_type="identity",  # the style
        resnet_time_scale_shift="scale_shift",
    )
    if unet.time_embedding.linear_2.out_features != style_size:
        raise ConfigError(f"this diffusers embeds times in {unet.time_embedding.linear_2.out_features}")
    return unet

"""Parts of the section data: each kind of ink that is learned from. And what every section is."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

PenName = Literal["touch", "ballpoint", "pencil", "felt", "brush"]
"""The pens of yomite.ink.pen, which a config is read without."""


class Section(BaseModel):
    """A part of a run; a key that it does not have is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class InkConfig(Section):
    """Synthetic samples: strokes written by a hand and drawn by a pen."""

    share: float = Field(default=1.0, ge=0)
    haste: float = Field(default=0.3, ge=0, le=1, description="share of running hand")


class FontsConfig(Section):
    """Samples from handwriting fonts: names in the data folder, or paths."""

    share: float = Field(default=0.0, ge=0)
    files: tuple[str, ...] = ()


class CellsConfig(Section):
    """Real scanned cells: pages to learn from."""

    share: float = Field(default=0.0, ge=0)
    pages: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The name that opens these pages."""
        return f"cells/hiragana-sheets:{','.join(self.pages)}"


class FolderConfig(Section):
    """Any source of samples, such as one's own folder of `<character>/*.png`: see docs/data.md."""

    share: float = Field(default=0.0, ge=0)
    path: str | None = None


class NegativesConfig(Section):
    """Ink that is no character (scribbles, shuffled strokes), of the stream drawn: it is learned as none."""

    share: float = Field(default=0.0, ge=0)


class LinesConfig(Section):
    """Of the stream lines, which composes them."""

    group: int = Field(
        default=64, ge=1, description="lines alike in length and direction: the size of a micro-batch is best"
    )
    real_share: float = Field(
        default=0.5, gt=0, le=1, description="of the lines of data.sources, where there are any"
    )


class HandsConfig(Section):
    """Of the stream hands."""

    references: int = Field(default=4, ge=1, le=64, description="other characters by the hand of a sample")


class GeneratedConfig(Section):
    """Ink that a generator drew, in the hands of `like` or in some hand or other: see docs/generation.md."""

    share: float = Field(default=0.0, ge=0)
    weights: str | None = Field(default=None, description="of the generator; none is released")
    like: tuple[str, ...] = Field(default=(), description="sources of hands: names or paths")
    per_character: int = Field(default=4, ge=1, le=1000)
    steps: int = Field(default=20, ge=1, le=1000, description="from noise to ink")
    guidance: float = Field(default=1.0, ge=0, le=20, description="more than 1 exaggerates the hand")
    seed: int = Field(default=0, ge=0, lt=2**31)

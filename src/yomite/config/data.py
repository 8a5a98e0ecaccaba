"""The section data of a run: what is learned from."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import AliasChoices, Field, model_validator

from yomite.config.schema import Section

PenName = Literal["touch", "ballpoint", "pencil", "felt", "brush"]
"""The pens of yomite.ink.pen, which a config is read without."""


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


class DataConfig(Section):
    """What is learned from. The shares are relative: they are divided by their sum."""

    stream: str = Field(
        default="drawn",
        description="drawn, stored (real samples), lines or pages (composed), hands, or "
        "package.module:callable",
        validation_alias=AliasChoices("stream", "mixture"),  # its name before lines came
    )
    sources: tuple[str, ...] = Field(default=(), description="of stored and lines: names or paths")
    transforms: tuple[str, ...] = Field(
        default=(), description="of stored: affine, elastic, thickness, erase, blur, paper, noise"
    )
    transform_strength: float = Field(default=1.0, gt=0, le=3, description="1: what real pictures show")
    arguments: dict[str, Any] = Field(default={}, description="of a stream of one's own")
    fold: str | None = Field(
        default=None,
        pattern=r"^[1-9]\d*/[1-9]\d*$",
        description="such as 2/5: the second of five parts of the real samples is validated on, not learned",
    )
    allow_missing: bool = Field(
        default=False, description="a class without samples is no mistake: init_from may know it"
    )
    samples_per_epoch: int = Field(default=100_000, ge=1)
    frequency_power: float = Field(
        default=0.0, ge=0, le=1, description="0: every character alike; 1: as often as in texts"
    )
    pens: tuple[PenName, ...] = Field(default=get_args(PenName), description="that draw strokes and fonts")
    ink: InkConfig = InkConfig()
    fonts: FontsConfig = FontsConfig()
    cells: CellsConfig = CellsConfig()
    folder: FolderConfig = FolderConfig()
    lines: LinesConfig = LinesConfig()
    hands: HandsConfig = HandsConfig()
    generated: GeneratedConfig = GeneratedConfig()

    @property
    def real_sources(self) -> list[str]:
        """The real samples that are learned from, and that folds split."""
        if self.stream == "stored":
            return list(self.sources)
        names = [self.cells.source] if self.cells.share else []
        return names + ([self.folder.path] if self.folder.share and self.folder.path else [])

    @model_validator(mode="after")
    def _some_share(self) -> DataConfig:
        if self.arguments and self.stream in ("drawn", "stored", "lines", "pages", "hands"):
            raise ValueError(f"arguments are for a stream of your own; {self.stream} has keys instead")
        if self.stream == "stored" and not self.sources:
            raise ValueError("stream stored needs sources, as sources: [my-samples]")
        if self.sources and self.stream not in ("stored", "lines"):
            raise ValueError(f"sources are for the streams stored and lines; stream is {self.stream}")
        if self.transforms and self.stream != "stored":
            raise ValueError(f"transforms are for stream stored; stream is {self.stream}")
        if self.fold:
            number, num_folds = map(int, self.fold.split("/"))
            if num_folds < 2 or number > num_folds:
                raise ValueError(f"fold {self.fold}; write number/folds, as 1/5 to 5/5")
            if not self.real_sources:
                raise ValueError(
                    "fold splits real samples, and there are none; give folder or cells a share, or sources"
                )
        if not self.pens:
            raise ValueError(f"pens is empty; name some of {', '.join(get_args(PenName))}")
        shares = self.ink.share + self.fonts.share + self.cells.share
        if self.stream != "hands":
            shares += self.folder.share + self.generated.share
        elif self.folder.share + self.generated.share:
            raise ValueError("stream hands takes only ink, fonts and cells, whose hands are known")
        if self.stream in ("drawn", "hands") and shares <= 0:
            raise ValueError("every share is 0; give ink, fonts, cells, folder or generated a share above 0")
        return self

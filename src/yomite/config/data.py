"""What a run learns from: the data section and its parts."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator


class Section(BaseModel):
    """A part of a run; a key that it does not have is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


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


class DataConfig(Section):
    """What is learned from. The shares are relative: they are divided by their sum."""

    stream: str = Field(
        default="drawn",
        description="drawn, stored (real samples), lines (composed), or package.module:callable",
        validation_alias=AliasChoices("stream", "mixture"),  # its name before lines came
    )
    sources: tuple[str, ...] = Field(default=(), description="of stored: names or paths")
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

    @property
    def real_sources(self) -> list[str]:
        """The real samples that are learned from, and that folds split."""
        if self.stream == "stored":
            return list(self.sources)
        names = [self.cells.source] if self.cells.share else []
        return names + ([self.folder.path] if self.folder.share and self.folder.path else [])

    @model_validator(mode="after")
    def _some_share(self) -> DataConfig:
        if self.arguments and self.stream in ("drawn", "stored", "lines"):
            raise ValueError(f"arguments are for a stream of your own; {self.stream} has keys instead")
        if self.stream == "stored" and not self.sources:
            raise ValueError("stream stored needs sources, as sources: [my-samples]")
        if self.sources and self.stream != "stored":
            raise ValueError(f"sources are for stream stored; stream is {self.stream}")
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
        shares = self.ink.share + self.fonts.share + self.cells.share + self.folder.share
        if self.stream == "drawn" and shares <= 0:
            raise ValueError("every share is 0; give ink, fonts, cells or folder a share above 0")
        return self

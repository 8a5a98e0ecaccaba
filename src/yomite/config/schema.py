"""The sections of a run and their keys, with what is allowed for each; sources.py has parts of the data."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import AliasChoices, Field, field_validator, model_validator

from yomite.config.sources import (
    CellsConfig,
    FolderConfig,
    FontsConfig,
    GeneratedConfig,
    HandsConfig,
    InkConfig,
    LinesConfig,
    NegativesConfig,
    PenName,
    Section,
)


def _refuse_unused(section: Any, **names_by_key: tuple[str, ...]) -> None:
    """Refuse a value that the chosen name does without: it is a mistake, not a wish."""
    for key, names in names_by_key.items():
        if section.name not in names and getattr(section, key) != type(section).model_fields[key].default:
            raise ValueError(f"{key} is for {' and '.join(names)}; name is {section.name}")


class DataConfig(Section):
    """What is learned from. The shares are relative: they are divided by their sum."""

    stream: str = Field(
        default="drawn",
        description="drawn, stored (real samples), lines or pages (composed), papers, hands, or "
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
    traces_share: float = Field(
        default=0.0, ge=0, le=1, description="of drawn: samples that printed lines were erased from"
    )
    ink: InkConfig = InkConfig()
    fonts: FontsConfig = FontsConfig()
    cells: CellsConfig = CellsConfig()
    folder: FolderConfig = FolderConfig()
    lines: LinesConfig = LinesConfig()
    hands: HandsConfig = HandsConfig()
    generated: GeneratedConfig = GeneratedConfig()
    negatives: NegativesConfig = NegativesConfig()

    @property
    def real_sources(self) -> list[str]:
        """The real samples that are learned from, and that folds split."""
        if self.stream == "stored":
            return list(self.sources)
        names = [self.cells.source] if self.cells.share else []
        return names + ([self.folder.path] if self.folder.share and self.folder.path else [])

    @model_validator(mode="after")
    def _some_share(self) -> DataConfig:
        if self.arguments and self.stream in ("drawn", "stored", "lines", "pages", "papers", "hands"):
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
        for key in ("traces_share", "negatives"):
            if getattr(self, key) != type(self).model_fields[key].default and self.stream != "drawn":
                raise ValueError(f"{key} is for the stream drawn; stream is {self.stream}")
        if not self.pens:
            raise ValueError(f"pens is empty; name some of {', '.join(get_args(PenName))}")
        shares = self.ink.share + self.fonts.share + self.cells.share
        if self.stream != "hands":
            shares += self.folder.share + self.generated.share
        elif self.folder.share + self.generated.share:
            raise ValueError("stream hands takes only ink, fonts and cells, whose hands are known")
        if self.stream in ("drawn", "papers", "hands") and shares <= 0:
            raise ValueError("every share is 0; give ink, fonts, cells, folder or generated a share above 0")
        return self


class ModelConfig(Section):
    """Which network; `arguments` go to its builder in yomite.models."""

    name: str = "residual"
    input_size: int = Field(default=48, ge=8, le=512, description="side of the canvas in px")
    arguments: dict[str, Any] = Field(default={})


class ValidationConfig(Section):
    """Which sources are scored while learning, how often, and by which score a run is judged."""

    sources: tuple[str, ...] = ()
    every_steps: int = Field(default=1_000, ge=1)
    metric: str | None = Field(
        default=None,
        description="a score as the mean over the sources, or SOURCE/score of one; null: top1_lookalikes, "
        "for lines cer, for pages and papers f1",
    )
    patience: int | None = Field(
        default=None, ge=1, description="early stopping: validations in a row without a better score"
    )


class OptimizerConfig(Section):
    """AdamW (betas), Muon (AdamW for what it leaves out), or SGD with momentum."""

    name: Literal["adamw", "muon", "sgd"] = "adamw"
    learning_rate: float = Field(default=2e-3, gt=0, le=10, description="the peak of the schedule")
    weight_decay: float = Field(default=0.05, ge=0, le=1)
    betas: tuple[float, float] = (0.9, 0.99)
    rates: dict[str, Annotated[float, Field(ge=0, le=10)]] = Field(
        default={},
        description="share of the learning rate of a part of the model, by how its parameters' names begin; "
        "0 freezes it",
    )
    momentum: float = Field(default=0.9, ge=0, lt=1)
    nesterov: bool = True

    @model_validator(mode="after")
    def _values_fit(self) -> OptimizerConfig:
        _refuse_unused(self, betas=("adamw", "muon"), momentum=("sgd",), nesterov=("sgd",))
        if not all(0 <= beta < 1 for beta in self.betas):
            raise ValueError(f"betas must be two numbers, 0 <= beta < 1, got {list(self.betas)}")
        if self.nesterov and self.name == "sgd" and self.momentum == 0:
            raise ValueError("nesterov needs a momentum above 0; give one, or nesterov: false")
        return self


class ScheduleConfig(Section):
    """The learning rate over the steps: a warm-up to the peak, then what the name says."""

    name: Literal["cosine", "constant", "one_cycle", "step", "plateau"] = "cosine"
    warmup_steps: int = Field(default=500, ge=0)
    total_steps: int = Field(default=10_000, ge=1)
    initial_fraction: float = Field(
        default=0.04, ge=0, le=1, description="one_cycle: of the peak, where its rise begins"
    )
    final_fraction: float = Field(
        default=0.01, ge=0, le=1, description="cosine, one_cycle: of the peak, at the end; plateau: at least"
    )
    milestones: tuple[int, ...] = Field(default=(), description="step: the steps at which the rate falls")
    factor: float = Field(default=0.1, gt=0, lt=1, description="step, plateau: what it is multiplied with")
    patience: int = Field(
        default=3, ge=1, description="plateau: validations in a row without a better score, then it falls"
    )

    @model_validator(mode="after")
    def _values_fit(self) -> ScheduleConfig:
        _refuse_unused(
            self,
            initial_fraction=("one_cycle",),
            final_fraction=("cosine", "one_cycle", "plateau"),
            milestones=("step",),
            factor=("step", "plateau"),
            patience=("plateau",),
        )
        if self.name == "step" and not self.milestones:
            raise ValueError("name step needs milestones: the steps at which the rate falls, as [3000, 6000]")
        if list(self.milestones) != sorted({step for step in self.milestones if step > 0}):
            raise ValueError(f"milestones {list(self.milestones)} must be steps above 0 that rise")
        if self.warmup_steps >= self.total_steps:
            raise ValueError(
                f"warmup_steps {self.warmup_steps} must be less than total_steps {self.total_steps}"
            )
        return self


class AuxiliaryConfig(Section):
    """Further targets, from KanjiVG: weights of their losses; 0 switches one off. Dropped at export."""

    strokes: float = Field(default=0.0, ge=0, description="of the number of strokes")
    components: float = Field(default=0.0, ge=0, description="of the components")


class TeacherConfig(Section):
    """Distillation from a trained model of the same charset and canvas."""

    weights: str | None = Field(default=None, description="a file, or a released name; null: no teacher")
    share: float = Field(default=0.5, gt=0, le=1, description="of the teacher in the loss")
    temperature: float = Field(default=2.0, gt=0)
    allow_custom: bool = Field(default=False, description="run the teacher's own model code")


class ObjectiveConfig(Section):
    """What a step makes small: a built-in objective, or one's own with its `arguments`."""

    name: str = Field(
        default="classification", description="a built-in objective, or package.module:callable"
    )
    label_smoothing: float = Field(default=0.05, ge=0, lt=1)
    balance: float = Field(
        default=0.0, ge=0, le=1, description="0: every sample counts alike; 1: every class"
    )
    margin: float = Field(default=0.0, ge=0, lt=1.6, description="radians; needs a cosine head")
    mixup: float = Field(default=0.0, ge=0, le=10, description="alpha; 0: no sample is mixed")
    auxiliary: AuxiliaryConfig = AuxiliaryConfig()
    teacher: TeacherConfig = TeacherConfig()
    arguments: dict[str, Any] = Field(default={}, description="of an objective of one's own")

    @model_validator(mode="after")
    def _parts_belong_to_it(self) -> ObjectiveConfig:
        if self.name == "classification":
            if self.arguments:
                raise ValueError("arguments are for objectives of your own; classification has keys instead")
            return self
        for key in ("label_smoothing", "balance", "margin", "mixup", "auxiliary", "teacher"):
            if getattr(self, key) != type(self).model_fields[key].default:
                raise ValueError(f"{key} is a part of classification; objective {self.name!r} does without")
        return self


class EmaConfig(Section):
    """The moving average of the weights; with warm-up its decay is min(decay, (1 + t) / (10 + t))."""

    decay: float = Field(default=0.9995, ge=0, lt=1, description="0 switches the average off")
    warmup: bool = True


class CheckpointConfig(Section):
    """How often the whole state is written, and how many are kept."""

    every_steps: int = Field(default=500, ge=1)
    keep: int = Field(default=2, ge=1)


class LoaderConfig(Section):
    """Processes that make samples; 0 makes them in the training process."""

    workers: int = Field(default=1, ge=0, le=256)
    prefetch: int = Field(default=4, ge=1, description="batches waiting for each worker")


class TrackingConfig(Section):
    """Where a run can be watched, beside its log.jsonl."""

    tensorboard: bool = True
    wandb: Literal["off", "offline", "online"] = Field(
        default="off", description="Weights & Biases; offline needs no account"
    )
    project: str = Field(default="yomite", min_length=1, description="of Weights & Biases")
    pictures_every_steps: int = Field(
        default=1_000, ge=1, description="samples, confusions, attention maps; also after the last step"
    )

    @field_validator("wandb", mode="before")
    @classmethod
    def _off_is_no_boolean(cls, value: object) -> object:
        return "off" if value is False else value  # YAML reads off as false

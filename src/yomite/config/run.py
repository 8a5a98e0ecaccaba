"""A run: YAML and overrides -> a checked RunConfig; one line for each fault."""

from __future__ import annotations

import subprocess
import types
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, Field, ValidationError

from yomite.config.schema import (
    CheckpointConfig,
    DataConfig,
    EmaConfig,
    LoaderConfig,
    ModelConfig,
    ObjectiveConfig,
    OptimizerConfig,
    ScheduleConfig,
    Section,
    TrackingConfig,
    ValidationConfig,
)
from yomite.errors import ConfigError, suggest

_MAX_DEPTH, _MAX_VALUES, _MAX_NUMBER = 30, 100_000, 2**53
_MAX_BRACKETS = 1_000  # PyYAML takes seconds for a few thousand that are never closed


class RunConfig(Section):
    """One training run, whole."""

    name: str = Field(default="run", min_length=1)
    seed: int = Field(default=0, ge=0, lt=2**31)
    charset: str = "full"
    init_from: str | None = Field(
        default=None, description="weights to fine-tune from: a file, or a released name"
    )
    model: ModelConfig = ModelConfig()
    data: DataConfig = DataConfig()
    validation: ValidationConfig = ValidationConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    objective: ObjectiveConfig = ObjectiveConfig()
    batch_size: int = Field(
        default=256,
        ge=1,
        le=2**20,
        description="samples of one optimizer step, over all processes and micro-batches",
    )
    accumulate: int = Field(default=1, ge=1, description="micro-batches of each process in one step")
    precision: Literal["fp32", "bf16", "fp16"] = "bf16"
    sync_batchnorm: bool = Field(
        default=False, description="batch norms see the samples of all processes (GPUs only)"
    )
    anomaly: bool = Field(
        default=False, description="find the operation that gives NaN in the backward pass; slow"
    )
    gradient_clip: float | None = Field(
        default=1.0, gt=0, description="largest norm of the gradient; null: no limit"
    )
    ema: EmaConfig = EmaConfig()
    checkpoint: CheckpointConfig = CheckpointConfig()
    loader: LoaderConfig = LoaderConfig()
    tracking: TrackingConfig = TrackingConfig()
    out: str | None = Field(default=None, description="the run's folder; null: runs/<name>")

    @property
    def folder(self) -> Path:
        """Where the run writes."""
        return Path(self.out) if self.out else Path("runs") / self.name


def load_config(path: str | Path, overrides: Sequence[str] = ()) -> RunConfig:
    """Read a YAML file, applies `section.key=value` overrides in order, and check the whole.

    Raises:
        ConfigError: One line a fault, if the file is not readable or a key or value is not allowed.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:  # ValueError: not UTF-8, or a path that holds a zero byte
        is_text = isinstance(error, UnicodeDecodeError)
        reason = getattr(error, "strerror", None) or ("not UTF-8 text" if is_text else "no path of a file")
        raise ConfigError(
            f"config {path}: {reason}; give a YAML file such as configs/released.yaml"
        ) from error
    values = _read_yaml(text, f"config {path}")
    values = {} if values is None else values
    if not isinstance(values, dict):
        raise ConfigError(
            f"config {path} holds a {type(values).__name__}; it must hold sections of `key: value`"
        )
    for override in overrides:
        _apply_override(values, override)
    return parse_config(values)


def _read_yaml(text: str, where: str) -> Any:
    """Read YAML that is no larger, deeper or further than a run needs, as what anchors repeat may be."""
    if text.count("[") + text.count("{") > _MAX_BRACKETS:
        raise ConfigError(f"{where} has more than {_MAX_BRACKETS:,} brackets; write sections of `key: value`")
    try:
        values = yaml.safe_load(text)
    except RecursionError:
        raise ConfigError(f"{where} is nested too deep; write sections of `key: value`") from None
    except (
        yaml.YAMLError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:  # of its converters, too
        raise ConfigError(f"{where} is not YAML: {' '.join(str(error).split())}") from error
    waiting, num_values = [(values, 0)], 0
    while waiting:
        value, depth = waiting.pop()
        num_values += 1
        if depth > _MAX_DEPTH or num_values > _MAX_VALUES:
            raise ConfigError(
                f"{where} is too large; at most {_MAX_DEPTH} levels and {_MAX_VALUES:,} values are read"
            )
        if isinstance(value, int) and abs(value) > _MAX_NUMBER:
            raise ConfigError(
                f"{where}: a number of {value.bit_length()} bits is too large; whole numbers go up to 2**53"
            )
        inner = [*value, *value.values()] if isinstance(value, dict) else value
        if isinstance(inner, (list, set, tuple)):
            waiting += [(item, depth + 1) for item in inner]
    return values


def parse_config(values: dict[str, Any]) -> RunConfig:
    """Check plain data, as it stands in a YAML file or a checkpoint, and freeze it.

    Raises:
        ConfigError: One line a fault.
    """
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(fault) for fault in error.errors())) from error


def changed_keys(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Yield a line such as `schedule.total_steps: 100 -> 200` for each value that differs."""
    old, new = _flatten(before), _flatten(after)
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield f"{key}: {old.get(key)} -> {new.get(key)}"


def _flatten(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def _apply_override(values: dict[str, Any], override: str) -> None:
    path, equals, text = override.partition("=")
    keys = path.split(".")
    if not equals or not all(keys):
        raise ConfigError(f"override {override!r}; write section.key=value, as optimizer.learning_rate=1e-3")
    shown = override if len(override) <= 80 else f"{override[:77]}..."
    value = _read_yaml(text, f"override {shown!r}")
    for depth, key in enumerate(keys[:-1]):
        section = values.get(key)
        if section is None:
            section = {}
        if not isinstance(section, dict):
            raise ConfigError(
                f"override {override!r}: {'.'.join(keys[: depth + 1])} is a value, not a section"
            )
        values[key] = dict(section)
        values = values[key]
    values[keys[-1]] = value


def _explain(fault: Any) -> str:
    """One line for one pydantic error: where, what came, what is allowed."""
    loc = [str(part) for part in fault["loc"]]
    where = ".".join(loc)
    if fault["type"] == "extra_forbidden":
        known = list(_section_at(loc[:-1]).model_fields)
        hint = suggest(loc[-1], known).rstrip() or f"the keys here are: {', '.join(known)}"
        return f"{where}: unknown key; {hint}"
    reason = fault["msg"].removeprefix("Value error, ").replace("Input should be", "it must be")
    if fault["type"] == "value_error":
        return f"{where}: {reason}" if where else reason
    return f"{where}: {fault['input']!r} came; {reason}"


def _section_at(loc: list[str]) -> type[BaseModel]:
    section: type[BaseModel] = RunConfig
    for key in loc:
        annotation = section.model_fields[key].annotation
        options = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
        section = next(
            option for option in options if isinstance(option, type) and issubclass(option, BaseModel)
        )
    return section


def read_commit() -> str:
    """Return the commit of this code, "-dirty" added if files differ from it; "" outside a git checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--abbrev=40", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""

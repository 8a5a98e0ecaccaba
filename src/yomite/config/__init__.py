"""What a run is: one YAML file, checked before any work is done.

`load_config("configs/released.yaml", ["optimizer.learning_rate=1e-3"])` gives a frozen RunConfig. Unknown
keys are refused with the nearest known one, values out of range with what is allowed.
"""

from yomite.config.run import RunConfig, changed_keys, load_config, parse_config, read_commit
from yomite.config.schema import (
    AuxiliaryConfig,
    CheckpointConfig,
    DataConfig,
    EmaConfig,
    LoaderConfig,
    ModelConfig,
    ObjectiveConfig,
    OptimizerConfig,
    ScheduleConfig,
    TeacherConfig,
    TrackingConfig,
    ValidationConfig,
)
from yomite.config.sources import (
    CellsConfig,
    FolderConfig,
    FontsConfig,
    GeneratedConfig,
    HandsConfig,
    InkConfig,
)

__all__ = [
    "AuxiliaryConfig",
    "CellsConfig",
    "CheckpointConfig",
    "DataConfig",
    "EmaConfig",
    "FolderConfig",
    "FontsConfig",
    "GeneratedConfig",
    "HandsConfig",
    "InkConfig",
    "LoaderConfig",
    "ModelConfig",
    "ObjectiveConfig",
    "OptimizerConfig",
    "RunConfig",
    "ScheduleConfig",
    "TeacherConfig",
    "TrackingConfig",
    "ValidationConfig",
    "changed_keys",
    "load_config",
    "parse_config",
    "read_commit",
]

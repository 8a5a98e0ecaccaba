"""Every error that a user can cause, one clear line each.

YomiteError
├── PictureError      a picture or strokes that cannot be read
├── ModelFileError    a released model or checkpoint that is damaged, unknown or does not fit
├── CharsetError      an unknown character set or character
├── ConfigError       a value or key of a run's configuration
├── DataError         a data set that is missing or malformed
├── TrainingError     a run that cannot go on
└── MissingExtraError a part of yomite whose packages are not installed

A message says what came, what is allowed and what to type instead.
"""


class YomiteError(Exception):
    """Base of every error that yomite raises on purpose."""


class PictureError(YomiteError):
    """The picture or the strokes cannot be read as one character."""


class ModelFileError(YomiteError):
    """The model file or checkpoint is missing, damaged, or of another version or charset."""


class CharsetError(YomiteError):
    """The character set or the character is unknown."""


class ConfigError(YomiteError):
    """The configuration of a run is not valid."""


class DataError(YomiteError):
    """A data set is missing or malformed."""


class TrainingError(YomiteError):
    """The run cannot go on: its loss is not finite."""


class MissingExtraError(YomiteError):
    """A verb needs packages that are not installed."""

    def __init__(self, verb: str, extra: str) -> None:
        super().__init__(f'`yomite {verb}` needs more packages; type: pip install "yomite[{extra}]"')

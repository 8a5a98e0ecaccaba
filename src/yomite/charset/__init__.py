"""Which characters there are, in which order; what is known of them: script, level, look-alikes.

`charset` is the mechanism, `language` the form of a language's record, `japanese` the record that is used
wherever no other is given, `prior` how often each character is written. All but `prior` use nothing but the
standard library and load in a few milliseconds, for every reader needs them.
"""

from yomite.charset.charset import Charset, build_charset
from yomite.charset.japanese import (
    DIGITS,
    ITERATION_AND_ZERO,
    JAPANESE,
    JOYO_OUTSIDE_JIS,
    LATIN,
    LINE_SIGNS,
    PUNCTUATION,
    read_joyo_grades,
)
from yomite.charset.language import Language

__all__ = [
    "DIGITS",
    "ITERATION_AND_ZERO",
    "JAPANESE",
    "JOYO_OUTSIDE_JIS",
    "LATIN",
    "LINE_SIGNS",
    "LOOKALIKE_GROUPS",
    "PUNCTUATION",
    "Charset",
    "Language",
    "are_lookalikes",
    "build_charset",
    "level_of",
    "lookalikes_of",
    "number_lookalikes",
    "read_joyo_grades",
    "script_of",
    "select_lookalikes",
]

LOOKALIKE_GROUPS = JAPANESE.lookalike_groups
"""The benchmark's look-alikes; groups that share a member are one. Changes only with a benchmark version."""

script_of = JAPANESE.script_of
level_of = JAPANESE.level_of
lookalikes_of = JAPANESE.lookalikes_of
are_lookalikes = JAPANESE.are_lookalikes
select_lookalikes = JAPANESE.select_lookalikes
number_lookalikes = JAPANESE.number_lookalikes

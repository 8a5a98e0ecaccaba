"""How often a character is written: the table that a model file carries, and the command that makes it.

    python -m yomite.prior --data-root DIR --charset full --out prior.json

The counts come from sentences of Aozora Bunko, works whose copyright has ended. They say well how often の
or 人 is written, and badly how often anybody draws ー, 7, K or 錮 today. So the table is made in two steps.

1. Each script gets a share set by hand (SHARES). Counts of a modern newspaper (Asahi 1993; Chikamatsu et
   al. 2000, Behavior Research Methods 32:482-500) gave about 41 % kanji, 37 % hiragana, 6 % katakana, 13 %
   punctuation, 2 % digits and 0.5 % Latin. Here single characters are drawn, by people who write and by
   people who look a character up: nobody looks up a full stop, so punctuation shrinks to 2 % and the rest
   grows in proportion; katakana and Latin then get more, for loanwords and initials have spread since.
   The texts themselves have 66 % hiragana, 31 % kanji, 2.6 % katakana and 0.2 % of digits and Latin
   (without punctuation): taken as they are, a drawn 7 would be less likely than 乙.
2. Inside a script the share is part text, part even (EVEN_PARTS): linear interpolation with a uniform
   distribution (Jelinek and Mercer 1980; Chen and Goodman 1999), which is the smoothing and
   the floor for unseen characters at once. The even part is set by hand, not estimated from held-out
   sentences, for it stands for what no old text can show: dictionary use, where the common character is
   the one that nobody needs to look up; learners, who write every kana alike; and the words of today.
   (Absolute discounting and Good-Turing answer how often the *next old book* shows a new kanji: here once
   in 2,500.) For kanji half of the even part goes to the Joyo kanji alone, the ones in general use today.

3. A small kana gets at most a fixed part of its large twin (SMALL_KANA_PART). In running text っ is 4.3
   times as frequent as つ; but a reader of single characters sees neither the line nor the size, and who
   draws one kana alone mostly means the large one: small ones do not stand alone, and tables, drills and
   searches begin with the large.

Other look-alikes (力 and カ, ー and 一) keep what steps 1 and 2 say of them.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import sys
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from yomite.charset import Charset, build_charset, read_joyo_grades, script_of
from yomite.errors import ConfigError, DataError, YomiteError

SHARES = {
    "hiragana": 0.42,
    "kanji": 0.40,
    "katakana": 0.10,
    "digit": 0.03,
    "latin": 0.03,
    "punctuation": 0.02,
}
"""Part of all characters drawn, by script; scaled up to 1 when a character set lacks a script."""

EVEN_PARTS = {
    "hiragana": 0.80,
    "kanji": 0.80,
    "katakana": 0.80,
    "digit": 0.5,
    "latin": 0.5,
    "punctuation": 0.5,
}
"""Part of a script's share that is spread evenly, the more the less the texts say about single characters.

Who draws a single kanji mostly looks it up, and looks up the rare as gladly as the common: 80 %, chosen on
the dev sets, where it reads common characters as well as 10 % does and rare kanji better at every weight
(docs/experiments.md, 5). Who draws a single kana mostly learns them, all alike; the texts have る 1,077 times
as often as ゐ. 80 % as well, chosen on the dev sets (docs/experiments.md, 14).
"""

LEARNING_EVEN_PARTS = EVEN_PARTS | {"hiragana": 0.02, "kanji": 0.10, "katakana": 0.10}
"""For training, which draws classes by a power of this table: in it the texts count for more."""

JOYO_PART = 0.5
"""Part of the even part of kanji that only Joyo kanji get."""

SMALL_KANA_PART = 0.05
"""The most that a small kana gets of what its large twin gets: 1 to 20, set by hand."""

_SMALL = "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
_LARGE = "あいうえおつやゆよわアイウエオツヤユヨワカケ"

SENTENCES = Path("text") / "sentences.txt.gz"

# One shape, several code points in the texts: full-width forms of digits and letters, half-width marks.
# Not NFKC, which would also merge characters that are drawn differently.
_FOLD = {0xFEE0 + code_point: code_point for code_point in range(0x30, 0x7B) if chr(code_point).isalnum()}
_FOLD |= str.maketrans("!?:;()～", "！？：；（）〜")


def count_characters(path: str | os.PathLike[str]) -> Counter[str]:
    """Count the characters of a gzipped UTF-8 text, line by line, so that any length fits in memory.

    Full-width digits and Latin letters count as ASCII, half-width !?:;() as full-width.

    Raises:
        DataError: The file is missing, damaged, or not gzipped UTF-8.
    """
    counts: Counter[str] = Counter()
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                counts.update(line.rstrip("\r\n").translate(_FOLD))
    except (gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(
            f"{os.fspath(path)}: not a whole gzipped UTF-8 text ({error}); fetch it again"
        ) from None
    except OSError as error:
        raise DataError(f"{os.fspath(path)}: {error.strerror}; it should be a gzipped UTF-8 text") from None
    return counts


def build_log_prior(
    counts: Mapping[str, int], charset: Charset, even_parts: Mapping[str, float] = EVEN_PARTS
) -> np.ndarray:
    """Build the table: the log-probability that a drawn character is this one, before it is seen.

    Args:
        counts: How often each character stands in a text; characters outside the set are ignored.
        charset: The order of the table.
        even_parts: Part of each script's share that is spread evenly, 0..1.

    Returns:
        float32 (C,), natural logarithm, finite; the exponentials sum to 1.
    """
    scripts = np.array([script_of(character) for character in charset])
    text = np.array([counts.get(character, 0) for character in charset], dtype=np.float64)
    joyo = read_joyo_grades()
    is_joyo = np.array([character in joyo for character in charset])

    prior = np.zeros(len(charset))
    for script, share in SHARES.items():
        members = scripts == script
        if not members.any():
            continue
        even = members / members.sum()
        if script == "kanji" and is_joyo.any():
            even = JOYO_PART * is_joyo / is_joyo.sum() + (1 - JOYO_PART) * even
        written = text * members
        if written.sum() > 0:
            even_part = even_parts[script]
            prior += share * ((1 - even_part) * written / written.sum() + even_part * even)
        else:
            prior += share * even
    for small, large in zip(_SMALL, _LARGE, strict=True):
        if small in charset and large in charset:
            most = SMALL_KANA_PART * prior[charset.label(large)]
            prior[charset.label(small)] = min(prior[charset.label(small)], most)
    # What small kana lose goes to the rest of their script, so that its share stays as stated.
    for script, share in SHARES.items():
        members = scripts == script
        if members.any():
            prior[members] *= share / prior[members].sum()
    return np.log(prior / prior.sum()).astype(np.float32)


def sampling_weights(log_prior: np.ndarray, power: float) -> np.ndarray:
    """Return how often to draw each class in training: the prior to a power.

    Args:
        log_prior: float (C,), natural logarithm.
        power: 0 draws all classes alike, 1 as often as they are written.

    Returns:
        float64 (C,), positive, sums to 1.

    Raises:
        ConfigError: The power is negative, infinite or not a number.
    """
    if not (np.isfinite(power) and power >= 0):
        raise ConfigError(
            f"power {power} of the prior; it must be a number from 0 (all alike) upward, say 0.33"
        )
    log_prior = np.asarray(log_prior, dtype=np.float64)
    weights = np.exp(power * (log_prior - log_prior.max()))  # the largest is 1: no overflow at any power
    return weights / weights.sum()


def main(arguments: Sequence[str] | None = None) -> int:
    """Count the texts, print the most frequent characters of each script, and write the table as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m yomite.prior", description="Make the table of the prior."
    )
    parser.add_argument(
        "--data-root", type=Path, default=os.environ.get("YOMITE_DATA"), help="or YOMITE_DATA"
    )
    parser.add_argument("--charset", default="full", help="a name or a text file (default: full)")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    options = parser.parse_args(arguments)
    try:
        if options.data_root is None:
            raise DataError("no data folder; give --data-root DIR or set YOMITE_DATA")
        path = Path(options.data_root) / SENTENCES
        charset = build_charset(options.charset)
        counts = count_characters(path)
        log_prior = build_log_prior(counts, charset)
        _print_head(log_prior, charset)
        table = {
            "characters": list(charset.characters),
            "log_prior": [round(float(value), 4) for value in log_prior],
            "shares": SHARES,
            "even_parts": EVEN_PARTS,
            "joyo_part": JOYO_PART,
            "small_kana_part": SMALL_KANA_PART,
            "source": {
                "path": SENTENCES.as_posix(),
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "num_characters": sum(counts.get(character, 0) for character in charset),
            },
        }
        try:
            options.out.write_text(json.dumps(table, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise DataError(
                f"{options.out}: {error.strerror}; give --out FILE in a folder that exists"
            ) from None
    except YomiteError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _print_head(log_prior: np.ndarray, charset: Charset) -> None:
    order = np.argsort(-log_prior, kind="stable")
    for script in SHARES:
        labels = [int(label) for label in order if script_of(charset.character(int(label))) == script]
        if labels:
            share = 100 * np.exp(log_prior[labels].astype(np.float64)).sum()
            head = " ".join(f"{charset.character(k)} {100 * np.exp(log_prior[k]):.3g}" for k in labels[:8])
            floor = f"{charset.character(labels[-1])} {100 * np.exp(log_prior[labels[-1]]):.2g}"
            print(f"{script:<12}{share:5.1f} %   {head} ... {floor}")


if __name__ == "__main__":
    sys.exit(main())

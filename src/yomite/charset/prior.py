"""How often a character is written: the table that a model file carries, and the command that makes it.

    python -m yomite.charset.prior --data-root DIR --charset full --out prior.json

The counts come from sentences of Aozora Bunko, works whose copyright has ended. They say well how often の
or 人 is written, and badly how often anybody draws ー, 7, K or 錮 today. So the table is made in three steps,
each with numbers that stand in the language's record:

1. Each script gets a share that is set by hand.
2. Within a script, part of the share follows the text and part is spread evenly: linear interpolation with a
   uniform distribution (Jelinek and Mercer 1980; Chen and Goodman 1999), which smooths and gives unseen
   characters a floor at once. The even part is set by hand rather than estimated from held-out sentences,
   for it stands for what no old text can show: people who look a character up, and never need to look up a
   common one; learners, who write every kana alike; and the words of today. (Absolute discounting and
   Good-Turing estimate how often the *next old book* shows a new kanji: here once in 2,500.) A set of
   favorites, such as the Joyo kanji in general use, may get part of the even part to itself.
3. The rarer of two twins gets at most a fixed part of what the other gets. In running text っ is 4.3 times as
   frequent as つ, but whoever reads single characters sees neither the line nor the size, and whoever draws
   one kana alone mostly means the large one: small ones do not stand alone, and tables, drills and searches
   begin with the large.

Other look-alikes (力 and カ, ー and 一) keep what steps 1 and 2 give them.
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

from yomite.charset.charset import Charset, build_charset
from yomite.charset.japanese import JAPANESE
from yomite.charset.language import Language
from yomite.errors import ConfigError, DataError, YomiteError
from yomite.files import write_whole

SENTENCES = Path("text") / "sentences.txt.gz"


def count_characters(path: str | os.PathLike[str], language: Language = JAPANESE) -> Counter[str]:
    """Count the characters of a gzipped UTF-8 text, line by line, so that any length fits in memory.

    Code points that the language folds count as one: full-width digits and Latin letters as ASCII.

    Raises:
        DataError: The file is missing, damaged, or not gzipped UTF-8.
    """
    counts: Counter[str] = Counter()
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                counts.update(line.rstrip("\r\n").translate(language.folds))
    except (gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(
            f"{os.fspath(path)}: not a whole gzipped UTF-8 text ({error}); fetch it again"
        ) from None
    except OSError as error:
        raise DataError(f"{os.fspath(path)}: {error.strerror}; it should be a gzipped UTF-8 text") from None
    return counts


def build_log_prior(
    counts: Mapping[str, int],
    charset: Charset,
    even_parts: Mapping[str, float] | None = None,
    language: Language = JAPANESE,
) -> np.ndarray:
    """Build the table: the log-probability that a drawn character is this one, before it is seen.

    Args:
        counts: How often each character stands in a text; characters outside the set are ignored.
        charset: The order of the table.
        even_parts: Part of each script's share that is spread evenly, 0..1; None for the language's own.
        language: The record of scripts and shares.

    Returns:
        Float32 (C,), natural logarithm, finite; the exponentials sum to 1.
    """
    even_parts = language.even_parts if even_parts is None else even_parts
    scripts = np.array([language.script_of(character) for character in charset])
    text = np.array([counts.get(character, 0) for character in charset], dtype=np.float64)

    prior = np.zeros(len(charset))
    for script, share in language.shares.items():
        members = scripts == script
        if not members.any():
            continue
        even = members / members.sum()
        if script in language.favorites:
            name, part = language.favorites[script]
            favorites = set(language.sets[name]())
            is_favorite = np.array([character in favorites for character in charset])
            if is_favorite.any():
                even = part * is_favorite / is_favorite.sum() + (1 - part) * even
        written = text * members
        if written.sum() > 0:
            even_part = even_parts[script]
            prior += share * ((1 - even_part) * written / written.sum() + even_part * even)
        else:
            prior += share * even
    for rares, commons, part in language.twins.values():
        for rare, common in zip(rares, commons, strict=True):
            if rare in charset and common in charset:
                most = part * prior[charset.label(common)]
                prior[charset.label(rare)] = min(prior[charset.label(rare)], most)
    # What rare twins lose goes to the rest of their script, so that its share stays as stated.
    for script, share in language.shares.items():
        members = scripts == script
        if members.any():
            prior[members] *= share / prior[members].sum()
    return np.log(prior / prior.sum()).astype(np.float32)


def sampling_weights(log_prior: np.ndarray, power: float) -> np.ndarray:
    """Return how often to draw each class in training: the prior to a power.

    Args:
        log_prior: Float (C,), natural logarithm.
        power: 0 draws all classes alike, 1 as often as they are written.

    Returns:
        Float64 (C,), positive, sums to 1.

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


def weigh_classes(texts: Path, charset: Charset, power: float, language: Language = JAPANESE) -> np.ndarray:
    """Return how often training draws each class: as texts have it, evened out as for learning, to a power.

    Args:
        texts: As for `count_characters`.
        charset: C classes.
        power: As for `sampling_weights`, whose result this is.
        language: Of the texts.

    Raises:
        DataError: As `count_characters`.
    """
    counts = count_characters(texts, language)
    log_prior = build_log_prior(counts, charset, language.learning_even_parts, language)
    return sampling_weights(log_prior, power)


def main(arguments: Sequence[str] | None = None) -> int:
    """Count the texts, print the most frequent characters of each script, and write the table as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m yomite.charset.prior", description="Make the table of the prior."
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
            "shares": JAPANESE.shares,
            "even_parts": JAPANESE.even_parts,
            **{f"{name}_part": part for name, part in JAPANESE.favorites.values()},
            **{f"{name}_part": part for name, (_, _, part) in JAPANESE.twins.items()},
            "source": {
                "path": SENTENCES.as_posix(),
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "num_characters": sum(counts.get(character, 0) for character in charset),
            },
        }
        try:
            write_whole(options.out, f"{json.dumps(table, ensure_ascii=False)}\n".encode())
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
    for script in JAPANESE.shares:
        labels = [k for k in order.tolist() if JAPANESE.script_of(charset.character(k)) == script]
        if labels:
            share = 100 * np.exp(log_prior[labels].astype(np.float64)).sum()
            head = " ".join(f"{charset.character(k)} {100 * np.exp(log_prior[k]):.3g}" for k in labels[:8])
            floor = f"{charset.character(labels[-1])} {100 * np.exp(log_prior[labels[-1]]):.2g}"
            print(f"{script:<12}{share:5.1f} %   {head} ... {floor}")


if __name__ == "__main__":
    sys.exit(main())

"""A split as a file: which sample belongs to which part, so that it can be cited and opened again.

A text file of JSON, one value a line: the first says what was split and how, each further one is
[part, name of the sample]. `open_source("my.split:train")` reads the samples of a part.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from yomite.data.cache import CachedSamples
from yomite.data.duplicates import find_equal, find_near
from yomite.data.splits import assign_folds
from yomite.errors import DataError
from yomite.files import write_whole

SPLIT_SUFFIX = ".split"

_FORMAT = "yomite split 1"
_FINE = 20  # folds that shares are made of, where they are not tenths or the like


@dataclass(frozen=True)
class Split:
    """Samples in parts.

    Attributes:
        facts: What was split and how: source, seed, shares, what was kept together, counts.
        part_by_name: The part of each sample.
    """

    facts: dict[str, Any]
    part_by_name: dict[str, str]


@dataclass(frozen=True)
class Leak:
    """Two samples in two parts that are most probably one picture; both by (part, name, character)."""

    first: tuple[str, str, str]
    second: tuple[str, str, str]
    correlation: float


def split_samples(
    samples: CachedSamples, shares: dict[str, float], seed: int, *, ignores_writers: bool = False
) -> Split:
    """Deal samples out to parts: every character in proportion, a writer and equal pictures in one part.

    Args:
        samples: In the form "canvas".
        shares: Of each part; any scale.
        seed: Of the order.
        ignores_writers: Let parts share writers.

    Raises:
        DataError: There are fewer writers or samples than parts.
    """
    total = sum(shares.values())
    if not shares or total <= 0 or min(shares.values()) <= 0:
        raise DataError(f"shares {shares}: every part needs a share above 0, as 80,10,10")
    fractions = [share / total for share in shares.values()]
    has_writers = any(samples.writers) and not ignores_writers
    groups = _group_samples(samples, has_writers)
    num_folds = min(_count_folds(fractions), len(set(groups)))
    if num_folds < len(shares):
        what = "writers; --ignore-writers lets parts share them" if has_writers else "pictures of their own"
        raise DataError(f"{samples.name}: {len(shares)} parts, but {len(set(groups))} {what}")
    folds = assign_folds(samples.characters, groups, num_folds, seed) if num_folds > 1 else [0] * len(samples)
    part_by_fold = np.repeat(list(shares), _apportion(fractions, num_folds))
    names = [sample.name for sample in samples]
    if len(set(names)) < len(names):
        raise DataError(f"{samples.name} has two samples of one name; a split cannot tell them apart")
    part_by_name = {name: str(part_by_fold[fold]) for name, fold in zip(names, folds, strict=True)}
    facts = {
        "format": _FORMAT,
        "source": samples.name,
        "seed": seed,
        "shares": {part: round(fraction, 6) for part, fraction in zip(shares, fractions, strict=True)},
        "kept together": "writers and equal pictures" if has_writers else "equal pictures",
        "samples": {part: list(part_by_name.values()).count(part) for part in shares},
        "names and characters": hash_samples(zip(names, samples.characters, strict=True)),
    }
    return Split(facts, part_by_name)


def find_leaks(samples: CachedSamples, split: Split) -> list[Leak]:
    """Pairs of samples that are most probably one picture but lie in two parts, the most alike first."""
    leaks = []
    for first, second, correlation in find_near(samples.images):
        ends = []
        for index in (first, second):
            sample = samples[index]
            ends.append((split.part_by_name[sample.name], sample.name, sample.character))
        if ends[0][0] != ends[1][0]:
            leaks.append(Leak(ends[0], ends[1], correlation))
    return leaks


def write_split(path: Path, split: Split) -> str:
    """Write a split; returns its hash, to cite it by."""
    lines = [split.facts, *([part, name] for name, part in split.part_by_name.items())]
    content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode(
        errors="surrogatepass"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    return hashlib.sha256(content).hexdigest()


def read_split(path: Path) -> Split:
    """Read a split.

    Raises:
        DataError: It is not one, or it is damaged.
    """
    try:
        lines = path.read_bytes().decode(errors="surrogatepass").splitlines()
        facts = json.loads(lines[0]) if lines else {}
    except (ValueError, OSError, RecursionError) as error:
        raise DataError(
            f"{path} cannot be read as a split ({error}); make one: yomite data split NAME"
        ) from None
    if not isinstance(facts, dict) or facts.get("format") != _FORMAT or not facts.get("source"):
        raise DataError(f"{path} does not begin as a split ({_FORMAT!r}); make one: yomite data split NAME")
    part_by_name: dict[str, str] = {}
    for number, line in enumerate(lines[1:], start=2):
        try:
            part, name = json.loads(line)
            part_by_name[str(name)] = str(part)
        except (ValueError, TypeError, RecursionError):
            raise DataError(f"{path}, line {number}: {line[:40]!r} is not [part, name]") from None
    if len(part_by_name) != sum(facts.get("samples", {}).values()):
        raise DataError(
            f"{path} names {len(part_by_name)} samples, and says {facts.get('samples')}; it is cut off"
        )
    return Split(facts, part_by_name)


def hash_samples(samples: Any) -> str:
    """Hash names and characters in no order: the same for the same set, wherever it lies."""
    lines = sorted(f"{name}\t{character}\n" for name, character in samples)
    return hashlib.sha256("".join(lines).encode(errors="surrogatepass")).hexdigest()


def _group_samples(samples: CachedSamples, has_writers: bool) -> list[int]:
    """For each sample the number of what it stays with: all of its writer, and all that is equal to it."""
    parent = list(range(len(samples)))

    def find(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first_of: dict[str, int] = {}
    for index, writer in enumerate(samples.writers if has_writers else ()):
        if writer:
            parent[find(index)] = find(first_of.setdefault(writer, index))
    for group in find_equal(samples.images):
        for index in group[1:]:
            parent[find(index)] = find(group[0])
    return [find(index) for index in range(len(samples))]


def _count_folds(fractions: Sequence[float]) -> int:
    """Return the fewest folds, up to 20, that the shares are whole numbers of."""
    if len(fractions) == 1:
        return 1
    for folds in range(len(fractions), _FINE):
        if all(
            math.isclose(fraction * folds, round(fraction * folds), abs_tol=1e-6) for fraction in fractions
        ):
            return folds
    return _FINE


def _apportion(fractions: Sequence[float], num_folds: int) -> list[int]:
    """Folds for each share: one at least, the rest by the largest remainder."""
    counts = [max(1, int(fraction * num_folds + 1e-9)) for fraction in fractions]
    while sum(counts) > num_folds:
        counts[counts.index(max(counts))] -= 1
    while sum(counts) < num_folds:
        wanting = [fraction * num_folds - count for fraction, count in zip(fractions, counts, strict=True)]
        counts[wanting.index(max(wanting))] += 1
    return counts

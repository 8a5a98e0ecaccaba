"""What may be wrong with a data set: questions to what one walk over it found.

A finding is something to look at, not a verdict: a character may fill its picture, two writers may draw the
same stroke, and a reader that doubts a label may itself be wrong.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from yomite.charset import are_lookalikes
from yomite.data.duplicates import find_equal, find_near
from yomite.data.inspect import Inspection

FEW_SAMPLES = 5
"""A character with fewer has few."""

RIM_SHARE = 0.02
"""Ink along a side of the picture, as a share of that side, from which it looks cut off there."""

SUSPECT_CONFIDENCE = 0.8
SUSPECT_PROBABILITY = 0.02
"""A label is suspect when a reader is at least this sure of another character and gives the label less."""


@dataclass(frozen=True)
class Finding:
    """One sample, or two, to look at.

    Attributes:
        samples: Their places among the samples.
        note: What was found, in a few words.
        weight: The higher, the sooner to look at.
    """

    samples: tuple[int, ...]
    note: str
    weight: float


def find_problems(found: Inspection) -> dict[str, list[Finding]]:
    """Find what to look at, by kind; each kind sorted, the most striking first."""
    return {
        "clipped": [
            Finding((int(index),), f"ink along {found.rim[index]:.0%} of a side", float(found.rim[index]))
            for index in np.argsort(-found.rim, kind="stable")
            if found.rim[index] >= RIM_SHARE
        ],
        "polarity": _find_polarity(found),
        "equal": _find_equal(found),
        "nearly equal": _find_near(found),
        "suspect labels": _find_suspects(found),
    }


def find_rare(found: Inspection) -> dict[str, int]:
    """Characters with fewer than FEW_SAMPLES samples, the rarest first."""
    rare = {character: count for character, count in found.counts.items() if count < FEW_SAMPLES}
    return dict(sorted(rare.items(), key=lambda item: (item[1], item[0])))


def find_hard_pairs(found: Inspection, num_pairs: int = 24) -> list[tuple[str, str, float]]:
    """Return the pairs of characters that the reader tells apart worst.

    Returns:
        (a, b, mean probability that a sample of either is given to the other), hardest first. Samples that
        were not read do not count.
    """
    given: dict[tuple[str, str], float] = {}
    num_read: Counter[str] = Counter()
    for character, candidates in zip(found.characters, found.readings, strict=False):
        num_read[character] += bool(candidates)
        for text, probability in candidates:
            if text != character:
                pair = (character, text)
                given[pair] = given.get(pair, 0.0) + probability
    pairs: dict[tuple[str, str], float] = {}
    for first, second in given:
        one, other = sorted((first, second))
        if (one, other) not in pairs:
            both = given.get((one, other), 0.0) + given.get((other, one), 0.0)
            pairs[one, other] = both / (num_read[one] + num_read[other])
    # A pair of a single sample says little: one sample more that was read without doubt is added to each.
    weights = {
        pair: value * (num_read[pair[0]] + num_read[pair[1]]) / (num_read[pair[0]] + num_read[pair[1]] + 1)
        for pair, value in pairs.items()
    }
    hardest = sorted(weights, key=lambda pair: -weights[pair])[:num_pairs]
    return [(*pair, pairs[pair]) for pair in hardest]


def format_summary(found: Inspection, problems: dict[str, list[Finding]], num_shown: int = 8) -> str:
    """Format the whole as text: a line a question, then what to look at first."""
    counts = sorted(found.counts.values())
    writers = len(set(found.writers) - {""})
    scripts = ", ".join(f"{script} {count}" for script, count in found.scripts.most_common())
    lines = [
        f"{found.name}: {len(found)} samples of {len(counts)} characters ({scripts}), "
        + (f"{writers} writer{'s' * (writers > 1)}" if writers else "writers unknown"),
        f"unreadable: {found.num_faults}" + _list(found.faults, num_shown),
        f"blank: {len(found.blank)}" + _list(found.blank, num_shown),
    ]
    if not counts:
        return "\n".join(lines)
    for kind, findings in problems.items():
        if kind == "suspect labels" and not found.readings:
            lines.append("suspect labels: not asked")
            continue
        notes = [f"{', '.join(found.names[i] for i in f.samples)}: {f.note}" for f in findings]
        lines.append(f"{kind}: {len(findings)}" + _list(notes, num_shown))
    rare = find_rare(found)
    shown = " ".join(list(rare)[:40])
    lines.append(
        f"characters with fewer than {FEW_SAMPLES} samples: {len(rare)}{': ' if rare else ''}{shown}"
    )
    middle = counts[len(counts) // 2]
    lines.append(f"imbalance: {counts[0]} to {counts[-1]} samples a character, median {middle}")
    return "\n".join(lines)


def _list(notes: list[str], num_shown: int) -> str:
    more = [f"... and {len(notes) - num_shown} more"] if len(notes) > num_shown else []
    return "".join(f"\n    {note}" for note in [*notes[:num_shown], *more])


def _find_polarity(found: Inspection) -> list[Finding]:
    """Return the lesser part of a set in which some pictures are dark on light and some light on dark."""
    is_picture = found.sizes[:, 0] > 0
    num_light = int((found.is_light & is_picture).sum())
    is_odd = is_picture & (found.is_light if 2 * num_light <= is_picture.sum() else ~found.is_light)
    note = (
        "light ink on dark, unlike most"
        if 2 * num_light <= is_picture.sum()
        else "dark ink on light, unlike most"
    )
    return [Finding((int(index),), note, 0.0) for index in np.flatnonzero(is_odd)]


def _find_equal(found: Inspection) -> list[Finding]:
    findings = []
    for group in find_equal(found.images):
        characters = sorted({found.characters[index] for index in group})
        weight = float(len(characters) > 1)
        note = f"one picture as {' and '.join(characters)}" if weight else f"{len(group)} times one picture"
        findings.append(Finding(tuple(group), note, weight))
    return sorted(findings, key=lambda finding: -finding.weight)


def _find_near(found: Inspection) -> list[Finding]:
    findings = []
    for first, second, correlation in find_near(found.images):
        if np.array_equal(found.images[first], found.images[second]):
            continue
        characters = (found.characters[first], found.characters[second])
        is_same = characters[0] == characters[1]
        note = f"correlation {correlation:.3f}" + ("" if is_same else f", as {' and '.join(characters)}")
        if found.writers[first] != found.writers[second]:
            note += f", by {found.writers[first]} and {found.writers[second]}"
        findings.append(Finding((first, second), note, correlation + (0.0 if is_same else 1.0)))
    return sorted(findings, key=lambda finding: -finding.weight)


def _find_suspects(found: Inspection) -> list[Finding]:
    findings = []
    for index, (character, candidates) in enumerate(zip(found.characters, found.readings, strict=False)):
        if not candidates:
            continue
        text = candidates[0][0]
        of_label = sum(p for other, p in candidates if are_lookalikes(other, character))
        confidence = sum(p for other, p in candidates if are_lookalikes(other, text))
        if confidence >= SUSPECT_CONFIDENCE and of_label < SUSPECT_PROBABILITY:
            findings.append(
                Finding((index,), f"as {character}, read as {text} ({confidence:.0%})", confidence)
            )
    return sorted(findings, key=lambda finding: -finding.weight)

"""A data set as a page of HTML: counts, samples, findings, a map; and what the transforms make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from yomite.charset import are_lookalikes, script_of
from yomite.data.findings import FEW_SAMPLES, Finding, find_hard_pairs, find_rare, format_summary
from yomite.data.inspect import Inspection, to_thumbnail
from yomite.data.samples import Source
from yomite.data.transforms import TRANSFORMS
from yomite.reports.charts import draw_bars, draw_counts, draw_histogram, draw_map
from yomite.reports.html import (
    write_chart,
    write_figure,
    write_listing,
    write_page,
    write_picture,
    write_row,
    write_section,
    write_text,
)

MAP_SAMPLES = 1_500
_SHEET_COLUMNS = 12
_SHEET_ROWS = 14
_NUM_MEANS = 72
_SHOWN_FINDINGS = 36

Embed = Callable[[np.ndarray], np.ndarray]
"""Canvas images uint8 (N, S, S) to vectors (N, D): what a model sees in them."""

_KINDS = {
    "clipped": "Ink that runs into the rim",
    "polarity": "Ink of the wrong polarity",
    "equal": "The same picture more than once",
    "nearly equal": "Pictures that are nearly the same",
    "suspect labels": "Labels that the model doubts",
}


def write_data_set(
    found: Inspection, problems: dict[str, list[Finding]], embed: Embed | None, *, seed: int = 0
) -> str:
    """Write the page of a data set.

    Args:
        found: Its inspection.
        problems: Of it.
        embed: For the map; None leaves it out.
        seed: Of what is picked.
    """
    rng = np.random.default_rng(seed)
    writers = len(set(found.writers) - {""})
    note = (
        f"{len(found):,} samples of {len(found.counts):,} characters, "
        f"{f'writers: {writers}' if writers else 'writers unknown'}"
    )
    charts = draw_charts(found).values()
    parts = [
        write_section("Summary", [write_listing(format_summary(found, problems))], kind="plain"),
        write_section("Counts and sizes", map(write_chart, charts), kind="cards wide"),
        _write_extremes(found),
        _write_as_they_came(found),
        _write_contact_sheet(found, rng),
        _write_means(found),
        *(_write_findings(found, kind, findings) for kind, findings in problems.items()),
        _write_pairs(found),
        _write_map(found, embed, rng),
    ]
    return write_page(found.name, parts, [note])


def draw_charts(found: Inspection) -> dict[str, str]:
    """Draw the charts of a data set as SVG, by name; they show no sample."""
    charts = {
        "scripts": draw_bars("samples by script", dict(found.scripts.most_common())),
        "characters": draw_counts("samples of each character", list(found.counts.values())),
        "ink": draw_histogram("ink in its box", 100 * found.ink, "% of the box"),
    }
    sizes = found.sizes[found.sizes[:, 0] > 0]
    if len(sizes):
        charts["sizes"] = draw_histogram("longer side of the picture", sizes.max(axis=1), "px")
    return charts


def write_transforms(source: Source, *, num_samples: int = 8, seed: int = 0, strength: float = 1.0) -> str:
    """Write a contact sheet of every transform on some samples."""
    wanted = set(np.random.default_rng(seed).permutation(len(source))[:num_samples].tolist())
    pages = [_to_page(sample.picture) for index, sample in enumerate(source) if index in wanted]
    rows = [write_row("as it is", map(write_picture, pages))]
    for number, (name, transform) in enumerate(TRANSFORMS.items()):
        for again in range(2):
            drawn = [
                transform(page, np.random.default_rng((seed, number, column, again)), strength)
                for column, page in enumerate(pages)
            ]
            rows.append(write_row("" if again else name, map(write_picture, drawn)))
    note = f"Each transform twice, strength {strength:g}, seed {seed}."
    return write_page(f"Transforms on {source.name}", rows, [note])


def _write_extremes(found: Inspection) -> str:
    counts = set(found.counts.values())
    if len(counts) == 1:
        return write_text(f"Every character has {counts.pop()} samples.")
    rare = find_rare(found)
    text = write_text(f"Most samples: {_list_counts(found.counts.most_common(30))}")
    if rare:
        text += write_text(
            f"Fewer than {FEW_SAMPLES} ({len(rare)} characters): {_list_counts(list(rare.items())[:120])}"
        )
    return text


def _list_counts(counts: Iterable[tuple[str, int]]) -> str:
    return " · ".join(f"{character} {count}" for character, count in counts)


def _write_as_they_came(found: Inspection) -> str:
    figures = [write_figure([image], character, hint=name) for image, character, name in found.thumbnails]
    return write_section("As they came", figures, "Pictures before any preprocessing, picked at random.")


def _write_contact_sheet(found: Inspection, rng: np.random.Generator) -> str:
    """Format a row for each of some characters, evenly from the most to the least frequent."""
    ordered = [character for character, _ in found.counts.most_common()]
    rows = []
    for place in np.unique(np.linspace(0, len(ordered) - 1, _SHEET_ROWS).astype(int)):
        members = np.flatnonzero(np.array(found.characters) == ordered[place])
        chosen = rng.permutation(members)[:_SHEET_COLUMNS]
        pictures = (write_picture(255 - found.images[index], found.names[index]) for index in chosen)
        rows.append(write_row(ordered[place], pictures))
    note = "What a model sees: canvases, one row per character, from the most frequent to the rarest."
    return write_section("Contact sheet", rows, note, kind="plain")


def _write_means(found: Inspection) -> str:
    figures = [
        write_figure([_average(found, character)], character, f"{count} samples")
        for character, count in found.counts.most_common(_NUM_MEANS)
        if count >= FEW_SAMPLES
    ]
    note = f"The mean canvas of characters with {FEW_SAMPLES} samples or more: the sharper, the more alike."
    return write_section("Mean pictures", figures, note)


def _average(found: Inspection, character: str) -> np.ndarray:
    mean = found.images[np.array(found.characters) == character].mean(axis=0)
    return (255 - mean).astype(np.uint8)


def _write_findings(found: Inspection, kind: str, findings: Sequence[Finding]) -> str:
    figures = []
    for finding in findings[:_SHOWN_FINDINGS]:
        shown = finding.samples[:2]
        characters = "".join(dict.fromkeys(found.characters[index] for index in finding.samples))
        names = ", ".join(found.names[index] for index in shown)
        pictures = [255 - found.images[index] for index in shown]
        figures.append(write_figure(pictures, characters, finding.note, hint=names))
    note = (
        f"{len(findings)} found, the {len(figures)} most striking shown. Something to look at, not a verdict."
    )
    return write_section(_KINDS[kind], figures, note, kind="sheet wide")


def _write_pairs(found: Inspection) -> str:
    figures = []
    for first, second, probability in find_hard_pairs(found):
        means = [_average(found, character) for character in (first, second) if character in found.counts]
        alike = ", look-alikes" if are_lookalikes(first, second) else ""
        figures.append(write_figure(means, f"{first} {second}", f"{probability:.1%}{alike}"))
    note = "Hardest to tell apart: the mean probability that the model gives one for a sample of the other."
    return write_section("Hardest pairs", figures, note, kind="sheet wide")


def _write_map(found: Inspection, embed: Embed | None, rng: np.random.Generator) -> str:
    if embed is None or len(found) < 10:
        return ""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    chosen = np.sort(rng.permutation(len(found))[:MAP_SAMPLES])
    vectors = embed(found.images[chosen])
    vectors = PCA(min(50, len(chosen), vectors.shape[1]), random_state=0).fit_transform(vectors)
    perplexity = min(30.0, (len(chosen) - 1) / 3)
    places = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(vectors)
    title = f"t-SNE of what the model sees in {len(chosen)} samples"
    characters = [found.characters[index] for index in chosen]
    names = [found.names[index] for index in chosen]
    chart = draw_map(title, places, characters, list(map(script_of, characters)), names)
    note = "Neighbors look alike to the model; large distances mean nothing. Point at one to see its sample."
    return write_section("Map", [write_chart(chart)], note, kind="plain")


def _to_page(picture: Any) -> np.ndarray:
    """Return a thumbnail with dark ink on light paper, and some room around it."""
    page = np.pad(to_thumbnail(picture), 12, mode="edge")
    rim = np.concatenate([page[0], page[-1], page[:, 0], page[:, -1]])
    return 255 - page if np.median(rim) < 128 else page

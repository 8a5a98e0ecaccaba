"""A data set as one page: HTML with everything inside it, no script, nothing from elsewhere.

It shows samples, so it belongs into a folder that is not committed, such as reports/.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from yomite.charset import are_lookalikes, script_of
from yomite.data.charts import draw_bars, draw_curve, draw_histogram, draw_map
from yomite.data.findings import FEW_SAMPLES, Finding, find_hard_pairs, find_rare, format_summary
from yomite.data.inspect import Inspection, to_thumbnail
from yomite.data.samples import Source
from yomite.data.transforms import TRANSFORMS

MAP_SAMPLES = 1_500
_SHEET_COLUMNS = 12
_SHOWN_FINDINGS = 36

Embed = Callable[[np.ndarray], np.ndarray]
"""Canvas images uint8 (N, S, S) to vectors (N, D): what a model sees in them."""

_KINDS = {
    "clipped": "Ink that runs into the rim",
    "polarity": "Ink of the other polarity",
    "equal": "The same picture more than once",
    "nearly equal": "Pictures that are nearly the same",
    "suspect labels": "Labels that the model doubts",
}

_STYLE = """
body { font: 15px/1.5 system-ui, "Noto Sans JP", "Hiragino Sans", "Yu Gothic", sans-serif; color: #22272b;
  background: #fff; max-width: 1080px; margin: 2rem auto; padding: 0 1.5rem }
h1 { font-size: 1.6rem }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem }
p.note { color: #5b656e; margin: .2rem 0 .8rem }
pre { background: #f4f6f8; padding: .8rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere;
  font-size: 13px; border-radius: 4px }
.sheet { display: flex; flex-wrap: wrap; gap: 8px }
.sheet figure { margin: 0; width: 68px; text-align: center }
.sheet.wide figure { width: 112px }
figure img { border: 1px solid #e3e7ea; max-width: 100% }
figcaption { font-size: 11px; line-height: 1.25; color: #5b656e; overflow-wrap: anywhere }
figcaption b { font-size: 15px; color: #22272b; font-weight: 500 }
.row { display: flex; gap: 8px; align-items: center; margin-bottom: 6px }
.row > b { flex: none; width: 6rem; font-weight: 500; font-size: 17px }
.charts { display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start }
.charts svg { width: calc(50% - 10px) }
svg { max-width: 100%; height: auto; border: 1px solid #e3e7ea; border-radius: 4px }
"""


def write_page(
    found: Inspection, problems: dict[str, list[Finding]], embed: Embed | None, *, seed: int = 0
) -> str:
    """The page of a data set, as HTML text.

    Args:
        found: its inspection.
        problems: of it.
        embed: for the map; None leaves it out.
        seed: of what is picked.
    """
    rng = np.random.default_rng(seed)
    writers = len(set(found.writers) - {""})
    sections = [
        f"<h1>{escape(found.name)}</h1>",
        f"<p class='note'>{len(found):,} samples of {len(found.counts):,} characters, "
        f"{f'writers: {writers}' if writers else 'writers unknown'}</p>",
        f"<h2>Summary</h2><pre>{escape(format_summary(found, problems))}</pre>",
        "<h2>Counts and sizes</h2><div class='charts'>" + "".join(draw_charts(found).values()) + "</div>",
        _write_extremes(found),
        _write_as_they_came(found),
        _write_sheet(found, rng),
        _write_means(found),
        *(_write_findings(found, kind, findings) for kind, findings in problems.items() if findings),
        _write_pairs(found),
        _write_map(found, embed, rng),
    ]
    body = "\n".join(section for section in sections if section)
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        f"<title>{escape(found.name)}</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )


def draw_charts(found: Inspection) -> dict[str, str]:
    """The charts of a data set as SVG, by name; they show no sample."""
    charts = {
        "scripts": draw_bars("samples by script", dict(found.scripts.most_common())),
        "characters": draw_curve("samples of each character", list(found.counts.values())),
        "ink": draw_histogram("ink in its box", 100 * found.ink, "% of the box"),
    }
    sizes = found.sizes[found.sizes[:, 0] > 0]
    if len(sizes):
        charts["sizes"] = draw_histogram("longer side of the picture", sizes.max(axis=1), "px")
    return charts


def write_transforms(source: Source, *, num_samples: int = 8, seed: int = 0, strength: float = 1.0) -> str:
    """A contact sheet of every transform on some samples, as HTML text."""
    wanted = set(np.random.default_rng(seed).permutation(len(source))[:num_samples].tolist())
    pages = [_to_page(sample.picture) for index, sample in enumerate(source) if index in wanted]
    rows = [("as it is", pages)]
    for number, (name, transform) in enumerate(TRANSFORMS.items()):
        rows += [
            (name if not again else "", [
                transform(page, np.random.default_rng((seed, number, column, again)), strength)
                for column, page in enumerate(pages)
            ])
            for again in range(2)
        ]  # fmt: skip
    body = "".join(
        f"<div class='row'><b>{escape(name)}</b>{''.join(_image(page) for page in drawn)}</div>"
        for name, drawn in rows
    )
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>transforms</title>"
        f"<style>{_STYLE}</style></head><body><h1>Transforms on {escape(source.name)}</h1>"
        f"<p class='note'>Each transform twice, strength {strength:g}, seed {seed}.</p>{body}</body></html>"
    )


def _write_extremes(found: Inspection) -> str:
    counts = set(found.counts.values())
    if len(counts) == 1:
        return f"<p>Every character has {counts.pop()} samples.</p>"
    most = " · ".join(f"{escape(c)} {n}" for c, n in found.counts.most_common(30))
    rare = find_rare(found)
    least = " · ".join(f"{escape(c)} {n}" for c, n in list(rare.items())[:120])
    text = f"<p><b>Most samples:</b> {most}</p>"
    if rare:
        text += f"<p><b>Fewer than {FEW_SAMPLES}</b> ({len(rare)} characters): {least}</p>"
    return text


def _write_as_they_came(found: Inspection) -> str:
    figures = [_figure(image, character, name, caption=False) for image, character, name in found.thumbnails]
    return _section("As they came", "Pictures before any preprocessing, picked at random.", figures)


def _write_sheet(found: Inspection, rng: np.random.Generator) -> str:
    """A row for each of some characters, evenly from the most to the least frequent."""
    ordered = [character for character, _ in found.counts.most_common()]
    chosen = [ordered[i] for i in np.unique(np.linspace(0, len(ordered) - 1, 14).astype(int))]
    places: dict[str, list[int]] = {}
    for index, character in enumerate(found.characters):
        places.setdefault(character, []).append(index)
    rows = []
    for character in chosen:
        members = rng.permutation(places[character])[:_SHEET_COLUMNS]
        images = "".join(_image(255 - found.images[i], found.names[i]) for i in members)
        rows.append(f"<div class='row'><b>{escape(character)}</b>{images}</div>")
    note = "What a model sees: canvases, a row a character, from the most frequent to the rarest."
    return f"<h2>Contact sheet</h2><p class='note'>{note}</p>{''.join(rows)}"


def _write_means(found: Inspection) -> str:
    figures = []
    for character, count in found.counts.most_common(6 * _SHEET_COLUMNS):
        if count >= FEW_SAMPLES:
            mean = found.images[np.array(found.characters) == character].mean(axis=0)
            figures.append(_figure((255 - mean).astype(np.uint8), character, f"{count} samples"))
    note = f"The mean canvas of characters with {FEW_SAMPLES} samples or more: the sharper, the more alike."
    return _section("Mean pictures", note, figures)


def _write_findings(found: Inspection, kind: str, findings: Sequence[Finding]) -> str:
    figures = []
    for finding in findings[:_SHOWN_FINDINGS]:
        images = "".join(_image(255 - found.images[i], found.names[i]) for i in finding.samples[:2])
        characters = "".join(dict.fromkeys(found.characters[i] for i in finding.samples))
        caption = f"<b>{escape(characters)}</b><br>{escape(finding.note)}"
        figures.append(f"<figure>{images}<figcaption>{caption}</figcaption></figure>")
    note = (
        f"{len(findings)} found, the {len(figures)} most striking shown. Something to look at, not a verdict."
    )
    return _section(_KINDS[kind], note, figures, wide=True)


def _write_pairs(found: Inspection) -> str:
    pairs = find_hard_pairs(found)
    characters = np.array(found.characters)
    figures = []
    for first, second, probability in pairs:
        means = [
            _image((255 - found.images[characters == one].mean(axis=0)).astype(np.uint8), one)
            if (characters == one).any()
            else ""
            for one in (first, second)
        ]
        alike = ", look-alikes" if are_lookalikes(first, second) else ""
        caption = f"<b>{escape(first)} {escape(second)}</b><br>{probability:.1%}{alike}"
        figures.append(f"<figure>{''.join(means)}<figcaption>{caption}</figcaption></figure>")
    note = "Told apart worst: the mean probability that the model gives a sample of one to the other."
    return _section("Hardest pairs", note, figures, wide=True) if pairs else ""


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
    characters = [found.characters[i] for i in chosen]
    title = f"t-SNE of what the model sees in {len(chosen)} samples"
    chart = draw_map(
        title, places, characters, [script_of(c) for c in characters], [found.names[i] for i in chosen]
    )
    note = (
        "Neighbors look alike to the model; far distances mean nothing. Point at a character for its sample."
    )
    return f"<h2>Map</h2><p class='note'>{note}</p>{chart}"


def _to_page(picture: Any) -> np.ndarray:
    """A thumbnail with dark ink on light paper, and some room around it."""
    page = np.pad(to_thumbnail(picture), 12, mode="edge")
    rim = np.concatenate([page[0], page[-1], page[:, 0], page[:, -1]])
    return 255 - page if np.median(rim) < 128 else page


def _section(title: str, note: str, figures: Iterable[str], *, wide: bool = False) -> str:
    sheet = "".join(figures)
    if not sheet:
        return ""
    kind = "sheet wide" if wide else "sheet"
    return f"<h2>{title}</h2><p class='note'>{note}</p><div class='{kind}'>{sheet}</div>"


def _figure(image: np.ndarray, character: str, note: str, *, caption: bool = True) -> str:
    below = f"<br>{escape(note)}" if caption else ""
    return f"<figure>{_image(image, note)}<figcaption><b>{escape(character)}</b>{below}</figcaption></figure>"


def _image(image: np.ndarray, note: str = "") -> str:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode()
    return f"<img src='data:image/png;base64,{data}' title='{escape(note, quote=True)}' alt=''>"

"""From a page run's weights to the files of a release: ONNX, safetensors and card."""

from __future__ import annotations

from yomite.data.sources import open_source
from yomite.evaluation.pages import evaluate_pages
from yomite.reading.characters import load
from yomite.reading.line_file import DEFAULT_LINE_MODEL
from yomite.shipping.export import export_model
from yomite.shipping.page_card import format_page_card
from yomite.shipping.release import LICENSE
from yomite.shipping.release_files import Release

PAGE_SETS = ("dev/pages",)
"""Real pages to choose with."""


def make_page_release(release: Release) -> None:
    """Make the files of a release of a page model."""
    export_model(
        release.checkpoint,
        release.onnx_path,
        name=release.name,
        weights_path=release.weights_path,
        show=release.show,
        license=LICENSE,
    )
    reader = load(page=release.onnx_path)
    scores = []
    for source in PAGE_SETS:
        samples = open_source(source, release.data_root)
        report = evaluate_pages(reader.read, samples, data=source, model=release.name)
        release.show(report.format())
        scores.append(report.to_json())
    release.write_card(format_page_card, {"line_model": DEFAULT_LINE_MODEL, "scores": scores})

"""From an ink finder's weights to the files of a release: ONNX, safetensors and card."""

from __future__ import annotations

from yomite.checkpoint import extract_weights, load_model, read_checkpoint, write_checkpoint
from yomite.data.sources import open_source
from yomite.evaluation.papers import measure_papers
from yomite.ink.canvas import CANVAS_VERSION
from yomite.models.cost import count_macs
from yomite.reading.characters import load
from yomite.shipping.export import export_model
from yomite.shipping.ink_card import format_ink_card
from yomite.shipping.release import LICENSE
from yomite.shipping.release_files import Release

PAPER_SET = "dev/touchscreen-100"
"""Drawings on bare paper, which are laid on others."""


def make_ink_release(release: Release) -> None:
    """Make the files of a release of an ink finder."""
    # The next release begins from the weights, so they are finer than 8 bits.
    write_checkpoint(release.weights_path, extract_weights(release.checkpoint), storage="float16")
    export_model(
        read_checkpoint(release.weights_path),
        release.onnx_path,
        name=release.name,
        data_root=release.data_root,
        show=release.show,
        license=LICENSE,
        int8=True,
    )
    reader = load(ink=release.onnx_path)
    reader.canvas_version = CANVAS_VERSION  # the characters may be released after it
    samples = list(open_source(PAPER_SET, release.data_root))
    papers = measure_papers(lambda pictures: reader.recognize_many(pictures, errors="return"), samples)
    for paper in papers:
        release.show(f"{paper.name}: {paper.lookalike_top1.value:.1%}, rejected {paper.rejected.value:.1%}")
    scores = {"data": PAPER_SET, "papers": [paper.to_json() for paper in papers]}
    macs = count_macs(load_model(release.checkpoint))
    release.write_card(format_ink_card, {"macs": macs, "character_model": reader.name, "scores": [scores]})

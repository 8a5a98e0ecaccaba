"""From a line run's weights to the files of a release: ONNX, safetensors and card."""

from __future__ import annotations

from yomite.data.sources import open_source
from yomite.evaluation.lines import evaluate_lines
from yomite.reading.characters import load
from yomite.shipping.export import export_model
from yomite.shipping.line_card import format_line_card
from yomite.shipping.release import LICENSE, measure_sizes
from yomite.shipping.release_files import Release

LINE_SETS = ("dev/lines",)
"""Real lines to choose and calibrate with."""


def make_line_release(release: Release) -> None:
    """Make the files of a release of a line model.

    Raises:
        ModelFileError: The files are larger than a release may be.
    """
    exported = export_model(
        release.checkpoint,
        release.onnx_path,
        name=release.name,
        sets=LINE_SETS,
        weights_path=release.weights_path,
        data_root=release.data_root,
        show=release.show,
        license=LICENSE,
        int8=True,
    )
    measure_sizes(release.onnx_path, release.weights_path)
    reader = load(line=release.onnx_path)
    scores = []
    for source in LINE_SETS:
        samples = open_source(source, release.data_root)
        report = evaluate_lines(
            reader.read_line, samples, data=source, model=release.name, language_model=True
        )
        release.show(report.format())
        scores.append(report.to_json())
    release.write_card(
        format_line_card,
        {
            "num_classes": release.checkpoint.model["num_classes"],
            "language_model_size": exported.language_model_size,
            "scores": scores,
        },
    )

"""The verb export: a weights file or checkpoint -> the ONNX file, calibrated on real writing."""

from pathlib import Path
from typing import Annotated

import typer

from yomite.apps.next_steps import suggest_reading
from yomite.apps.options import AllowCustom, DataRoot, needs_extra


def export(
    checkpoint: Annotated[Path, typer.Argument(metavar="CHECKPOINT", help="What `yomite train` wrote.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.onnx", help="The file to write; by default beside the checkpoint."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The model's name; by default that of the file.")
    ] = None,
    calibrate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|PATH",
            help="Real writing to fit the prior's weight, temperatures and rejection on; may be repeated.",
        ),
    ] = None,
    prior_weight: Annotated[
        float | None, typer.Option(min=0, help="Weight of the prior; by default the best on the sets.")
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.safetensors", help="Also write the same numbers as weights to fine-tune from."
        ),
    ] = None,
    int8: Annotated[
        bool,
        typer.Option(
            "--int8",
            help="Compute with 8 bits: faster on a CPU. Characters need --calibrate, others the data.",
        ),
    ] = False,
    attention: Annotated[
        bool,
        typer.Option(
            "--attention/--no-attention", help="Whether a Transformer's file tells where it looked."
        ),
    ] = True,
    allow_custom: AllowCustom = False,
    data_root: DataRoot = None,
) -> None:
    """Make the ONNX file that reads without torch.

    The prior is counted in the data folder's text/sentences.txt.gz. Without --calibrate probabilities are the
    network's own, and nothing is rejected.
    """
    with needs_extra("export", "train"):
        from yomite.shipping.export import export_model
    from yomite.checkpoint import read_checkpoint

    out = out or checkpoint.with_suffix(".onnx")
    read = read_checkpoint(checkpoint)
    exported = export_model(
        read,
        out,
        name=name or out.stem,
        sets=calibrate or (),
        prior_weight=prior_weight,
        weights_path=weights,
        data_root=data_root,
        show=typer.echo,
        allow_custom=allow_custom,
        int8=int8,
        attention=attention,
    )
    task = exported.draft.metadata["task"]
    then = suggest_reading(read, out, task, calibrate or (), data_root=data_root, allow_custom=allow_custom)
    typer.echo(f"wrote {out}; {then}")

"""The verb profile: where the time of a run goes."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yomite.apps.options import DataRoot, find_data_root, needs_extra

if TYPE_CHECKING:
    from yomite.training.profiling import StepProfile


def profile(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A run, such as configs/released.yaml.")],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="section.key=value", help="Values that replace the file's."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, max=10_000, help="How many steps to measure.")] = 20,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="The trace; by default trace.json in the run's folder."),
    ] = None,
    data_root: DataRoot = None,
) -> None:
    """Measure where a run spends its time: loader, forward, backward, optimizer.

    Some steps of the run are made and thrown away. Open the trace of the last ones at
    https://ui.perfetto.dev or chrome://tracing.
    """
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # the profiler tells of its stages on standard error
    with needs_extra("profile", "train"):
        from yomite.config import load_config
        from yomite.training.profiling import profile_run
    checked = load_config(config, overrides or ())
    root = find_data_root(checked, data_root)
    trace_path = out or checked.folder / "trace.json"
    measured = profile_run(checked, data_root=root, trace_path=trace_path, num_steps=steps)
    typer.echo(
        f"{checked.name}: {measured.num_steps} steps of {measured.batch_size} samples in {checked.precision} "
        f"on {measured.device}; loader processes: {checked.loader.workers}; "
        f"{measured.images_per_second:,.0f} images/s"
    )
    typer.echo(format_profile(measured))
    typer.echo(f"wrote {trace_path}; open it at https://ui.perfetto.dev or chrome://tracing")


def format_profile(measured: "StepProfile") -> str:
    """Format two tables: the parts of a step, and its most expensive operators."""
    step_ms = 1000 * sum(measured.seconds_by_part.values())
    lines = ["", "| part of a step | ms | share |", "|---|---|---|"]
    for part, seconds in measured.seconds_by_part.items():
        lines.append(f"| {part} | {1000 * seconds:.2f} | {100_000 * seconds / step_ms:.1f} % |")
    lines += ["", "| operator, by itself | calls a step | ms a step |", "|---|---|---|"]
    for operator in measured.operators:
        lines.append(f"| {operator.name} | {operator.calls:.4g} | {operator.milliseconds:.2f} |")
    return "\n".join([*lines, ""])

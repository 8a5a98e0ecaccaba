"""The verb evaluate: what a model, or any program's answers, get right on real writing."""

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yomite.apps.options import DataRoot, needs_extra
from yomite.errors import DataError

if TYPE_CHECKING:
    from yomite.data.sources import Source
    from yomite.evaluation.report import Report

ROBUST_SAMPLES = 150
SEGMENTER = "scripts"


class Priors(str, Enum):
    """The choices of --prior where both can be scored."""

    TEXT = "text"
    UNIFORM = "uniform"
    BOTH = "both"


@dataclass(frozen=True)
class _Scored:
    """A reader in one of its settings."""

    name: str
    prior: str
    read: Callable[[list[Any]], Sequence[object]] | None
    charset: frozenset[str] | None


def evaluate(
    data: Annotated[
        list[str],
        typer.Option(
            metavar="NAME|PATH", help="A data set, or a folder of <character>/*.png; may be repeated."
        ),
    ],
    model: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="A released model (the default) or an ONNX file.")
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", help="Score another program's answers; see yomite benchmark."),
    ] = None,
    prior: Annotated[Priors, typer.Option(help="Which prior to score.")] = Priors.BOTH,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print everything: one JSON object per line for each set and prior."),
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Write a report with figures, such as reports/report.html."),
    ] = None,
    confusions: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw the worst confusions, such as reports/worst.png."),
    ] = None,
    robustness: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help=f"Disturb N samples of each set, step by step, and lay them on papers; "
            f"by default {ROBUST_SAMPLES} with --html, else none.",
        ),
    ] = None,
    negatives: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="Draw N non-characters of each kind, and count how many are rejected."
        ),
    ] = 0,
    language_model: Annotated[
        bool, typer.Option(help="Of a line or page model: weigh what is read by how Japanese is written.")
    ] = True,
    segmenter: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Of a line model: what divides words; scripts, spaces, or package.module:callable.",
        ),
    ] = SEGMENTER,
    data_root: DataRoot = None,
) -> None:
    """Score a model on real writing.

    A line model (yomite-line) takes sets of lines (dev/lines) and gives error rates of characters and words;
    a page model (yomite-page) takes pages (dev/pages) and says which lines it finds, and what is read there.

    All characters of the model are candidates; samples of others (outside) count as wrong. strict: the first
    candidate is the character. look-alike: or one of the same shape, such as へ for ヘ; top-5 counts these
    too. macro: look-alike, each character with the same weight. ECE: how far confidence is from accuracy.
    """
    from yomite.apps.evaluate_lines import LINE_TASK, evaluate_line_model
    from yomite.apps.evaluate_pages import PAGE_TASK, evaluate_page_model
    from yomite.apps.evaluate_sets import CHARACTER_TASK, find_task, open_set
    from yomite.data.sources import open_source
    from yomite.evaluation.report import format_table
    from yomite.reports.confusions import write_confusions

    task = find_task(model) if not answers else CHARACTER_TASK
    if task in (LINE_TASK, PAGE_TASK) and (confusions or robustness or negatives):
        raise DataError(
            f"a {task} model has no --confusions, --robustness and --negatives; leave these out, "
            "and type --html FILE.html to see what is wrong"
        )
    if task == PAGE_TASK and segmenter != SEGMENTER:
        raise DataError("of a page no words are counted; leave --segmenter out, or evaluate lines")
    if model and task == LINE_TASK:
        evaluate_line_model(
            model,
            data,
            data_root=data_root,
            as_json=as_json,
            html=html,
            language_model=language_model,
            segmenter=segmenter,
        )
        return
    if model and task == PAGE_TASK:
        evaluate_page_model(
            model,
            data,
            data_root=data_root,
            as_json=as_json,
            html=html,
            language_model=language_model,
        )
        return
    if html:
        with needs_extra("evaluate --html", "reports"):
            from yomite.reports.evaluation_page import write_evaluation
    if answers:
        if model or negatives or robustness:
            raise DataError("--answers scores a file: leave out MODEL, --robustness and --negatives")
        name = str(answers)
        reports = _score_answers(answers, [(name, open_source(name, data_root)) for name in data])
    else:
        readers = _open_readers(model, prior)
        sources = [(name, open_set(name, data_root, CHARACTER_TASK)) for name in data]
        name = f"{readers[0].name}, {len(readers[0].charset or ())} characters as candidates"
        num_robust = robustness if robustness is not None else ROBUST_SAMPLES if html else 0
        rejected = _measure_rejected(readers[0], negatives, data_root) if negatives else None
        reports = [
            _score(reader, *source, num_robust=num_robust, rejected=rejected)
            for source in sources
            for reader in readers
        ]
    if as_json:
        for report in reports:
            typer.echo(json.dumps(report.to_full_json(), ensure_ascii=False))
    else:
        typer.echo(name)
        typer.echo(format_table(reports))
        _show_more(reports)
    if confusions:
        write_confusions(confusions, reports)
        typer.echo(f"worst confusions: {confusions}", err=True)
    if html:
        command = shlex.join(["yomite", *sys.argv[1:]])
        page = write_evaluation(
            reports, title=f"yomite evaluate: {name}", notes=[f"{date.today()}: {command}"]
        )
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(page, encoding="utf-8")
        typer.echo(f"report: {html}", err=True)


def _open_readers(model: str | None, prior: Priors) -> list[_Scored]:
    import yomite
    from yomite.evaluation.answers import TOP

    reader = yomite.load(model)
    return [
        _Scored(
            reader.name,
            choice,
            lambda pictures, choice=choice: reader.recognize_many(
                pictures, top=TOP, prior=choice, errors="return"
            ),
            frozenset(reader.characters),
        )
        for choice in (("text", "uniform") if prior is Priors.BOTH else (prior.value,))
    ]


def _score(
    reader: _Scored, name: str, source: "Source", *, num_robust: int, rejected: dict[str, float] | None
) -> "Report":
    from yomite.evaluation.latency import NUM_TIMED, measure_latency
    from yomite.evaluation.papers import measure_papers
    from yomite.evaluation.report import evaluate as score
    from yomite.evaluation.robustness import choose_samples, measure_robustness

    assert reader.read is not None
    report = score(
        reader.read, source, data=name, model=reader.name, prior=reader.prior, charset=reader.charset
    )
    pictures = [sample.picture for sample in choose_samples(source, NUM_TIMED)]
    disturbed = choose_samples(source, num_robust) if num_robust else []
    return replace(
        report,
        curves=measure_robustness(reader.read, disturbed) if disturbed else (),
        papers=measure_papers(reader.read, disturbed) if disturbed else (),
        latency=measure_latency(reader.read, pictures),
        rejected=rejected,
    )


def _score_answers(path: Path, sources: "list[tuple[str, Source]]") -> "list[Report]":
    from yomite.evaluation.protocol import match_answers, read_answers
    from yomite.evaluation.report import evaluate as score

    answers = read_answers(path)
    reports = []
    for name, source in sources:
        matched = iter(match_answers(answers, source, name))
        report = score(
            lambda pictures, matched=matched: [next(matched) for _ in pictures],
            source,
            data=name,
            model=answers.reader,
            charset=answers.charset,
        )
        reports.append(report)
    return reports


def _measure_rejected(reader: _Scored, num: int, data_root: Path | None) -> dict[str, float]:
    from yomite.data.sources import resolve_data_root
    from yomite.evaluation.outsiders import measure_rejected
    from yomite.ink.sketches import read_copybook

    assert reader.read is not None
    return measure_rejected(reader.read, read_copybook(resolve_data_root(data_root)), num)


def _show_more(reports: "list[Report]") -> None:
    """Print what the table has no room for, a line each."""
    from yomite.evaluation.report import WITHIN, align_table

    for line in dict.fromkeys(f"{report.data}: {note}" for report in reports for note in report.notes):
        typer.echo(line)  # once for both priors
    for report in reports:
        if report.latency:
            median_ms, slow_ms = report.latency.median_ms, report.latency.slow_ms
            name = f"{report.data}, prior {report.prior}"
            typer.echo(f"{name}: {median_ms:.2f} ms a picture, 95 % below {slow_ms:.2f} ms")
        if alike := report.groups.get(WITHIN):
            typer.echo(
                f"{report.data}: of the {alike[0].num_samples} that it can answer, look-alike "
                f"{alike[0].value:.2%}, strict {alike[1].value:.2%}"
            )
        if report.papers:
            num_samples = report.papers[0].rejected.num_samples
            typer.echo(f"{report.data}, prior {report.prior}, {num_samples} of them on paper:")
            rows = [
                [one.name, str(one.lookalike_top1), f"{100 * one.rejected.value:.2f} %"]
                for one in report.papers
            ]
            typer.echo(align_table([["paper", "look-alike", "rejected"], *rows], num_left=1))
    if reports and reports[0].rejected:
        shares = ", ".join(f"{kind} {share:.1%}" for kind, share in reports[0].rejected.items())
        typer.echo(f"what is no character, rejected: {shares}")

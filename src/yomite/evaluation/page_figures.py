"""What was found of written lines, and what was read on whole pages: counts, shares, error rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from yomite.evaluation.judged_pages import JudgedPage
from yomite.evaluation.measures import Share, measure_grouped_share
from yomite.evaluation.text_errors import TextErrors, sum_up_edits


@dataclass(frozen=True)
class LineFigures:
    """What was found of written lines. Intervals are over pages.

    Attributes:
        recall: Share of the lines that were found, at an intersection over union of a half.
        covered: Share that lies by half of its area in found lines, however these are cut.
        directions: Share of the found ones whose direction is right.
        num_split: Lines with two or more found lines in them.
        characters: Errors of characters in the lines that were found; None where there are none.
    """

    recall: Share
    covered: Share
    directions: Share
    num_split: int
    characters: TextErrors | None

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return to_plain_figures(self)


@dataclass(frozen=True)
class PageFigures:
    """What was found and read on whole pages, where what is found beside the written lines is an error.

    Attributes:
        num_pages: Whole pages.
        precision: Share of the found lines that are written ones.
        end_to_end: Errors of characters: what was read in lines that match, all of a line that was not found,
            all that was read elsewhere.
        in_order: Errors of characters of the whole text in the order read.
    """

    num_pages: int
    precision: Share
    end_to_end: TextErrors
    in_order: TextErrors

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return to_plain_figures(self)


def measure_lines(pages: Sequence[JudgedPage], direction: str | None = None) -> LineFigures:
    """Measure what was found of the written lines of pages, or of those that run in one direction."""
    written, found, covered, turned_right, pairs = [], [], [], [], []
    num_split = 0
    for page in pages:
        lines = page.sample.lines
        chosen = [index for index, line in enumerate(lines) if direction in (None, line.direction)]
        matched = [index for index in chosen if page.matches[index] >= 0]
        written.append(len(chosen))
        found.append(len(matched))
        covered.append(sum(page.is_covered[index] for index in chosen))
        turned_right.append(
            sum(page.found[page.matches[index]].direction == lines[index].direction for index in matched)
        )
        num_split += sum(page.num_pieces[index] > 1 for index in chosen)
        if matched:
            pairs.append([pair for index in matched for pair in page.align_line(index)])
    return LineFigures(
        recall=measure_grouped_share(found, written),
        covered=measure_grouped_share(covered, written),
        directions=measure_grouped_share(turned_right, found),
        num_split=num_split,
        characters=sum_up_edits(pairs, "characters") if pairs else None,
    )


def measure_whole(pages: Sequence[JudgedPage]) -> PageFigures:
    """Measure what was found and read on whole pages, at least one."""
    found = [len(page.found) for page in pages]
    right = [len(page.found) - len(page.extra) for page in pages]
    return PageFigures(
        num_pages=len(pages),
        precision=measure_grouped_share(right, found),
        end_to_end=sum_up_edits([page.align_lines() for page in pages], "characters"),
        in_order=sum_up_edits([page.align_in_order() for page in pages], "characters"),
    )


def to_plain_figures(figures: LineFigures | PageFigures) -> dict[str, Any]:
    """Return plain data; None stands for the share or the error rate of nothing."""
    plain = dict(vars(figures))
    for name, value in plain.items():
        if isinstance(value, Share):
            plain[name] = value.to_json() if value.num_samples else None
        elif isinstance(value, TextErrors):
            plain[name] = value.to_json()
    return plain


def format_share(share: Share) -> str:
    """`97.6 % (94.1 to 100.0)`: the value and its interval, "-" for a share of nothing."""
    if not share.num_samples:
        return "-"
    return f"{100 * share.value:.1f} % ({100 * share.low:.1f} to {100 * share.high:.1f})"


def format_errors(errors: TextErrors | None) -> str:
    """`9.8 % (7.5 to 12.2)`: the rate and its interval, "-" for the rate of nothing."""
    if errors is None:
        return "-"
    return f"{100 * errors.rate:.1f} % ({100 * errors.low:.1f} to {100 * errors.high:.1f})"

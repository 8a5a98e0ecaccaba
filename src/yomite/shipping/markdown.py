"""Paragraphs, lists and tables of the cards, in Markdown."""

from __future__ import annotations

import textwrap


def or_unknown(value: object) -> str:
    """Say a value, or that there is none."""
    return "not recorded" if value in (None, "") else f"{value}"


def wrap(text: str, indent: str = "") -> str:
    """Break a paragraph into lines."""
    return textwrap.fill(text, 118, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def list_items(*items: str) -> str:
    """Write a list."""
    return "\n".join(wrap(f"- {item}", "  ") for item in items)


def tabulate(header: tuple[str, ...], *rows: tuple[str, ...]) -> str:
    """Write a table."""
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

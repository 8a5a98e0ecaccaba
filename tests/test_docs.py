"""The pages keep their promises: links lead somewhere, the tree is the tree, two commands set things up."""

import re
from pathlib import Path

import pytest
from conftest import PROJECT_ROOT

PAGES = sorted(
    [
        *PROJECT_ROOT.glob("*.md"),
        *(PROJECT_ROOT / "docs").rglob("*.md"),
        *(PROJECT_ROOT / "benchmarks").glob("*.md"),
        *(PROJECT_ROOT / "src" / "yomite" / "released").glob("*.md"),
    ]
)
README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")


def name_page(page: Path) -> str:
    return page.relative_to(PROJECT_ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_relative_links_lead_to_files(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r'\]\(([^)#\s]+)[^)]*\)|(?:src|href)="([^"#]+)"', text)
    links = [link for pair in targets for link in pair if link and "://" not in link]
    broken = [link for link in links if not (page.parent / link).exists()]
    assert not broken


def test_readme_tree_lists_every_room_and_nothing_else() -> None:
    tree = README.split("## Where things are")[1].split("```")[1]
    listed = set(re.findall(r"^  ([a-z_]+(?:\.py|/))", tree, re.MULTILINE))
    package = PROJECT_ROOT / "src" / "yomite"
    rooms = {
        path.name
        for path in package.glob("*.py")
        if not path.name.startswith("__") and not path.read_text(encoding="utf-8").startswith('"""Moved to')
    }
    rooms |= {
        f"{path.name}/" for path in package.iterdir() if path.is_dir() and not path.name.startswith("__")
    }
    assert listed == rooms
    outside = re.findall(r"^([a-z]+)/ ", tree, re.MULTILINE)
    assert outside and all((PROJECT_ROOT / name).is_dir() for name in outside)
    assert len(tree.strip().splitlines()) <= 35


def test_readme_has_the_two_setup_commands() -> None:
    lines = README.splitlines()
    assert lines.count("pip install . && yomite recognize examples/ei.png") == 1
    assert lines.count('pip install ".[dev]" && pytest') == 1


def test_no_figure_is_left_out_of_a_release(released_model: Path) -> None:
    pages = [*PAGES, released_model.parent / "NOTICE"]
    assert not [name_page(page) for page in pages if "TODO" in page.read_text(encoding="utf-8")]

"""How good generated ink is: the right characters, various, and like its hand?

    python benchmarks/generation.py --weights runs/diffusion/weights.safetensors --data-root DIR

Prints Markdown tables for docs/generation.md. The released reader reads what is drawn; distances are between
what its classifier sees. benchmarks/generated_ink.py asks what is learned from it.
"""

import argparse
import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from generated_ink import NEW_FONTS, NEW_WRITER, PAGES
from machine import describe_machine
from torch import Tensor, nn

from yomite.charset import build_charset
from yomite.checkpoint import load_model, read_checkpoint
from yomite.data.cache import open_cache
from yomite.data.sources import open_source, resolve_data_root
from yomite.evaluation.measures import measure_share
from yomite.generation.generated import check_pictures
from yomite.generation.generator import Generator, load_generator
from yomite.ink.plain import draw_plain_glyphs
from yomite.models.generator import START
from yomite.reading.model_file import find_model

NUM_REFERENCES = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True, help="of the generator")
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--draw-steps", type=int, default=10, help="from noise to ink")
    parser.add_argument("--guidance", type=float, default=1.0)
    options = parser.parse_args()
    options.data_root = resolve_data_root(options.data_root)
    print(describe_machine())
    generator = load_generator(options.weights)
    reader = load_model(read_checkpoint(find_model("yomite-character").with_suffix(".safetensors")))
    measure_right(generator, options)
    measure_variety(generator, reader, options)


def read_hands(data_root: Path, size: int) -> dict[str, tuple[list[str], np.ndarray]]:
    """By name, characters and canvas images of each hand."""
    names = [*(f"cells/hiragana-sheets:{page}" for page in PAGES), NEW_WRITER, *NEW_FONTS]
    hands = {}
    for name in names:
        cache = open_cache(open_source(name, data_root), size=size)
        hands[name] = cache.characters, np.asarray(cache.images)
    return hands


def measure_right(generator: Generator, options: argparse.Namespace) -> None:
    """The share of drawn pictures that the released reader reads right, by hand and script."""
    rng = np.random.default_rng(0)
    hands = read_hands(options.data_root, generator.size)
    full = build_charset("full")
    texts = {
        "hiragana": rng.choice(sorted(set(hands[NEW_WRITER][0])), 50, replace=False).tolist(),
        "kanji, school": rng.choice(list(build_charset("kyoiku")), 60, replace=False).tolist(),
        "kanji, all": rng.choice([c for c in full if c >= "一"], 60, replace=False).tolist(),
    }
    print("\nRead right by the released reader, of characters drawn once:\n")
    print("| hand | steps | guidance | start | " + " | ".join(texts) + " |\n|" + "---|" * (4 + len(texts)))
    usual = (options.draw_steps, options.guidance, START)
    rows = [(hand, *usual) for hand in ("none", "pages p01 to p07", NEW_WRITER, *NEW_FONTS)]
    rows += [(NEW_WRITER, steps, *usual[1:]) for steps in (5, 40)]
    rows += [(NEW_WRITER, options.draw_steps, 2.0, START)]
    rows += [(NEW_WRITER, *usual[:2], start) for start in (0.0, 0.2)]
    for hand, steps, guidance, start in rows:
        cells = []
        for characters in texts.values():
            plain = draw_plain_glyphs(characters, options.data_root, generator.size)
            drawable = [character for character in characters if character in plain]
            glyphs = np.stack([plain[character] for character in drawable])
            styles = choose_styles(generator, hands, hand, len(drawable))
            images = generator.draw(glyphs, styles, steps=steps, guidance=guidance, start=start)
            cells.append(str(measure_share(check_pictures(images, drawable))))
        print(f"| {hand} | {steps} | {guidance:g} | {start:g} | {' | '.join(cells)} |", flush=True)
    for name in (NEW_WRITER, *NEW_FONTS):
        characters, images = hands[name]
        cells = []
        for wanted in texts.values():
            places = [place for place, character in enumerate(characters) if character in wanted]
            right = check_pictures(images[places], [characters[place] for place in places])
            cells.append(str(measure_share(right)))
        print(f"| {name}, as they are | - | - | - | {' | '.join(cells)} |")


def choose_styles(
    generator: Generator, hands: dict[str, tuple[list[str], np.ndarray]], hand: str, num: int
) -> Tensor | None:
    if hand == "none":
        return None
    rng = np.random.default_rng(1)
    names = [name for name in hands if name.rpartition(":")[2] in PAGES] if hand not in hands else [hand]
    styles = []
    for number in range(num):
        images = hands[names[number % len(names)]][1]
        styles.append(generator.find_style(images[rng.choice(len(images), NUM_REFERENCES, replace=False)]))
    return torch.stack(styles)


class Group(NamedTuple):
    """A picture of each character by one hand: what the reader's classifier sees, whether it is right."""

    embedding: np.ndarray
    is_right: np.ndarray


@torch.no_grad()
def look(reader: nn.Module, images: np.ndarray, characters: Sequence[str]) -> Group:
    some = torch.from_numpy(np.ascontiguousarray(images))[:, None].split(256)
    found = torch.cat([reader.features(part).sum(dim=(2, 3)) for part in some]).numpy()  # type: ignore[operator]
    return Group(found / np.linalg.norm(found, axis=1, keepdims=True), check_pictures(images, characters))


def measure_variety(generator: Generator, reader: nn.Module, options: argparse.Namespace) -> None:
    """Distances between pictures of one character, and whose writing a drawn picture is nearest to."""
    hands = read_hands(options.data_root, generator.size)
    pages = {name: hand for name, hand in hands.items() if name.startswith("cells/")}
    counts = [Counter(characters) for characters, _ in pages.values()]
    characters = [text for text in sorted(counts[0]) if all(count[text] >= 2 for count in counts)][:40]
    plain = draw_plain_glyphs(characters, options.data_root, generator.size)
    glyphs = np.stack([plain[character] for character in characters])
    rng = np.random.default_rng(2)
    real, other, styles = [], [], []
    for texts, images in pages.values():
        places = [np.flatnonzero(np.array(texts) == character) for character in characters]
        pairs = np.stack([rng.choice(own, 2, replace=False) for own in places])
        real.append(look(reader, images[pairs[:, 0]], characters))
        other.append(look(reader, images[pairs[:, 1]], characters))
        rest = [np.setdiff1d(np.arange(len(texts)), own) for own in places]
        chosen = [rng.choice(others, NUM_REFERENCES, replace=False) for others in rest]
        styles.append(torch.stack([generator.find_style(images[some]) for some in chosen]))
    print(f"\nPictures of one of {len(characters)} hiragana that are read right, {len(pages)} hands:\n")
    print("| pictures | start | by different hands | by the same hand | nearest to his own |")
    print("|---|---|---|---|---|")
    print(f"| real | - | {apart(real)} | {gap(real, other)} | {find_nearest(other, real)} |")
    for start in (0.0, START, 0.2):

        def draw(style: torch.Tensor | None, seed: int, start: float = start) -> Group:
            images = generator.draw(
                glyphs, style, steps=options.draw_steps, guidance=options.guidance, start=start, seed=seed
            )
            return look(reader, images, characters)

        drawn = [draw(style, number) for number, style in enumerate(styles)]
        again = [draw(style, 100 + number) for number, style in enumerate(styles)]
        bare = [draw(None, 200 + number) for number in range(len(styles))]
        figures = f"{apart(drawn)} | {gap(drawn, again)} | {find_nearest(drawn, real)}"
        print(f"| drawn like them | {start:g} | {figures} |")
        print(f"| drawn, no hand given | {start:g} | {apart(bare)} | - | - |", flush=True)


def compare(one: Group, other: Group) -> np.ndarray:
    """Cosine distances of those characters that both have right."""
    both = one.is_right & other.is_right
    return 1.0 - (one.embedding * other.embedding).sum(axis=1)[both]


def apart(groups: Sequence[Group]) -> str:
    """The mean distance between different groups."""
    pairs = itertools.combinations(groups, 2)
    return f"{np.concatenate([compare(one, other) for one, other in pairs]).mean():.3f}"


def gap(groups: Sequence[Group], others: Sequence[Group]) -> str:
    """The mean distance between each group and its other."""
    pairs = zip(groups, others, strict=True)
    return f"{np.concatenate([compare(one, other) for one, other in pairs]).mean():.3f}"


def find_nearest(groups: Sequence[Group], real: Sequence[Group]) -> str:
    """How often the nearest real picture of the character is by the hand that a group is like."""
    hits = []
    for number, group in enumerate(groups):
        distances = np.stack([1.0 - (group.embedding * hand.embedding).sum(axis=1) for hand in real])
        hits += (distances.argmin(axis=0) == number)[group.is_right].tolist()
    return str(measure_share(hits))


if __name__ == "__main__":
    main()

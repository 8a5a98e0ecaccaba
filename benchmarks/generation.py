"""How good generated ink is: the right characters, various, and like its hand?

    python benchmarks/generation.py --weights runs/diffusion/weights.safetensors --data-root DIR

Prints Markdown tables for docs/generation.md. The released reader reads what is drawn; distances are between
what its classifier sees. benchmarks/generated_ink.py asks what is learned from it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

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
from yomite.reading.model_file import find_model

NUM_REFERENCES = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, required=True, help="of the generator")
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--draw-steps", type=int, default=20, help="from noise to ink")
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
    print("| hand | steps | guidance | " + " | ".join(texts) + " |\n|" + "---|" * (3 + len(texts)))
    rows = [
        (hand, options.draw_steps, options.guidance)
        for hand in ("none", "pages p01 to p07", NEW_WRITER, *NEW_FONTS)
    ]
    rows += [(NEW_WRITER, steps, options.guidance) for steps in (5, 10, 40)]
    rows += [(NEW_WRITER, options.draw_steps, guidance) for guidance in (1.5, 2.5)]
    for hand, steps, guidance in rows:
        cells = []
        for characters in texts.values():
            plain = draw_plain_glyphs(characters, options.data_root, generator.size)
            drawable = [character for character in characters if character in plain]
            styles = choose_styles(generator, hands, hand, len(drawable))
            images = generator.draw(
                np.stack([plain[character] for character in drawable]), styles, steps=steps, guidance=guidance
            )
            cells.append(str(measure_share(check_pictures(images, drawable))))
        print(f"| {hand} | {steps} | {guidance:g} | {' | '.join(cells)} |", flush=True)
    for name in (NEW_WRITER, *NEW_FONTS):
        characters, images = hands[name]
        cells = []
        for wanted in texts.values():
            places = [place for place, character in enumerate(characters) if character in wanted]
            right = check_pictures(images[places], [characters[place] for place in places])
            cells.append(str(measure_share(right)))
        print(f"| {name}, as they are | - | - | {' | '.join(cells)} |")


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


@torch.no_grad()
def embed(reader: nn.Module, images: np.ndarray) -> np.ndarray:
    """What the released reader's classifier sees, float (N, D), each of length 1."""
    some = torch.from_numpy(np.ascontiguousarray(images))[:, None].split(256)
    found = torch.cat([reader.features(part).sum(dim=(2, 3)) for part in some]).numpy()  # type: ignore[operator]
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def measure_variety(generator: Generator, reader: nn.Module, options: argparse.Namespace) -> None:
    """Distances between pictures of one character, and whose writing a drawn picture is nearest to."""
    rng = np.random.default_rng(2)
    hands = read_hands(options.data_root, generator.size)
    pages = {name: hand for name, hand in hands.items() if name.startswith("cells/")}
    characters = [
        character
        for character in sorted(set(hands[NEW_WRITER][0]))
        if all(page_characters.count(character) >= 2 for page_characters, _ in pages.values())
    ][:40]
    plain = draw_plain_glyphs(characters, options.data_root, generator.size)
    characters = [character for character in characters if character in plain]
    real, drawn, again = {}, {}, {}
    for number, (name, (page_characters, images)) in enumerate(pages.items()):
        pairs = [
            rng.choice([p for p, c in enumerate(page_characters) if c == character], 2, replace=False)
            for character in characters
        ]
        real[name] = [embed(reader, images[[pair[side] for pair in pairs]]) for side in (0, 1)]
        glyphs = np.stack([plain[character] for character in characters])
        others = [
            rng.choice(
                [p for p, c in enumerate(page_characters) if c != character], NUM_REFERENCES, replace=False
            )
            for character in characters
        ]
        styles = torch.stack([generator.find_style(images[chosen]) for chosen in others])
        for kept, seed in ((drawn, number), (again, 100 + number)):
            made = generator.draw(
                glyphs, styles, steps=options.draw_steps, guidance=options.guidance, seed=seed
            )
            kept[name] = embed(reader, made)
    bare = [
        embed(reader, generator.draw(glyphs, None, steps=options.draw_steps, seed=200 + number))
        for number in range(len(pages))
    ]
    names = list(pages)
    print(f"\nCosine distance of two pictures of one of {len(characters)} hiragana, {len(names)} hands:\n")
    print("| pictures | by different hands | by the same hand |\n|---|---|---|")
    first, second = ([real[name][side] for name in names] for side in (0, 1))
    print(f"| real | {apart(first)} | {gap(first, second)} |")
    first, second = list(drawn.values()), list(again.values())
    print(f"| drawn like them | {apart(first)} | {gap(first, second)} |")
    print(f"| drawn, no hand given | {apart(bare)} | - |")
    hits = []
    for name in names:
        distances = np.stack([1.0 - (drawn[name] * real[other][0]).sum(axis=1) for other in names])
        hits += (distances.argmin(axis=0) == names.index(name)).tolist()
    own = []
    for name in names:
        distances = np.stack([1.0 - (real[name][1] * real[other][0]).sum(axis=1) for other in names])
        own += (distances.argmin(axis=0) == names.index(name)).tolist()
    print(
        f"\nOf {len(names)} writers, the nearest picture of the same character is by him whose hand it is: "
        f"drawn {measure_share(hits)}, his other picture {measure_share(own)}, chance {1 / len(names):.1%}"
    )


def apart(groups: Sequence[np.ndarray]) -> str:
    """The mean distance between the same rows of different groups."""
    distances = [1.0 - (one * other).sum(axis=1) for n, one in enumerate(groups) for other in groups[n + 1 :]]
    return f"{np.mean(distances):.3f}"


def gap(groups: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> str:
    """The mean distance between the same rows of a group and its other."""
    return f"{np.mean([1.0 - (a * b).sum(axis=1) for a, b in zip(groups, others, strict=True)]):.3f}"


if __name__ == "__main__":
    main()

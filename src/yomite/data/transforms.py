"""Picture -> picture: what happens to writing between the pen and the file.

Every transform is a pure function of the picture, its random generator and one strength: 1 is what real
pictures show, 0 nothing. A picture is gray levels with dark ink on light paper; so is what comes out, and it
goes through `to_canvas` like any other. The strokes of the synthetic samples are bent before any pixel exists
(`yomite.ink.writing`); these are for pictures that exist, and for measuring what a reader withstands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from yomite.errors import DataError
from yomite.ink.canvas import find_box, measure_ink

Transform = Callable[[np.ndarray, np.random.Generator, float], np.ndarray]


def bend_affine(picture: np.ndarray, rng: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """Turn, lean and stretch: 6 degrees, a slant of 0.12 and 12 % at one deviation, at most at two."""
    angle, slant, aspect = rng.normal(0.0, 1.0, 3).clip(-2.0, 2.0) * (0.1, 0.12, 0.12) * strength
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    lean = np.array([[1.0, slant], [0.0, 1.0]])
    stretch = np.diag([np.exp(0.5 * aspect), np.exp(-0.5 * aspect)])
    matrix = turn @ lean @ stretch
    rows, columns = _center_grid(picture.shape)
    x = matrix[0, 0] * columns + matrix[0, 1] * rows
    y = matrix[1, 0] * columns + matrix[1, 1] * rows
    return _sample_at(picture, y, x)


def bend_elastic(picture: np.ndarray, rng: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """Shift every place by a smooth random field: about 3 % of the longer side.

    Source: P. Simard, D. Steinkraus, J. Platt, "Best practices for convolutional neural networks", 2003.
    """
    side = max(picture.shape)
    rows, columns = _center_grid(picture.shape)
    shifts = []
    for _ in range(2):
        # A coarse field of random shifts, drawn smooth: waves of a fifth to a half of the picture.
        coarse = Image.fromarray(rng.normal(0.0, 0.03 * side * strength, (5, 5)).astype(np.float32))
        size = (picture.shape[1], picture.shape[0])
        shifts.append(np.asarray(coarse.resize(size, Image.Resampling.BICUBIC)))
    return _sample_at(picture, rows + shifts[0], columns + shifts[1])


def change_thickness(picture: np.ndarray, rng: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """Make strokes thicker, by up to 5 % of the character, or thinner, by up to 40 % of their width."""
    change = rng.uniform(-1.0, 1.0) * strength
    ink = _find_ink(picture)
    if ink is None:
        return picture
    reach = 0.025 * change * ink.extent if change > 0 else 0.2 * min(-change, 2.0) * ink.width
    image = Image.fromarray(picture)
    whole = int(reach)
    window = ImageFilter.MinFilter if change > 0 else ImageFilter.MaxFilter  # dark ink: the minimum grows it
    full = image.filter(window(2 * whole + 3))
    start = image.filter(window(2 * whole + 1)) if whole else image
    return np.asarray(Image.blend(start, full, reach - whole))


def add_noise(picture: np.ndarray, rng: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """Add the noise of a sensor, and the grain of paper and pencil where there is ink."""
    level = rng.uniform(0.0, 14.0) * strength
    grain = rng.uniform(0.0, 0.4) * strength
    values = picture.astype(np.float32)
    paper = _find_paper(picture)
    values += (paper - values) * np.abs(rng.normal(0.0, grain, picture.shape)).clip(0.0, 1.0)
    return _to_bytes(values + rng.normal(0.0, level, picture.shape))


def blur(picture: np.ndarray, rng: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """Blur as a lens out of focus does, by up to 2 % of the character."""
    ink = _find_ink(picture)
    radius = rng.uniform(0.0, 1.0) * strength * 0.02 * (ink.extent if ink else max(picture.shape))
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def light_paper(picture: np.ndarray, rng: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """Gray paper, pale ink, light that falls from one side, and a ruled line that was scanned along."""
    height, width = picture.shape
    paper = _find_paper(picture)
    ink = (paper - picture.astype(np.float32)) / 255.0
    contrast = 1.0 - rng.uniform(0.0, 0.55) * strength
    brightness = 255.0 - rng.uniform(0.0, 70.0) * strength
    down, across = (np.linspace(-1.0, 1.0, side, dtype=np.float32) for side in (height, width))
    tilt = rng.normal(0.0, 12.0, 2) * strength
    bow = rng.normal(0.0, 6.0) * strength
    light = brightness + tilt[0] * down[:, None] + tilt[1] * across + bow * (down[:, None] ** 2 + across**2)
    if rng.random() < 0.4 * strength:
        line = rng.uniform(0.2, 0.6) * np.ones(max(1, round(0.012 * max(picture.shape))), np.float32)
        edge = ink.T if rng.random() < 0.5 else ink  # a view: what is drawn on it is drawn on the ink
        start = 0 if rng.random() < 0.5 else len(edge) - len(line)
        edge[start : start + len(line)] = np.maximum(edge[start : start + len(line)], line[:, None])
    return _to_bytes(light * (1.0 - contrast * ink.clip(0.0, 1.0)))


def erase(picture: np.ndarray, rng: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """Lay one to three scraps of bare paper over the character, each up to a fifth of it.

    Small enough to leave it readable: half of a character is another character.
    """
    ink = _find_ink(picture)
    if ink is None:
        return picture
    result = picture.copy()
    for _ in range(int(rng.integers(1, 4))):
        height, width = np.maximum(1, rng.uniform(0.05, 0.2, 2) * strength * ink.extent).astype(int)
        middle = rng.uniform((ink.top, ink.left), (ink.bottom, ink.right))
        top, left = (middle - 0.5 * np.array([height, width])).clip(0).astype(int)
        result[top : top + height, left : left + width] = ink.paper
    return result


TRANSFORMS: dict[str, Transform] = {
    "affine": bend_affine,
    "elastic": bend_elastic,
    "thickness": change_thickness,
    "erase": erase,
    "blur": blur,
    "paper": light_paper,
    "noise": add_noise,
}
"""In the order in which they happen: the hand, the pen, then the paper and the camera."""


def transform_picture(
    picture: np.ndarray, rng: np.random.Generator, names: Iterable[str], strength: float = 1.0
) -> np.ndarray:
    """Put a picture through several transforms, in the order of TRANSFORMS.

    Args:
        picture: Uint8 (H, W), dark ink on light paper.
        rng: All that is random; the same state gives the same picture.
        names: Keys of TRANSFORMS.
        strength: 0 (nothing) to 1 (what real pictures show), or more.

    Returns:
        Uint8 (H, W).

    Raises:
        DataError: A name is unknown.
    """
    for name in check_transforms(names):
        picture = TRANSFORMS[name](picture, rng, strength)
    return picture


def check_transforms(names: Iterable[str]) -> list[str]:
    """Return the names of transforms in the order in which they happen.

    Raises:
        DataError: A name is unknown.
    """
    wanted = set(names)
    unknown = wanted - TRANSFORMS.keys()
    if unknown:
        raise DataError(f"transform {sorted(unknown)[0]!r} is unknown; there are {', '.join(TRANSFORMS)}")
    return [name for name in TRANSFORMS if name in wanted]


def _center_grid(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Places of pixels from the middle: rows (H, 1) and columns (1, W), float64."""
    rows, columns = (np.arange(side) - 0.5 * (side - 1) for side in shape[:2])
    return rows[:, None], columns[None]


def _sample_at(picture: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Read the picture at other places, linearly; beyond its rim is bare paper.

    Args:
        picture: Uint8 (H, W).
        rows, columns: Float64 (H, W), from the middle of the picture.
    """
    height, width = picture.shape
    padded = np.pad(picture, 1, constant_values=_find_paper(picture)).astype(np.float32)
    y = np.clip(rows + 0.5 * (height - 1) + 1.0, 0.0, height + 0.999)
    x = np.clip(columns + 0.5 * (width - 1) + 1.0, 0.0, width + 0.999)
    top, left = y.astype(int), x.astype(int)
    down, across = y - top, x - left
    return _to_bytes(
        (1 - down) * ((1 - across) * padded[top, left] + across * padded[top, left + 1])
        + down * ((1 - across) * padded[top + 1, left] + across * padded[top + 1, left + 1])
    )


@dataclass(frozen=True)
class _Ink:
    """Where the ink of a picture is, in pixels.

    Attributes:
        top, bottom, left, right: Its box.
        extent: The box's longer side.
        width: Of a stroke, as a mean.
        paper: The level of bare paper.
    """

    top: int
    bottom: int
    left: int
    right: int
    extent: int
    width: float
    paper: int


def _find_ink(picture: np.ndarray) -> _Ink | None:
    """Return the ink of a picture; None if it is blank."""
    ink, has_ink = measure_ink(picture)
    if not has_ink:
        return None
    top, bottom, left, right = (int(side) for side in find_box(ink))
    is_ink = ink > 0.5
    # A stroke of width w and length l has w l pixels, and 2 l edges along its two sides.
    edges = int((is_ink[1:] != is_ink[:-1]).sum() + (is_ink[:, 1:] != is_ink[:, :-1]).sum())
    width = 2.0 * float(is_ink.sum()) / max(edges, 1)
    extent = max(bottom - top, right - left)
    return _Ink(top, bottom, left, right, extent, max(width, 1.0), _find_paper(picture))


def _find_paper(picture: np.ndarray) -> int:
    """Return the level of bare paper: the median of the rim."""
    rim = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    return int(np.median(rim))


def _to_bytes(values: np.ndarray) -> np.ndarray:
    return (values + 0.5).clip(0.0, 255.0).astype(np.uint8)

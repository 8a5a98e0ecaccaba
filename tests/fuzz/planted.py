"""A kind whose inputs go wrong in every way, to see that each of them is found."""

from __future__ import annotations

import os

import numpy as np

from yomite.errors import YomiteError


class Planted:
    """Draws its numbers in order: each way to end once."""

    def __init__(self) -> None:
        self._kinds = ("answer", "refusal", "traceback", "two lines", "death", "answer")

    def draw(self, rng: np.random.Generator) -> str:
        return str(rng.choice(self._kinds))

    def attempt(self, drawn: str) -> None:
        match drawn:
            case "refusal":
                raise YomiteError("one line")
            case "two lines":
                raise YomiteError("one line\nand another")
            case "traceback":
                raise IndexError("planted")
            case "death":
                os._exit(3)

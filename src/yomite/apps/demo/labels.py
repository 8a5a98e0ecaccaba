"""The words on Gradio's own components, in the reader's language.

Gradio shows them in the browser's language (gr.I18n) and offers no other. Where the reader has chosen the
other one, the page's header says so by an event, and every component gets its words once more.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr
from gradio.blocks import Block

Kind = TypeVar("Kind", bound=Block)
Keys = Mapping[str, str | list[tuple[str, str]]]
"""A component's property -> the key of its words; or for choices, of each the key and the value."""

LANGUAGES = ("en", "ja")


def read_words(language: str) -> dict[str, Any]:
    """Read the words of a language: text by key."""
    path = Path(__file__).with_name("web") / f"words-{language}.json"
    return json.loads(path.read_text(encoding="utf-8"))


class Labels:
    """The components whose words follow the reader's language."""

    def __init__(self) -> None:
        self._keys_by_component: dict[Any, Keys] = {}

    @property
    def components(self) -> list[Any]:
        """All that were put on the page, in their order."""
        return list(self._keys_by_component)

    def put(self, kind: Callable[..., Kind], keys: Keys, *arguments: Any, **options: Any) -> Kind:
        """Put a component where we are, in the browser's language."""
        component = kind(*arguments, **_fill(keys, gr.I18n()), **options)
        self._keys_by_component[component] = keys
        return component

    def tell(self, event: gr.EventData) -> list[dict[str, Any]]:
        """Return the updates of all components for the language that an event names."""
        words = read_words("ja" if event.language == "ja" else "en")
        return [gr.update(**_fill(keys, words.__getitem__)) for keys in self._keys_by_component.values()]


def _fill(keys: Keys, word: Callable[[str], Any]) -> dict[str, Any]:
    return {
        name: word(key) if isinstance(key, str) else [(word(one), value) for one, value in key]
        for name, key in keys.items()
    }

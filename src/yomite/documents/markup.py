"""Text inside XML: what XML forbids becomes U+FFFD, what it reserves is escaped."""

from __future__ import annotations

import re
from importlib.metadata import version
from xml.sax.saxutils import escape as _escape
from xml.sax.saxutils import quoteattr as _quote

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Replace what no XML may hold, such as control characters, by U+FFFD, one for one."""
    return _FORBIDDEN.sub("\ufffd", text)


def escape(text: str) -> str:
    """Return text as the content of an element."""
    return _escape(clean(text), {"\r": "&#13;"})


def quote(text: str) -> str:
    """Return text as the value of an attribute, its quotation marks included."""
    return _quote(clean(text))


def read_version() -> str:
    """Return the version of yomite, which documents name."""
    return version("yomite")

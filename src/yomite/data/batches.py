"""Moved to yomite.streams.batch; the names here still work."""

from yomite.streams.batch import Batch

__all__ = ["Batch"]

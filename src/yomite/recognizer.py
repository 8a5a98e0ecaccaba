"""Moved to :mod:`yomite.reading`; the names here still work."""

from yomite.reading.batches import BATCH_SIZE
from yomite.reading.characters import Recognizer, load
from yomite.reading.results import Candidate, Recognition

__all__ = ["BATCH_SIZE", "Candidate", "Recognition", "Recognizer", "load"]

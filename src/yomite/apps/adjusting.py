"""Take back what training on frequent kanji taught about frequency: logit adjustment of a run's weights.

Training draws a class as often as its frequency to the power `data.frequency_power`, so its logits hold that
much of a prior. Among kanji this reads a rare one as its common neighbor (孑 as 子). The bias of the
classifier takes a part of it back; scripts keep their shares.

Source: Menon et al., "Long-tail learning via logit adjustment", arXiv:2007.07314.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from yomite.charset import Charset, script_of
from yomite.prior import LEARNING_EVEN_PARTS, SENTENCES, build_log_prior, count_characters, sampling_weights


def measure_learned_prior(charset: Charset, power: float, data_root: Path) -> np.ndarray:
    """The log of how often each kanji was drawn, its mean taken off; 0 for all other characters.

    Args:
        charset: C characters.
        power: `data.frequency_power` of the run.
        data_root: The data folder, for the texts.

    Returns:
        float64 (C,).
    """
    counts = count_characters(data_root / SENTENCES)
    weights = sampling_weights(build_log_prior(counts, charset, LEARNING_EVEN_PARTS), power)
    is_kanji = np.array([script_of(character) == "kanji" for character in charset])
    log_weights = np.log(np.maximum(weights, 1e-12))
    return np.where(is_kanji, log_weights - log_weights[is_kanji].mean() if is_kanji.any() else 0.0, 0.0)


def write_adjusted_weights(weights: Path, adjusted: Path, part: float, data_root: Path) -> None:
    """Write a run's weights again with a part of the learned prior taken off the classifier's bias.

    Args:
        weights: What `yomite train` wrote.
        adjusted: The file to write.
        part: 0 leaves the weights as they are, 1 takes all of it back.
        data_root: The data folder, for the texts.
    """
    from yomite.checkpoint import read_checkpoint, write_checkpoint

    checkpoint = read_checkpoint(weights)
    charset = Charset("of the weights", checkpoint.characters)
    learned = measure_learned_prior(charset, checkpoint.config["data"]["frequency_power"], data_root)
    bias = checkpoint.tensors["model.classifier.bias"]
    tensors = checkpoint.tensors | {"model.classifier.bias": bias - part * bias.new_tensor(learned)}
    write_checkpoint(adjusted, replace(checkpoint, tensors=tensors))

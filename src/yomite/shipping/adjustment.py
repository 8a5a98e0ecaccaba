"""What is done to a run's weights before they are exported: logit adjustment, and a share of older weights.

Training draws a class as often as its frequency to the power `data.frequency_power`, so its logits hold that
much of a prior. Among kanji this reads a rare one as its common neighbor (孑 as 子). The bias of the
classifier takes a part of it back; scripts keep their shares.

A run that goes on from released weights gains on what was added and loses a little of what it saw less; a
mean of the two weights keeps some of both.

Sources: Menon et al., "Long-tail learning via logit adjustment", arXiv:2007.07314; Wortsman et al., "Robust
fine-tuning of zero-shot models", arXiv:2109.01903.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from yomite.charset import Charset, script_of
from yomite.charset.prior import SENTENCES, weigh_classes
from yomite.checkpoint import Checkpoint, extract_weights, read_checkpoint
from yomite.errors import ModelFileError
from yomite.training.finetune import find_weights


def measure_learned_prior(charset: Charset, power: float, data_root: Path) -> np.ndarray:
    """Measure the log of how often each kanji was drawn, its mean taken off; 0 for all other characters.

    Args:
        charset: C characters.
        power: `data.frequency_power` of the run.
        data_root: The data folder, for the texts.

    Returns:
        Float64 (C,).
    """
    weights = weigh_classes(data_root / SENTENCES, charset, power)
    is_kanji = np.array([script_of(character) == "kanji" for character in charset])
    log_weights = np.log(np.maximum(weights, 1e-12))
    return np.where(is_kanji, log_weights - log_weights[is_kanji].mean() if is_kanji.any() else 0.0, 0.0)


def adjust_weights(checkpoint: Checkpoint, part: float, data_root: Path) -> Checkpoint:
    """Take a part of the learned prior off the classifier's bias.

    Args:
        checkpoint: What `yomite train` wrote.
        part: 0 leaves the weights as they are, 1 takes all of it back.
        data_root: The data folder, for the texts.
    """
    charset = Charset("of the weights", checkpoint.characters)
    learned = measure_learned_prior(charset, checkpoint.config["data"]["frequency_power"], data_root)
    bias = checkpoint.tensors["model.classifier.bias"]
    tensors = checkpoint.tensors | {"model.classifier.bias": bias - part * bias.new_tensor(learned)}
    return replace(checkpoint, tensors=tensors)


def keep_weights(weights: Path, share: float) -> Checkpoint:
    """Average a run's weights with those of its init_from.

    Args:
        weights: What `yomite train` wrote.
        share: Of the older ones, 0 to 1.

    Raises:
        ModelFileError: If it began from none, or they are of another network or other characters.
    """
    if not (before := read_checkpoint(weights).config.get("init_from")):
        raise ModelFileError(f"{weights} began from no weights, there is nothing to keep; leave out --keep")
    return average_weights(weights, find_weights(before), share)


def average_weights(weights: Path, before: Path, share: float) -> Checkpoint:
    """Average a run's weights with those that it began from.

    Args:
        weights: What `yomite train` wrote.
        before: The weights of its init_from: the same network and characters.
        share: 0 leaves the weights as they are, 1 gives the older ones.

    Raises:
        ModelFileError: If the two are of other networks or characters.
    """
    ours, theirs = (extract_weights(read_checkpoint(path)) for path in (weights, before))
    if (ours.model, ours.characters) != (theirs.model, theirs.characters):
        raise ModelFileError(f"{before} is of another network or charset than {weights}; leave out --keep")
    tensors = {
        name: tensor.lerp(theirs.tensors[name].to(tensor.dtype), share)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in ours.tensors.items()
    }
    return replace(ours, tensors=tensors)

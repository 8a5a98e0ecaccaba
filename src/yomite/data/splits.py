"""Samples -> parts: folds that are alike, and that share no writer."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from yomite.charset import Charset
from yomite.errors import DataError


def assign_folds(
    labels: Sequence[Hashable], groups: Sequence[Hashable] | None, k: int, seed: int
) -> np.ndarray:
    """Deals samples out to k folds, each class evenly, each group whole into one fold.

    The groups are dealt from the largest to the smallest, in an order among equals that the seed decides:
    each to the fold where its classes are rarest so far, measured by the share of the class.

    Args:
        labels: The class of each sample, a label or a character.
        groups: What must stay together, such as the writer of each sample; "" or None stands for a sample
            alone, and None instead of the list for all of them.
        k: How many folds, at least 2.
        seed: Of the order.

    Returns:
        Int64 (N,): the fold of each sample, 0 to k - 1.

    Raises:
        DataError: If there are fewer samples or groups than folds.
    """
    num_samples = len(labels)
    if k < 2:
        raise DataError(f"{k} folds; give 2 or more")
    if num_samples < k:
        raise DataError(f"{num_samples} samples do not fill {k} folds; give more samples or fewer folds")
    _, classes = np.unique(np.asarray(labels), return_inverse=True)
    members: dict[Hashable, list[int]] = {}
    for sample, group in enumerate(groups if groups is not None else [""] * num_samples):
        members.setdefault(("alone", sample) if group in ("", None) else ("group", group), []).append(sample)
    if len(members) < k:
        raise DataError(f"the samples are of {len(members)} writers, too few for {k} folds; give fewer folds")
    dealt = [np.array(samples) for samples in members.values()]
    order = np.random.default_rng(seed).permutation(len(dealt))
    # Class by class within one size, so that what remains of each goes to the smallest folds.
    first_classes = np.array([classes[dealt[which][0]] for which in order])
    group_sizes = np.array([len(dealt[which]) for which in order])
    order = order[np.lexsort((first_classes, -group_sizes))]

    folds = np.zeros(num_samples, np.int64)
    class_sizes = np.bincount(classes)
    counts = np.zeros((k, len(class_sizes)))
    sizes = np.zeros(k, np.int64)
    for which in order:
        found, added = np.unique(classes[dealt[which]], return_counts=True)
        # What the sum over folds and classes of count squared / class size grows by.
        growth = ((2 * counts[:, found] + added) * added / class_sizes[found]).sum(axis=1)
        fold = np.lexsort((sizes, np.round(growth, 9)))[0]
        folds[dealt[which]] = fold
        counts[fold, found] += added
        sizes[fold] += len(dealt[which])
    return folds


def find_held_out(
    characters: Sequence[str], writers: Sequence[str], charset: Charset, fold: str, seed: int
) -> np.ndarray:
    """Which samples a run is validated on, and does not learn from.

    Args:
        characters: Of each sample.
        writers: Of each sample, "" if unknown.
        charset: Samples of other characters take no part.
        fold: Such as 2/5: the second of five.
        seed: Of the deal.

    Returns:
        Bool (N,).

    Raises:
        DataError: If there are fewer samples or writers than folds.
    """
    number, num_folds = map(int, fold.split("/"))
    known = [index for index, character in enumerate(characters) if character in charset]
    folds = assign_folds([characters[i] for i in known], [writers[i] for i in known], num_folds, seed)
    held_out = np.zeros(len(characters), bool)
    held_out[np.array(known)[folds == number - 1]] = True
    return held_out

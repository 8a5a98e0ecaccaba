"""The output `known` of a model file: does the picture show one character that the model knows?

It is computed inside the graph, from the model's own logits and features, so that every language that can
run the file gets it: a head of one hidden layer, on the evidence that logits and features give.
docs/model-file.md writes the numbers down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import compose, numpy_helper
from torch import nn
from torch.nn import functional as F

from yomite.shipping.draft import attach, build_part

NUM_HIDDEN = 64
NUM_EPOCHS = 8
BATCH_SIZE = 256
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-2
DROPOUT = 0.3
"""Of the evidence: what shows on drawn characters alone must not decide about real ones."""

_EVIDENCE = """
evidence (float[N, C] logits, float[N, D, H, W] features) => (float[N, F] evidence) {
    mean = ReduceMean <axes = [1]> (logits)
    centered = Sub (logits, mean)
    squared = Mul (centered, centered)
    variance = ReduceMean <axes = [1]> (squared)
    variance_above_0 = Add (variance, least)
    deviation = Sqrt (variance_above_0)
    highest = ReduceMax <axes = [1]> (centered)
    prominence = Div (highest, deviation)

    scaled = Div (logits, temperature)
    log_probabilities = LogSoftmax <axis = 1> (scaled)
    probabilities = Exp (log_probabilities)
    products = Mul (probabilities, log_probabilities)
    certainty = ReduceSum (products, classes)

    embedding = ReduceSum <keepdims = 0> (features, places)

    feature_squares = Mul (features, features)
    power = ReduceMean <axes = [2, 3], keepdims = 0> (feature_squares)
    strength = Sqrt (power)

    evidence = Concat <axis = 1> (prominence, certainty, embedding, strength)
}
"""

_HEAD = """
head (float[N, F] evidence) => (float[N] known) {
    weighed = MatMul (evidence, weights)
    hidden = Add (weighed, biases)
    active = Relu (hidden)
    added = MatMul (active, out_weights)
    column = Add (added, out_bias)
    known = Squeeze (column, columns)
}
"""


def build_evidence(temperature: float) -> onnx.ModelProto:
    """Build the part that computes `evidence`, float32 (N, 2 + 2 D), from logits and features.

    How far the best logit stands out of all; minus the entropy of softmax(logits / temperature); the
    embedding; the root mean square of each feature over the places.

    Args:
        temperature: Of the uniform prior.
    """
    return build_part(
        _EVIDENCE,
        least=np.float32(1e-12),
        temperature=np.float32(temperature),
        classes=np.array([1], np.int64),
        places=np.array([2, 3], np.int64),
    )


def build_known(temperature: float, head: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """Build the part that computes `known`, float32 (N,): the log-odds of one known character.

    Args:
        temperature: Of the uniform prior.
        head: Of fit_head.
    """
    return compose.merge_models(
        build_evidence(temperature),
        build_part(_HEAD, columns=np.array([1], np.int64), **head),
        io_map=[("evidence", "evidence")],
    )


def read_known(network: onnx.ModelProto) -> tuple[float, dict[str, np.ndarray]] | None:
    """Return what the part `known` of a written file was built from, as for build_known; None without one."""
    prefix = "known/"
    constants = {
        one.name.removeprefix(prefix): numpy_helper.to_array(one)
        for one in network.graph.initializer
        if one.name.startswith(prefix)
    }
    if not constants:
        return None
    head = {name: constants[name] for name in ("weights", "biases", "out_weights", "out_bias")}
    return float(constants["temperature"]), head


def count_features(network: onnx.ModelProto) -> int:
    """Return D of a network's features, 0 where it has none."""
    shapes = {output.name: output.type.tensor_type.shape.dim for output in network.graph.output}
    return shapes["features"][1].dim_value if "features" in shapes else 0


def open_evidence(network: onnx.ModelProto, temperature: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from canvases, uint8 (N, 1, S, S), to their evidence, float32 (N, 2 + 2 D).

    Raises:
        ModelFileError: The network has no features.
    """
    model = attach(network, build_evidence(temperature), "known/")
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])

    def compute(images: np.ndarray) -> np.ndarray:
        batches = np.array_split(images, range(BATCH_SIZE, len(images), BATCH_SIZE))
        parts = [session.run(["evidence"], {"images": batch})[0] for batch in batches]
        return np.concatenate([np.asarray(part) for part in parts])

    return compute


def fit_head(
    characters: Sequence[np.ndarray], negatives: Sequence[np.ndarray], seed: int = 0
) -> dict[str, np.ndarray]:
    """Learn to tell characters from negatives: logistic regression with one hidden layer.

    Both sides weigh the same, and so does every kind on a side.

    Args:
        characters: Float32 (N, F) for each kind (drawn, real), the evidence on pictures of characters.
        negatives: Float32 (M, F) for each kind.
        seed: Of the first weights, of dropout and of the order.

    Returns:
        Weights (F, H), biases (H,), out_weights (H, 1), out_bias (1,), float32, of
        relu(evidence @ weights + biases) @ out_weights + out_bias.
    """
    evidence = torch.from_numpy(np.concatenate([*characters, *negatives]).astype(np.float32))
    is_character = (torch.arange(len(evidence)) < sum(map(len, characters))).float()
    shares = [
        torch.full((len(kind),), 1 / len(side) / len(kind))
        for side in (characters, negatives)
        for kind in side
    ]
    weights = torch.cat(shares) * (len(evidence) / 2)
    middle, deviation = evidence.mean(0), evidence.std(0, correction=0) + 1e-6
    evidence = (evidence - middle) / deviation
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        hidden, out = nn.Linear(evidence.shape[1], NUM_HIDDEN), nn.Linear(NUM_HIDDEN, 1)
        network = nn.Sequential(nn.Dropout(DROPOUT), hidden, nn.ReLU(), out)
        decayed = {"params": [hidden.weight, out.weight], "weight_decay": WEIGHT_DECAY}
        free = {"params": [hidden.bias, out.bias], "weight_decay": 0.0}
        optimizer = torch.optim.AdamW([decayed, free], LEARNING_RATE)
        num_steps = NUM_EPOCHS * -(-len(evidence) // BATCH_SIZE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_steps)
        for _ in range(NUM_EPOCHS):
            for rows in torch.randperm(len(evidence)).split(BATCH_SIZE):
                known = network(evidence[rows])[:, 0]
                loss = F.binary_cross_entropy_with_logits(known, is_character[rows], weights[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
    folded = hidden.weight.T / deviation[:, None]  # takes evidence as it comes
    head = {
        "weights": folded,
        "biases": hidden.bias - middle @ folded,
        "out_weights": out.weight.T,
        "out_bias": out.bias,
    }
    return {name: np.ascontiguousarray(values.detach().numpy()) for name, values in head.items()}


def apply_head(head: Mapping[str, np.ndarray], evidence: np.ndarray) -> np.ndarray:
    """Return float32 (N,), the log-odds of one known character, as the model file computes them."""
    active = np.maximum(evidence @ head["weights"] + head["biases"], 0)
    return (active @ head["out_weights"] + head["out_bias"])[:, 0]

"""Tagging a sequence: a layer that knows which tag follows which.

Python's standard library is the text and `tokenize` gives the tags: each character is
part of a name, a number, a string, a comment, an operator, or of the space between. The
network sees five characters at a time, and cannot see whether it is in a string, which
began far to the left. `LinearChainCRF` adds what it lacks, a score for each pair of
neighboring tags, and finds the best sequence as a whole. The program compares how many
characters are tagged right with a plain Dense layer and with the CRF.
"""

import argparse
import io
import json.decoder
import textwrap
import tokenize
from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure

import portable_losses

TAGS = ("space", "name", "number", "operator", "string", "comment")
KINDS = {
    tokenize.NAME: 1,
    tokenize.NUMBER: 2,
    tokenize.OP: 3,
    tokenize.STRING: 4,
    tokenize.COMMENT: 5,
}
STEPS = 64


def tagged(module: object) -> tuple[np.ndarray, np.ndarray]:
    """The characters of a module as numbers below 128, and their tags, in windows."""
    text = Path(module.__file__).read_text(encoding="utf-8")
    lines = np.cumsum([0, *(len(line) for line in io.StringIO(text))])
    tags = np.zeros(len(text), int)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        start, end = (lines[row - 1] + column for row, column in (token.start, token.end))
        tags[start:end] = KINDS.get(token.type, 0)
    characters = np.minimum(np.frombuffer(text.encode("utf-32-le"), "<u4"), 127)
    count = len(text) // STEPS
    cut = np.s_[: count * STEPS]
    shape = (count, STEPS)
    return characters[cut].reshape(shape).astype("int32"), tags[cut].reshape(shape)


def tag(with_crf: bool, seed: int) -> np.ndarray:
    """The tags of the test that a network finds, trained with or without a CRF."""
    keras.utils.set_random_seed(seed)
    x, y = tagged(argparse)
    x, y = x[:448], y[:448]
    characters = keras.Input((STEPS,), dtype="int32")
    h = keras.layers.Embedding(128, 8)(characters)
    h = keras.layers.Conv1D(24, 5, padding="same", activation="relu")(h)
    scores = keras.layers.Dense(len(TAGS))(h)
    tagger = keras.Model(characters, scores)
    if with_crf:
        tags = keras.Input((STEPS,), dtype="int32")
        crf = portable_losses.LinearChainCRF(len(TAGS))
        model = keras.Model([characters, tags], crf(scores, tags))
        model.compile(keras.optimizers.Adam(0.01))
        model.fit([x, y], batch_size=32, epochs=8, verbose=0)
    else:
        loss = portable_losses.SparseCategoricalCrossentropy(from_logits=True)
        tagger.compile(keras.optimizers.Adam(0.01), loss=loss)
        tagger.fit(x, y, batch_size=32, epochs=8, verbose=0)
    emissions = tagger.predict_on_batch(test()[0])
    if with_crf:
        return keras.ops.convert_to_numpy(crf.decode(emissions))
    return emissions.argmax(-1)


def test() -> tuple[np.ndarray, np.ndarray]:
    """Two other modules, which are smaller."""
    parts = [tagged(module) for module in (json.decoder, textwrap)]
    x, y = (np.concatenate(both) for both in zip(*parts, strict=True))
    return x, y


def trial(seed: int) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The share of characters whose tag is right, and the tags."""
    x, true = test()
    found = {"Dense": tag(False, seed), "LinearChainCRF": tag(True, seed)}
    scores = {name: float((tags == true).mean()) for name, tags in found.items()}
    return scores, {"text": x, "true": true, **found}

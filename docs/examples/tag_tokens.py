"""Tagging a sequence: a layer that knows which tag follows which.

The text is a module of Python's standard library, `argparse`, and `tokenize` gives the
tags: each character is part of a name, a number, a string, a comment, an operator, or
of the space between. The network sees five characters at a time, and cannot see whether
it is in a string, which began far to the left. `LinearChainCRF` adds what it lacks, a
score for each pair of neighboring tags, and finds the best sequence as a whole. The
program compares how many characters of the end of the module are tagged right with a
plain Dense layer and with the CRF, both trained on the same windows before it.
"""

import argparse
import functools
import io
import tokenize
from pathlib import Path

import keras
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

import portable_losses

TAGS = ("space", "name", "number", "operator", "string", "comment")
KINDS = {
    tokenize.NAME: 1,
    tokenize.NUMBER: 2,
    tokenize.OP: 3,
    tokenize.STRING: 4,
    tokenize.COMMENT: 5,
}
STEPS = 32
TRAINING = 2304  # of these windows every second one, which is 18 batches of 64
CLAIMS = [("LinearChainCRF", ">", "Dense")]


@functools.cache
def data() -> tuple[np.ndarray, np.ndarray]:
    """The characters of the module as numbers below 128, and their tags, in windows."""
    text = Path(argparse.__file__).read_text(encoding="utf-8")
    lines = np.cumsum([0, *(len(line) for line in io.StringIO(text))])
    tags = np.zeros(len(text), int)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        (row, column), (last, end) = token.start, token.end
        tags[lines[row - 1] + column : lines[last - 1] + end] = KINDS.get(token.type, 0)
    characters = np.minimum([ord(character) for character in text], 127)
    whole = np.s_[: len(text) // STEPS * STEPS]
    shape = (-1, STEPS)
    return characters[whole].reshape(shape).astype("int32"), tags[whole].reshape(shape)


def tag(with_crf: bool, seed: int) -> np.ndarray:
    """The tags of the test that a network finds, trained with or without a CRF."""
    keras.utils.set_random_seed(seed)
    x, y = (part[:TRAINING:2] for part in data())
    characters = keras.Input((STEPS,), dtype="int32")
    h = keras.layers.Embedding(128, 8)(characters)
    h = keras.layers.Conv1D(24, 5, padding="same", activation="relu")(h)
    scores = keras.layers.Dense(len(TAGS))(h)
    tagger = keras.Model(characters, scores)
    if with_crf:
        tags = keras.Input((STEPS,), dtype="int32")
        crf = portable_losses.LinearChainCRF(len(TAGS))
        model = keras.Model([characters, tags], crf(scores, tags))
        model.compile(keras.optimizers.Adam(0.02))
        history = model.fit([x, y], batch_size=64, epochs=10, verbose=0).history
    else:
        loss = portable_losses.SparseCategoricalCrossentropy(from_logits=True)
        tagger.compile(keras.optimizers.Adam(0.02), loss=loss)
        history = tagger.fit(x, y, batch_size=64, epochs=10, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    emissions = tagger.predict_on_batch(data()[0][TRAINING:])
    if with_crf:
        return keras.ops.convert_to_numpy(crf.decode(emissions))
    return emissions.argmax(-1)


def trial(seed: int) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The share of characters whose tag is right, and the tags."""
    x, true = (part[TRAINING:] for part in data())
    found = {"Dense": tag(False, seed), "LinearChainCRF": tag(True, seed)}
    scores = {name: float((tags == true).mean()) for name, tags in found.items()}
    return scores, {"text": x, "true": true, **found}


def plot(shown: dict[str, np.ndarray]) -> None:
    """The windows in which the CRF gains most, and loses most, with their tags."""
    text, true = shown["text"], shown["true"]
    right = {n: (shown[n] == true).sum(1) for n in ("Dense", "LinearChainCRF")}
    gain = right["LinearChainCRF"] - right["Dense"]
    colors = ListedColormap(
        ["#f0f0f0", "#9ecae1", "#fdd0a2", "#bdbdbd", "#a1d99b", "#dadaeb"]
    )
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    panels = figure.subplots(2, 1)
    for axes, window in zip(panels, (gain.argmax(), gain.argmin()), strict=True):
        rows = np.stack([shown[name][window] for name in ("true", *right)])
        axes.imshow(rows, cmap=colors, vmin=-0.5, vmax=len(TAGS) - 0.5, aspect="auto")
        for (row, step), _ in np.ndenumerate(rows):
            character = chr(text[window, step]).replace("\n", "\u00b6")
            center = {"ha": "center", "va": "center"}
            axes.text(step, row, character, family="monospace", **center)
        counts = ", ".join(
            f"{name} {n[window]} of {STEPS}" for name, n in right.items()
        )
        axes.set_title(f"right: {counts}")
        axes.set_yticks(range(len(rows)), ["tokenize", *right])
    panels[1].set_xlabel("character of the window")
    figure.suptitle("The windows in which the CRF gains most, and loses most")
    handles = [
        Patch(color=c, label=n) for c, n in zip(colors.colors, TAGS, strict=True)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, frameon=False)
    Path("build").mkdir(exist_ok=True)
    figure.savefig("build/tag_tokens.png", dpi=150)


def main() -> None:
    scores, shown = trial(0)
    commonest = np.bincount(shown["true"].ravel()).max() / shown["true"].size
    for name, value in scores.items():
        print(f"{name}: {value:.1%} of the characters are tagged right")
        assert value > commonest + 0.1  # what the commonest tag for all has
    plot(shown)


if __name__ == "__main__":
    main()

"""Retrieval with two towers: the items of a batch as negatives, and how often each is.

A query is the pair of tokens before a place in a module of Python's standard library,
`argparse`, and its item is the token at that place: what should an editor suggest? Each
side has a tower, and `InBatchSoftmax` takes the items of the other queries of a batch
as negatives. Frequent items are negatives more often, so that their scores become too
low; `item_counts` takes that out again. The program compares how many queries of the
end of the module have their item among the five with the largest scores. Those that
have a frequent item gain, and the few that have a seldom one lose.
"""

import argparse
import io
import tokenize
from collections import Counter
from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure

import portable_losses

SKIPPED = (tokenize.COMMENT, tokenize.NL, tokenize.STRING, tokenize.ENCODING)
NAMES = {
    tokenize.NEWLINE: "(newline)",
    tokenize.INDENT: "(in)",
    tokenize.DEDENT: "(out)",
}
ITEMS = 300
CLAIMS = [("item_counts", ">", "no counts")]


def data() -> tuple[np.ndarray, np.ndarray, int]:
    """Two tokens and the next one, all of them by number, and where the test begins."""
    source = io.StringIO(Path(argparse.__file__).read_text(encoding="utf-8"))
    tokens = [
        NAMES.get(token.type, token.string)
        for token in tokenize.generate_tokens(source.readline)
        if token.type not in SKIPPED
    ]
    words = [word for word, _ in Counter(tokens).most_common(ITEMS - 1)]
    numbers = {word: number for number, word in enumerate(words)}
    # What is rare has one number, and is no item.
    ids = np.array([numbers.get(token, ITEMS - 1) for token in tokens], "int32")
    pairs, items = np.stack([ids[:-2], ids[1:-1]], 1), ids[2:]
    known = items < ITEMS - 1
    return pairs[known], items[known], int(known.sum()) * 4 // 5


def scores(with_counts: bool, seed: int) -> np.ndarray:
    """The score of every item for every query of the test."""
    keras.utils.set_random_seed(seed)
    x, y, split = data()
    layers = keras.layers
    pair, number = keras.Input((2,), dtype="int32"), keras.Input((), dtype="int32")
    h = layers.Flatten()(layers.Embedding(ITEMS, 16)(pair))
    query = layers.Dense(16)(layers.Dense(32, activation="relu")(h))
    item = layers.Embedding(ITEMS, 16)(number)
    towers = keras.Model(pair, query), keras.Model(number, item)
    views = portable_losses.StackViews(normalize=False)([query, item])
    model = keras.Model([pair, number], views)
    counts = np.bincount(y[:split], minlength=ITEMS)
    loss = portable_losses.InBatchSoftmax(
        # An item that training lacks is never a negative, and any count does.
        item_counts=np.maximum(counts, 1).tolist() if with_counts else None
    )
    model.compile(keras.optimizers.Adam(0.01), loss=loss)
    history = model.fit(
        [x[:split], y[:split]], y[:split], batch_size=128, epochs=6, verbose=0
    ).history
    assert history["loss"][-1] < history["loss"][0]
    u = towers[0].predict_on_batch(x[split:])
    return u @ towers[1].predict_on_batch(np.arange(ITEMS, dtype="int32")).T


def ranks(with_counts: bool, seed: int) -> np.ndarray:
    """The rank of the true item of each query of the test, from 1."""
    _, y, split = data()
    found = scores(with_counts, seed)
    own = np.take_along_axis(found, y[split:, None], 1)
    return (found >= own).sum(1)


def trial(seed: int) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """The share of queries whose item is among the first five, and the ranks."""
    found = {"no counts": ranks(False, seed), "item_counts": ranks(True, seed)}
    return {name: float((rank <= 5).mean()) for name, rank in found.items()}, found


def plot(found: dict[str, np.ndarray]) -> None:
    """How many are found among how many suggestions, and among how frequent items."""
    _, y, split = data()
    figure = Figure(figsize=(10, 4), layout="constrained")
    by_number, by_item = figure.subplots(1, 2)
    numbers = np.arange(1, 21)
    groups = np.searchsorted([10, 50], y[split:], side="right")
    for i, (name, rank) in enumerate(found.items()):
        by_number.plot(numbers, [(rank <= k).mean() for k in numbers], label=name)
        shares = [(rank[groups == group] <= 5).mean() for group in range(3)]
        bars = by_item.bar(np.arange(3) + 0.4 * i - 0.2, shares, 0.38)
        by_item.bar_label(bars, fmt="%.2f")
    by_number.set(
        xlabel="suggestions", ylabel="share of tokens among them", ylim=(0, 1)
    )
    names = ["10 most frequent", "next 40", f"next {ITEMS - 51}"]
    by_item.set_xticks(range(3), names)
    by_number.set_xticks([1, 5, 10, 15, 20])
    by_item.set(xlabel="true token", ylabel="share among five suggestions", ylim=(0, 1))
    figure.suptitle("With the counts of the items more suggestions are right")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    Path("build").mkdir(exist_ok=True)
    figure.savefig("build/suggest_tokens.png", dpi=150)


def main() -> None:
    found, shown = trial(0)
    plot(shown)
    _, y, split = data()
    often = np.bincount(y[:split]).argsort()[-5:]
    always = np.isin(y[split:], often).mean()
    print(f"the five most frequent tokens: {always:.0%}")
    for name, value in found.items():
        print(f"{name}: {value:.0%} of the tokens are among five suggestions")
        assert value > always + 0.05


if __name__ == "__main__":
    main()

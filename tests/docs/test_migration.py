"""The losses of other libraries: each row whose library is installed is compared."""

import importlib
import importlib.metadata
import importlib.util
import math
import re
import tomllib
from pathlib import Path

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses.parity import autodiff

ROOT = Path(__file__).resolve().parents[2]
DATA = tomllib.loads(
    (ROOT / "portable_losses" / "command" / "peers.toml").read_text(encoding="utf-8")
)
LIBRARIES = {library["name"]: library for library in DATA["library"]}
ROWS = DATA["loss"]
BACKEND = keras.config.backend()
TOLERANCES = {"rtol": 2e-4, "atol": 2e-6}
"""float32 on both sides, and terms in another order."""


def here(library: dict) -> bool:
    """Whether a library is installed, and computes on this backend."""
    top = library["modules"][0].partition(".")[0]
    return library["framework"] in (BACKEND, "keras") and (
        importlib.util.find_spec(top) is not None
    )


COMPARED = [r for r in ROWS if r.get("equal") and here(LIBRARIES[r["library"]])]


# --- inputs: y_true and y_pred, of numbers that no loss finds special -----------------


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def one_hot(ids: np.ndarray, classes: int) -> np.ndarray:
    return np.eye(classes, dtype="float32")[ids]


IDS = np.array([0, 3, 1, 2, 1, 0], "int64")
# Regions of each class in each image, whose borders are not straight.
Y, X = np.mgrid[:8, :8]
MAPS = np.stack([(X + Y // 2) // 4 % 3, np.hypot(X - 3, Y - 4).astype(int) // 2 % 3])
MASKS = one_hot(MAPS, 3)
ONE_MASK = (MAPS[..., None] == 1).astype("float32")
YES = (numbers(6, 3, seed=5) > 0).astype("float32")
BOXES = np.array(
    [[1, 1, 4, 5], [0, 2, 3, 3], [2, 2, 6, 4], [1, 0, 2, 3], [3, 3, 5, 6]], "float32"
)
PEAKS = np.minimum(np.exp(-np.square(numbers(2, 8, 8, 1, seed=2))), 0.9)
PEAKS[0, 2, 3], PEAKS[1, 4, 4] = 1.0, 1.0  # one in each map
LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2], "int64")


def images(*shape: int) -> tuple[np.ndarray, np.ndarray]:
    true = 0.5 + 0.2 * np.sin(3 * numbers(*shape, seed=1))
    return true, np.clip(true + 0.1 * numbers(*shape, seed=2), 0.01, 0.99)


INPUTS = {
    "real": (numbers(6, 3, seed=1), numbers(6, 3)),
    "positive": (1 + numbers(6, 3, seed=1) ** 2, 1 + numbers(6, 3) ** 2),
    "counts": (np.float32([[0, 2, 5], [1, 3, 2], [4, 7, 1]]), numbers(3, 3)),
    "real_and_spread": (numbers(6, 3, seed=1), numbers(6, 6)),
    "yes_no": (YES, softmax(numbers(6, 3)) * 0.9),
    "yes_no_logits": (YES, numbers(6, 3)),
    "signs": (2 * YES - 1, numbers(6, 3)),
    "one_hot": (one_hot(IDS, 4), softmax(numbers(6, 4))),
    "one_hot_logits": (one_hot(IDS, 4), numbers(6, 4)),
    "indices": (IDS, numbers(6, 4)),
    "indices_of_probabilities": (IDS, softmax(numbers(6, 4))),
    "distributions": (softmax(numbers(6, 4, seed=1)), softmax(numbers(6, 4))),
    "alignment": (np.array([[1, 2, 2, 0], [3, 1, 0, 0]], "int64"), numbers(2, 9, 4)),
    "maps": (MAPS.astype("int64"), numbers(2, 8, 8, 3)),
    "maps_one_hot": (MASKS, numbers(2, 8, 8, 3)),
    "masks": (MASKS, numbers(2, 8, 8, 3)),
    "masks_of_probabilities": (MASKS, softmax(numbers(2, 8, 8, 3))),
    "two_maps_of_probabilities": (
        one_hot(MAPS % 2, 2),
        softmax(numbers(2, 8, 8, 2)),
    ),
    "one_mask": (ONE_MASK, numbers(2, 8, 8, 1)),
    "one_mask_of_probabilities": (ONE_MASK, softmax(numbers(2, 8, 8, 2))[..., :1]),
    "heat_maps": (PEAKS, softmax(numbers(2, 8, 8, 2))[..., :1]),
    "boxes": (BOXES, BOXES + 0.3 * numbers(5, 4)),
    "images": images(2, 16, 18, 3),
    "volumes": images(1, 8, 9, 10, 1),
    "embeddings": (LABELS, numbers(9, 5)),
    "classes_of_embeddings": (LABELS, numbers(9, 5)),
    "pair_distances": (YES[:, 0], np.abs(numbers(6))),
    "pairs_of_views": (np.float32([1, -1, 1, -1, -1, 1]), numbers(6, 2, 5)),
    "views": (np.zeros((6,), "float32"), numbers(6, 2, 5)),
    "triplets": (np.zeros((6,), "float32"), numbers(6, 3, 5)),
}
CENTERS = numbers(5, 3, seed=7)


# --- what the expressions of the rows use ---------------------------------------------


def first(x: object) -> object:
    """A tensor with its channels moved from the last axis to the second."""
    return keras.ops.moveaxis(x, -1, 1)


def flat(x: object) -> object:
    """Pixels as samples."""
    return keras.ops.reshape(x, (-1, x.shape[-1]))


def cosines(x: object) -> object:
    """What `CosineDense` with the centers `CENTERS` makes of embeddings."""
    layer = portable_losses.CosineDense(CENTERS.shape[1])
    layer.build(x.shape)
    layer.set_weights([CENTERS])
    return layer(x)


def with_centers(loss: object, name: str) -> object:
    """A torch loss that holds class centers, with `CENTERS` as its parameter `name`."""
    parameter = getattr(loss, name)
    centers = CENTERS if tuple(parameter.shape) == CENTERS.shape else CENTERS.T
    parameter.data = keras.ops.convert_to_tensor(centers)
    return loss


def unit(x: object) -> object:
    """Embeddings of length 1."""
    return keras.ops.normalize(x, axis=-1)


def kernel() -> object:
    """`CENTERS` as the kernel of a linear output layer, a tensor."""
    return keras.ops.convert_to_tensor(CENTERS)


def added(layer: keras.layers.Layer, t: object, p: object) -> object:
    """What a layer that adds a loss adds, with `CENTERS` as its kernel."""
    layer.build(p.shape)
    layer.set_weights([CENTERS])
    layer(p, t, training=True)
    (loss,) = layer.losses
    return loss


HELPERS = {
    "added": added,
    "cosines": cosines,
    "first": first,
    "flat": flat,
    "kernel": kernel,
    "transposed": keras.ops.transpose,
    "unit": unit,
}
FRAMEWORKS = {
    "torch": {"torch": "torch", "F": "torch.nn.functional"},
    "jax": {"jnp": "jax.numpy"},
    "keras": {},
    "tensorflow": {"tf": "tensorflow"},
}


def ours(row: dict) -> object:
    """The loss that a row says to construct."""
    text = row.get("construct") or f"{row['ours']}({row['arguments']})"
    names = {**vars(portable_losses), "math": math}
    loss = eval(text, names)
    return row["factor"] * loss if "factor" in row else loss


def names_of(library: dict) -> dict:
    """What the expression of a row of this library may use."""
    used = FRAMEWORKS[library["framework"]]
    names = {name: importlib.import_module(module) for name, module in used.items()}
    for module in library["modules"]:
        names |= vars(importlib.import_module(module))
    return {**names, **HELPERS, "with_centers": with_centers}


def results(row: dict) -> tuple[autodiff.Result, autodiff.Result]:
    """Theirs and ours: each a value, and its gradient with respect to y_pred."""
    loss, of = ours(row), row.get("of", "loss(t, p)")
    names = names_of(LIBRARIES[row["library"]])

    def theirs(t, p, weight, mask):
        return total(eval(row["compare"], {**names, "t": t, "p": p}))

    def mine(t, p, weight, mask):
        return eval(of, {**HELPERS, "loss": loss, "t": t, "p": p})

    y_true, y_pred = INPUTS[row["inputs"]]
    backend = autodiff.load(BACKEND)
    evaluate, mode = backend.evaluate, backend.MODES[0]
    return (
        evaluate(theirs, mode, y_true, y_pred),
        evaluate(mine, mode, y_true, y_pred),
    )


def total(value: object) -> object:
    """The mean, where a library returns items."""
    return keras.ops.mean(value) if len(value.shape) else value


@pytest.mark.parametrize(
    "row", COMPARED, ids=lambda row: f"{row['library']}-{row['theirs']}"
)
def test_ours_has_the_value_and_the_gradient_of_theirs(row):
    theirs, mine = results(row)
    assert np.abs(theirs.value) > 1e-3
    np.testing.assert_allclose(mine.value, theirs.value, **TOLERANCES)
    if row.get("gradient", theirs.gradient is not None):
        assert np.abs(theirs.gradient).max() > 1e-4
        np.testing.assert_allclose(mine.gradient, theirs.gradient, **TOLERANCES)


# --- the table itself -----------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [n for n, library in LIBRARIES.items() if here(library)]
)
def test_each_loss_of_an_installed_library_has_a_row(name):
    library = LIBRARIES[name]
    wanted = re.compile(library.get("names", ".*"))
    public = {
        found
        for module in library["modules"]
        for found, value in vars(importlib.import_module(module)).items()
        if not found.startswith("_")
        and callable(value)
        and wanted.fullmatch(found)
        and found not in library.get("besides", ())
    }
    rows = [row for row in ROWS if row["library"] == name]
    named = [found for row in rows for found in (row["theirs"], *row.get("also", ()))]
    assert len(set(named)) == len(named)
    if importlib.metadata.version(name) == library["version"]:
        assert set(named) == public
    else:  # a later one may have more
        assert public


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r["ours"]], ids=lambda r: f"{r['library']}-{r['theirs']}"
)
def test_ours_can_be_constructed_as_a_row_says(row):
    assert row["library"] in LIBRARIES
    assert row["ours"] in portable_losses.__all__
    # A layer that holds weights adds the loss, where theirs holds weights, too.
    assert isinstance(
        ours(row), portable_losses.Loss | portable_losses.LinearCrossentropy
    )
    # What is equal is compared, and what is not says why.
    assert set(row) >= ({"inputs", "compare"} if row["equal"] else {"note"})
    assert row["equal"] or row["note"]
    assert row.get("inputs") in (None, *INPUTS)

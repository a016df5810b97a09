"""What is no tensor of numbers is rejected in the words of the package."""

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses import Loss, ops

BACKEND = keras.config.backend()
only_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="tensors of it")
ZEROS, TWOS = np.zeros((2, 3), "float32"), np.full((2, 3), 2.0, "float32")

KINDS = {
    "strings": (np.array(["a", "b"]), TypeError, "strings (encode labels as class"),
    "a list of strings": (["a", "b"], TypeError, "strings (encode labels as class"),
    "bytes": (np.array([b"a", b"b"]), TypeError, "strings (encode labels"),
    "numbers as strings": (np.array(["1", "2"]), TypeError, "strings (encode labels"),
    "ragged lists": ([[1.0, 2.0], [3.0]], ValueError, "of different lengths (pad them"),
    "ragged, deeper": (
        [[[1.0], [2.0, 3.0]], [[1.0], [2.0]]],
        ValueError,
        "of different lengths (pad them",
    ),
    "ragged arrays": (
        [np.zeros(2), np.zeros(3)],
        ValueError,
        "of different lengths (pad them",
    ),
    "a list and a number": ([[1.0, 2.0], 3.0], ValueError, "of different lengths (pad"),
    "an array of ragged lists": (
        np.array([[1.0], [2.0, 3.0]], dtype=object),
        ValueError,
        "of different lengths (pad them",
    ),
    "an array of objects": (
        np.array([object(), object()]),
        TypeError,
        "objects (convert them: np.asarray(x, 'float32'))",
    ),
    "a list of objects": ([object(), object()], TypeError, "objects (convert them"),
    "a list with None": ([1.0, None], TypeError, "missing entries (None) (put any"),
    "an array with None": (np.array([1.0, None]), TypeError, "missing entries (None)"),
    "dates": (np.array(["2020-01-01"] * 2, "datetime64[D]"), TypeError, "dates (count"),
    "durations": (np.array([1, 2], "timedelta64[s]"), TypeError, "durations (divide"),
    "complex numbers": (np.array([1j, 2.0]), TypeError, "complex numbers (pass the"),
    "a list of complex numbers": ([1j, 2.0], TypeError, "complex numbers (pass the"),
}


def call_with(argument, value):
    good = {"y_true": np.zeros(2, "float32"), "y_pred": np.zeros(2, "float32")}
    return portable_losses.Huber()(**{**good, argument: value})


@pytest.mark.parametrize("argument", ["y_true", "y_pred", "sample_weight", "mask"])
@pytest.mark.parametrize("row", KINDS)
def test_no_tensor_of_numbers(row, argument):
    value, kind, text = KINDS[row]
    with pytest.raises(kind) as caught:
        call_with(argument, value)
    message = str(caught.value)
    assert message.startswith(f"Huber: `{argument}` must be a tensor")
    assert f"got {argument}={text[:20]}" in message or text in message
    assert text in message


@pytest.mark.parametrize("row", KINDS)
@pytest.mark.parametrize(
    "name",
    ["SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy", "SoftDice"],
)
def test_class_indices_that_are_no_numbers(name, row):
    value, kind, text = KINDS[row]
    y_pred = np.full((2, 2, 3), 0.3, "float32")
    with pytest.raises(kind) as caught:
        getattr(portable_losses, name)()(value, y_pred)
    assert text in str(caught.value)


def test_an_array_of_objects_that_are_numbers():
    y_true = np.array([[0, 1.5, 2], [3, 4, 5]], dtype=object)
    want = portable_losses.Huber()(y_true.astype("float32"), TWOS)
    assert float(portable_losses.Huber()(y_true, TWOS)) == float(want)
    ids = np.array([0, 2], dtype=object)
    loss = portable_losses.SparseCategoricalCrossentropy(from_logits=True)
    assert float(loss(ids, ZEROS)) == float(loss(np.array([0, 2]), ZEROS))


def test_a_context_that_is_no_tensor():
    class NearInput(Loss):
        def call(self, y_true, y_pred, x):
            return ops.mean(y_pred - x, axis=-1)

    with pytest.raises(TypeError, match="NearInput: `context` must be a tensor of num"):
        NearInput()(ZEROS, TWOS, None, None, np.array(["a", "b"]))


@pytest.mark.parametrize("symbolic", ["y_true", "y_pred", "both"])
@pytest.mark.parametrize(
    "loss",
    [
        portable_losses.Huber(),
        portable_losses.SoftDice(),
        portable_losses.Huber() + portable_losses.MeanSquaredError(),
    ],
    ids=["loss", "statistic", "sum"],
)
def test_symbolic_tensors_belong_to_an_endpoint(loss, symbolic):
    x = keras.Input((3, 3))
    real = np.zeros((2, 3, 3), "float32")
    y_true = real if symbolic == "y_pred" else x
    y_pred = real if symbolic == "y_true" else x
    message = r"got y_\w+=a symbolic KerasTensor \(LossEndpoint\(loss\)\(y_pred, y_true"
    with pytest.raises(TypeError, match=message):
        loss(y_true, y_pred)


# --- TensorFlow: ranks that nobody knows, ragged and sparse tensors -------------------


@only_tensorflow
@pytest.mark.parametrize("argument", ["y_true", "y_pred", "sample_weight", "mask"])
@pytest.mark.parametrize("name", ["Huber", "SparseCategoricalCrossentropy", "SoftDice"])
def test_an_unknown_rank(name, argument):
    import tensorflow as tf

    given = {
        "y_true": np.zeros((2, 4), "int32"),
        "y_pred": np.full((2, 4, 3), 0.3, "float32"),
        "sample_weight": np.ones(2, "float32"),
        "mask": np.ones(2, bool),
    }
    if name == "Huber":
        given["y_true"] = np.zeros((2, 4, 3), "float32")
    loss = getattr(portable_losses, name)()
    specs = [
        tf.TensorSpec(None if key == argument else (None, *x.shape[1:]), x.dtype)
        for key, x in given.items()
    ]
    compiled = tf.function(loss.__call__, input_signature=specs, autograph=False)
    with pytest.raises(ValueError, match=rf"`{argument}` must be of a known rank; got"):
        compiled(*given.values())


@only_tensorflow
def test_an_unknown_rank_in_fit():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((ZEROS, TWOS)).map(
        lambda x, y: (x, tf.numpy_function(lambda y: y, [y], "float32"))
    )
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
    model.compile("sgd", loss=portable_losses.Huber())
    with pytest.raises(
        ValueError, match=r"`y_true` must be of a known rank; got .*set_"
    ):
        model.fit(data.batch(2), verbose=0)


@only_tensorflow
@pytest.mark.parametrize("argument", ["y_true", "y_pred", "sample_weight", "mask"])
def test_ragged_tensors(argument):
    import tensorflow as tf

    ragged = tf.ragged.constant([[0, 1], [2]])
    with pytest.raises(
        ValueError, match=rf"`{argument}` must be a tensor, in which all"
    ):
        call_with(argument, ragged)


@only_tensorflow
def test_ragged_class_indices(compiled):
    import tensorflow as tf

    ids = tf.ragged.constant([[0, 1], [2]])
    loss = portable_losses.SparseCategoricalCrossentropy()
    function = tf.function(loss.__call__) if compiled else loss
    with pytest.raises(
        ValueError, match="exclude the padding by a mask or, for class indices, by"
    ):
        function(ids, np.full((2, 2, 3), 0.3, "float32"))


@only_tensorflow
def test_tensors_of_strings():
    import tensorflow as tf

    with pytest.raises(
        TypeError, match="`y_true` must be a tensor of numbers; got y_tr"
    ):
        call_with("y_true", tf.constant(["a", "b"]))


def sparse_eye():
    eye = np.eye(3, dtype="float32")
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.sparse.from_dense(eye)
    if BACKEND == "jax":
        from jax.experimental import sparse

        return sparse.BCOO.fromdense(eye)
    import torch

    return torch.tensor(eye).to_sparse()


def test_a_sparse_tensor_is_made_dense():
    sparse = sparse_eye()
    loss = portable_losses.CategoricalCrossentropy(from_logits=True)
    want = loss(np.eye(3), np.zeros((3, 3)))
    assert float(loss(sparse, np.zeros((3, 3)))) == float(want)


@pytest.mark.skipif(BACKEND != "torch", reason="tensors of it")
def test_nested_tensors():
    import torch

    nested = torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)])
    with pytest.raises(
        ValueError, match="`y_true` must be a tensor, in which all samp"
    ):
        call_with("y_true", nested)


# --- the signature of `call` ----------------------------------------------------------


class Keywords(Loss):
    def call(self, y_true, y_pred, **kw):
        return ops.mean(y_pred, axis=-1)


class Everything(Loss):
    def call(self, *args, **kw):
        return ops.mean(args[1], axis=-1)


class Static(Loss):
    @staticmethod
    def call(y_true, y_pred):
        return ops.mean(y_pred, axis=-1)


class StaticContext(Loss):
    @staticmethod
    def call(y_true, y_pred, x):
        return ops.mean(y_pred * x, axis=-1)


class PositionalOnly(Loss):
    def call(self, y_true, y_pred, /):
        return ops.mean(y_pred, axis=-1)


class Optional(Loss):
    def call(self, y_true, y_pred, *, power=1.0, **kw):
        return ops.mean(y_pred**power, axis=-1)


class KeptFirst(Loss):
    """`kept` before a context."""

    def call(self, y_true, y_pred, kept, x=1.0):
        scale = 1.0 if kept is None else ops.cast(kept, y_pred.dtype)
        return ops.mean(y_pred * x, axis=-1) * scale


class KeptLast(Loss):
    def call(self, y_true, y_pred, x, *, kept=None, **kw):
        return ops.mean(y_pred * x, axis=-1)


class OtherNames(Loss):
    def call(self, target, output, *rest):
        return ops.mean(output * (rest[0] if rest else 1.0), axis=-1)


class Assigned(Loss):
    call = lambda self, y_true, y_pred: ops.mean(y_pred, axis=-1)  # noqa: E731


SIGNATURES = {
    Keywords: 0,
    Everything: 0,
    Static: 0,
    StaticContext: 1,
    PositionalOnly: 0,
    Optional: 0,
    KeptFirst: 0,
    KeptLast: 1,
    OtherNames: 0,
    Assigned: 0,
}


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("cls", SIGNATURES)
def test_a_signature_of_call(cls, masked):
    context = [np.ones((2, 3), "float32")] * SIGNATURES[cls]
    mask = np.array([True, True]) if masked else None
    assert float(cls()(ZEROS, TWOS, None, mask, *context)) == 2


@pytest.mark.parametrize("cls", [Everything, OtherNames, KeptFirst, StaticContext])
def test_a_context_of_any_signature(cls):
    context = np.full((2, 3), 0.5, "float32")
    want = 2.0 if cls is Everything else 1.0
    for mask in (None, np.array([True, True])):
        assert float(cls()(ZEROS, TWOS, None, mask, context)) == want


@pytest.mark.parametrize("cls", [Keywords, Static, PositionalOnly, Optional])
def test_a_context_that_nobody_takes(cls):
    with pytest.raises(TypeError, match="`context` must be omitted; got context=1 ten"):
        cls()(ZEROS, TWOS, None, None, ZEROS)


UNCALLABLE = {
    "one argument": (lambda self, y_pred: y_pred, "a method of y_true and y_pred; got"),
    "no self": (lambda y_true, y_pred: y_pred, "a method of y_true and y_pred; got"),
    "keywords": (lambda self, *, y_true, y_pred: y_pred, "a method of y_true and y_"),
    "a keyword that nobody passes": (
        lambda self, y_true, y_pred, *, x: y_pred,
        "a method with a default for x, which nobody passes; got call=call(self, y_tru",
    ),
}


@pytest.mark.parametrize("row", UNCALLABLE)
def test_a_signature_that_cannot_be_called(row):
    call, text = UNCALLABLE[row]
    with pytest.raises(TypeError) as caught:
        type("Mine", (Loss,), {"call": call})
    assert f"Mine: `call` must be {text}" in str(caught.value)


@pytest.mark.parametrize("items", [None, 1.0, [1.0], (ZEROS, ZEROS, ZEROS), (ZEROS, 1)])
def test_what_call_returns(items):
    class Returns(Loss):
        def call(self, y_true, y_pred):
            return items

    with pytest.raises(
        TypeError, match="`call` must be a function that returns a tens"
    ):
        Returns()(ZEROS, TWOS)

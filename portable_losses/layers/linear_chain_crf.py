"""A conditional random field over the tags of a sequence, with learned transitions."""

# Long because the docstring says how to train, decode and mask.

import dataclasses
from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.core.added import Added
from portable_losses.core.axes import leading
from portable_losses.core.inputs import tensor
from portable_losses.core.loss import Loss
from portable_losses.core.mask import keras_mask
from portable_losses.layers import _chain
from portable_losses.ops.classes import valid_ids


@keras.saving.register_keras_serializable("portable_losses")
class LinearChainCRF(keras.layers.Layer):
    """Linear-chain conditional random field (CRF layer for tagging).

    It follows the last layer of a tagger, adds the negative log-likelihood of the true
    tags to the losses of the model, and finds the best tags of a sequence as a whole.

    With e_t the emissions of step t, A the transitions and a and b the scores of the
    first and of the last tag, the score of the tags y_1 to y_n is

        s(y) = a_{y_1} + sum_t e_t(y_t) + sum_{t > 1} A(y_{t-1}, y_t) + b_{y_n}

    and the loss is the mean over the sequences of log sum_{y'} exp(s(y')) - s(y), where
    the sum is over all sequences of tags.

    Call it as `crf(emissions, y_true=None, sample_weight=None, mask=None)`, with the
    target as an input of the model. It returns the emissions unchanged; without a
    target it adds no loss. The methods are for prediction, and for custom training
    loops:

    * `decode(emissions, mask=None)`: the best tags (Viterbi);
    * `marginals(emissions, mask=None)`: the probability of each tag at each step;
    * `log_likelihood(y_true, emissions, mask=None)`: the log-likelihood of each
      sequence.

    Its weights are `transitions` (from, to), `start` and `end`, which are 0 at first.

    Shapes: `emissions` are `(B, T, C)`, any real numbers; `y_true` is `(B, T)` or
    `(B, T, 1)`, class indices; `sample_weight` is `(B,)`; `mask` is `(B, T)`, True for
    steps that count, by default the mask that Keras attached to the emissions. `decode`
    returns `(B, T)` in int32, `marginals` `(B, T, C)` and `log_likelihood` `(B,)`.

    Args:
        num_classes: C >= 1, the number of tags.
        use_boundaries: whether the layer has the weights `start` and `end`; otherwise
            both are None.
        name: name of the layer.
        **rest: further arguments of `keras.layers.Layer`, such as `dtype`.

    Edge cases: masked steps are skipped, before, after or between the others: the
    predecessor of a step is the last step before it that is not masked. Masked steps
    have tag -1, probabilities 0 and gradient 0, for all emissions and labels. A
    sequence without steps is excluded from the mean and has log-likelihood 0. One step
    is a softmax with cross-entropy. Value and gradient are exact for scores of 1e4
    and beyond. A score of -inf forbids a tag or a transition; a sequence that needs it
    costs inf. Of equally good paths `decode` takes the lower tags, beginning at the
    last step. The computation is in float32 under a policy of half precision, and in
    float64 under "float64". The gradient can be differentiated again, except on
    TensorFlow under XLA, where this raises an error. The time is that of T sequential
    steps, and the memory that of B T C^2 numbers.

    Raises:
        ValueError: for num_classes < 1, emissions that are not `(B, T, C)`, class
            indices that are not whole or out of range (in compiled code the loss is
            NaN), and masks and weights that do not fit.
        TypeError: if num_classes is not an int or use_boundaries not a bool, and for
            symbolic tensors in the methods.

    Example:
        >>> words, tags = keras.Input((None,)), keras.Input((None,), dtype="int32")
        >>> x = keras.layers.Embedding(100, 8, mask_zero=True)(words)
        >>> emissions = keras.layers.Dense(3)(x)
        >>> crf = portable_losses.LinearChainCRF(3)
        >>> trained = keras.Model([words, tags], crf(emissions, tags))
        >>> trained.compile("adam")  # and trained.fit([words, tags])
        >>> predicts = keras.Model(words, emissions)
        >>> sentence = np.array([[5, 8, 0]])
        >>> best = crf.decode(predicts(sentence), mask=sentence != 0)
        >>> int(best[0, 2])  # a masked step
        -1

    Reference:
        Lafferty, McCallum, Pereira, "Conditional random fields: Probabilistic models
        for segmenting and labeling sequence data", ICML 2001.

    Differs: from pytorch-crf for masked steps between others. Here they are skipped;
    there the score of the transition across them is missing.
    """

    def __init__(
        self,
        num_classes: int,
        use_boundaries: bool = True,
        name: str | None = None,
        **rest: Any,
    ) -> None:
        # Autocast to half precision would round emissions and weights of samples.
        super().__init__(name=name, **{"autocast": False, **rest})
        owner = type(self).__name__
        self.num_classes = arguments.integer(
            owner, "num_classes", num_classes, at_least=1
        )
        self.use_boundaries = arguments.flag(owner, "use_boundaries", use_boundaries)
        self.supports_masking = True
        self._added = Added()
        dtype = "float64" if self.compute_dtype == "float64" else "float32"
        self._losses_of = _Losses(
            mean=_OfSequences(self, dtype=dtype),
            items=_OfSequences(self, dtype=dtype, reduction=None),
        )
        self.start = self.end = None
        # A layer that does not autocast its inputs still autocasts its weights, unless
        # each weight is told not to.
        exact: Any = {"initializer": "zeros", "autocast": False}
        zeros: Any = {**exact, "shape": (self.num_classes,)}
        square: Any = {**zeros, "shape": (self.num_classes, self.num_classes)}
        self.transitions = self.add_weight(name="transitions", **square)
        if use_boundaries:
            self.start = self.add_weight(name="start", **zeros)
            self.end = self.add_weight(name="end", **zeros)

    def build(self, input_shape: Any) -> None:
        self._require_shape(tuple(input_shape))
        self.built = True

    def call(
        self,
        emissions: Any,
        y_true: Any = None,
        sample_weight: Any = None,
        mask: Any = None,
    ) -> Any:
        self._require_shape(tuple(emissions.shape))
        if y_true is not None:
            mask = self._mask(emissions, mask)
            value = self._losses_of.mean(y_true, emissions, sample_weight, mask)
            self._added.add(self, value)
        return emissions

    def log_likelihood(self, y_true: Any, emissions: Any, mask: Any = None) -> Any:
        """The logarithm of the probability of the tags of each sequence, `(B,)`.

        It can be differentiated; minus its mean is the loss.
        """
        emissions, mask = self._given(emissions, mask)
        return -self._losses_of.items(y_true, emissions, None, mask)

    def decode(self, emissions: Any, mask: Any = None) -> Any:
        """The best tags of each sequence, `(B, T)`, and -1 at masked steps."""
        emissions, mask = self._given(emissions, mask)
        if 0 in tuple(emissions.shape):
            return ops.cast(ops.sum(emissions, axis=-1), "int32")
        return _chain.best_path(self._chain(emissions, mask))

    def marginals(self, emissions: Any, mask: Any = None) -> Any:
        """The probability of each tag at each step, `(B, T, C)`, 0 at masked steps."""
        emissions, mask = self._given(emissions, mask)
        if 0 in tuple(emissions.shape):
            return emissions
        return _chain.marginals(self._chain(emissions, mask))

    def compute_mask(self, emissions: Any, mask: Any = None) -> Any:
        return mask[0] if isinstance(mask, tuple | list) else mask

    def compute_output_shape(
        self, emissions_shape: Any, *rest: Any, **more: Any
    ) -> tuple[int | None, ...]:
        return tuple(emissions_shape)

    def compute_output_spec(self, emissions: Any, *rest: Any, **more: Any) -> Any:
        self._require_shape(tuple(emissions.shape))
        return keras.KerasTensor(emissions.shape, dtype=emissions.dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, and those of every layer."""
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "use_boundaries": self.use_boundaries,
        }

    def _chain(self, emissions: Any, mask: Any) -> Any:
        """The scores of all paths; the mask is boolean, `(B, T)`, or None."""
        dtype = emissions.dtype
        none = ops.zeros((self.num_classes,), dtype=dtype)
        boundaries = [
            none if w is None else ops.cast(w, dtype) for w in (self.start, self.end)
        ]
        transitions = ops.cast(self.transitions, dtype)
        return _chain.chain(emissions, mask, transitions, *boundaries)

    def _given(self, emissions: Any, mask: Any) -> tuple[Any, Any]:
        """Emissions in the dtype of the computation, and the mask; both are checked."""
        owner = type(self).__name__
        if isinstance(emissions, keras.KerasTensor):
            rule, remedy = "a tensor with values", "pass what the model predicts"
            shown = errors.Described("a symbolic KerasTensor")
            errors.fail(owner, "emissions", rule, shown, remedy, TypeError)
        mask = keras_mask(emissions) if mask is None else mask
        emissions = tensor(owner, "emissions", emissions, self._losses_of.mean.dtype)
        self._require_shape(tuple(emissions.shape))
        return emissions, self._mask(emissions, mask)

    def _mask(self, emissions: Any, mask: Any) -> Any | None:
        """The mask as booleans `(B, T)`, or None."""
        mask = keras_mask(emissions) if mask is None else mask
        if mask is None:
            return None
        owner, steps = type(self).__name__, tuple(emissions.shape)[:2]
        mask = ops.cast(tensor(owner, "mask", mask), "bool")
        mask = leading(owner, "mask", mask, steps, "the steps")
        return _of_steps(mask, emissions)

    def _require_shape(self, shape: tuple[int | None, ...]) -> None:
        if len(shape) != 3 or shape[-1] != self.num_classes:
            rule = f"of shape (B, T, {self.num_classes}), one score per class and step"
            shown = errors.Described(f"an array of shape {shape}")
            remedy = f"end the model in Dense({self.num_classes})"
            errors.fail(self, "emissions", rule, shown, remedy)


def _of_steps(mask: Any, emissions: Any) -> Any:
    """A mask of sequences or of steps, as `(B, T)`."""
    if len(mask.shape) == 2:
        return mask
    every = ops.ones(ops.shape(emissions)[:2], dtype="bool")
    return ops.logical_and(ops.expand_dims(mask, 1), every)


class _OfSequences(Loss):
    """The loss of the layer, with the checks, weights, masks and mean of `Loss`."""

    targets = "ids"

    def __init__(self, layer: LinearChainCRF, **common: Any) -> None:
        super().__init__(**common)
        # `Loss.__setattr__` rejects layers with weights, which a loss cannot train.
        # Here that is no problem, since the layer holds the loss.
        self.__dict__["_layer"] = layer

    def class_count(self, y_pred: Any) -> int:
        count: int = self.__dict__["_layer"].num_classes
        return count

    def call(self, y_true: Any, y_pred: Any, kept: Any = None) -> Any:
        if 0 in tuple(y_pred.shape):
            return ops.sum(y_pred, axis=(1, 2))
        layer = self.__dict__["_layer"]
        kept = None if kept is None else _of_steps(kept, y_pred)
        valid = valid_ids(y_true, layer.num_classes)
        ids = ops.cast(ops.where(valid, y_true, 0), "int32")
        items = -_chain.log_likelihood(ids, layer._chain(y_pred, kept))
        wrong = ops.logical_not(valid)
        if kept is not None:
            wrong = ops.logical_and(wrong, kept)
        return ops.where(ops.any(wrong, axis=1), float("nan"), items)


@dataclasses.dataclass
class _Losses:
    """Hides the losses from Keras, which would search them for weights to save."""

    mean: Loss
    items: Loss


_OfSequences.__name__ = LinearChainCRF.__name__  # error messages begin with it

"""The output layer of a language model, with its cross-entropy in linear memory."""

# Long because the docstring says how to train and predict, and what is returned.

import dataclasses
from typing import Any, Literal

import keras

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.core.added import Added
from portable_losses.core.inputs import tensor
from portable_losses.core.signature import ChunkSize, ClassWeights
from portable_losses.layers._tokens import TokenLoss
from portable_losses.losses.sequence._sizes import chunk_for, dtype_of_terms
from portable_losses.ops.linear_head import Head, best_classes

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight")
Output = Literal["logits", "top_k"]


@keras.saving.register_keras_serializable("portable_losses")
class LinearCrossentropy(keras.layers.Layer):
    """Linear output layer with cross-entropy (fused linear cross-entropy, LM head).

    It replaces `Dense(vocabulary)` and `SparseCategoricalCrossentropy` if the logits of
    all tokens do not fit into memory: logits and their gradient are computed for a
    chunk of tokens at a time. The loss and the gradients are the same.

    With h a hidden state, W the kernel and b the bias, the logits of a token are
    z = h W + b, or c tanh((h W + b) / c) with a softcap c, and with s their
    log-sum-exp the item of a token of class y is

        w_y (s - z_y) + z_loss s^2

    With label smoothing it is the item of SparseCategoricalCrossentropy. The layer adds
    the reduced items to the losses of the model.

    Call it as `head(hidden, y_true=None, sample_weight=None, mask=None)`, with the
    targets as an input of the model. Without targets it adds no loss.

    It returns logits, or the best classes. If it is called with targets in training, it
    returns NaN of that shape (-1 in place of classes), since logits would need the
    memory that the layer saves.

    Shapes: `hidden` is `(B, ..., D)`, any real numbers; `y_true` is `(B, ...)` or
    `(B, ..., 1)`, class indices; `sample_weight` and `mask` have the leading axes of
    y_true. The result is `(B, ..., V)` in float32, or `(B, ..., top_k)` in int32. The
    weights are `kernel`, `(D, V)`, and `bias`, `(V,)`.

    Args:
        vocabulary: V >= 1, the number of classes.
        ignore_class: tokens of this class, such as -100 or the class of padding, are
            excluded from the mean; it may lie outside [0, V).
        label_smoothing: in [0, 1].
        z_loss: >= 0, the weight of the square of the log-sum-exp, which keeps logits
            near 0 (see `ZLoss`); 1e-4 is usual.
        class_weights: one weight per class, or `{class index: weight}` with 1 for the
            rest; see SparseCategoricalCrossentropy.
        softcap: > 0, the bound c of the absolute logits, or None.
        use_bias: whether there is a bias.
        tied_to: an Embedding layer of V rows, whose transposed table is the kernel; or
            None for a separate kernel.
        output: "logits", or "top_k" for the best classes, in linear memory.
        top_k: the number of best classes, the best first.
        chunk_size: the number of tokens whose logits are in memory; "auto" chooses a
            number for the given sizes, and None means all tokens.
        reduction: "sum_over_batch_size" (or "mean"), "sum" or
            "mean_with_sample_weight"; see `Loss`.
        kernel_initializer: initializer of the kernel.
        name: name of the layer.
        **rest: further arguments of `keras.layers.Layer`, such as `dtype`.

    Edge cases: masked tokens, and tokens of weight 0, have gradient 0, for all hidden
    states. A batch without tokens costs 0. Under a policy of half precision, logits and
    loss are computed in float32. The gradient cannot be differentiated again. Under
    `DataParallel`, and with a kernel that is sharded over the vocabulary on JAX, loss
    and gradients are the same as on one device.

    Raises:
        ValueError: for numbers out of their range, a tied layer of other sizes, class
            indices that are not whole or out of range (in compiled code the loss is
            NaN), and masks and weights that do not fit.
        TypeError: for arguments of the wrong kind.

    Example:
        >>> tokens, targets = keras.Input((None,)), keras.Input((None,), dtype="int32")
        >>> hidden = keras.layers.Embedding(100, 8)(tokens)
        >>> head = portable_losses.LinearCrossentropy(100)
        >>> trained = keras.Model([tokens, targets], head(hidden, targets))
        >>> trained.compile("adam")  # and trained.fit([x, y])
        >>> predicts = keras.Model(tokens, head(hidden))
        >>> predicts(np.array([[5, 8]])).shape[-1]
        100

    Reference:
        Wijmans, Huval, Hertzberg, Koltun, Krähenbühl, "Cut your losses in
        large-vocabulary language models", ICLR 2025, arXiv:2411.09009; z-loss:
        Chowdhery et al., "PaLM: Scaling language modeling with pathways", 2022,
        arXiv:2204.02311, section 5.
    """

    def __init__(
        self,
        vocabulary: int,
        ignore_class: int | None = None,
        label_smoothing: float = 0.0,
        z_loss: float = 0.0,
        class_weights: ClassWeights = None,
        softcap: float | None = None,
        use_bias: bool = False,
        tied_to: keras.layers.Layer | None = None,
        output: Output = "logits",
        top_k: int = 1,
        chunk_size: ChunkSize = "auto",
        reduction: str = "sum_over_batch_size",
        kernel_initializer: Any = "glorot_uniform",
        name: str | None = None,
        **rest: Any,
    ) -> None:
        # Autocast to half precision would round hidden states and weights of samples.
        super().__init__(name=name, **{"autocast": False, **rest})
        owner = type(self).__name__
        self.vocabulary = arguments.integer(owner, "vocabulary", vocabulary, at_least=1)
        self.ignore_class = arguments.ignore_class(owner, ignore_class)
        self.label_smoothing = arguments.number(
            owner, "label_smoothing", label_smoothing, at_least=0, at_most=1
        )
        self.z_loss = arguments.number(owner, "z_loss", z_loss, at_least=0)
        self.class_weights = arguments.class_weights(owner, class_weights)
        self.softcap = softcap
        if softcap is not None:
            self.softcap = arguments.number(owner, "softcap", softcap, above=0)
        self.use_bias = arguments.flag(owner, "use_bias", use_bias)
        if tied_to is not None and not isinstance(tied_to, keras.layers.Layer):
            rule, remedy = "an Embedding layer, or None", "pass the layer itself"
            errors.fail(owner, "tied_to", rule, tied_to, remedy, TypeError)
        self.tied_to = tied_to
        self.output_form = arguments.choice(
            owner, "output", output, ("logits", "top_k")
        )
        self.top_k = arguments.integer(owner, "top_k", top_k, at_least=1)
        self.chunk_size = arguments.chunk_size(owner, chunk_size)
        self.reduction = arguments.choice(owner, "reduction", reduction, REDUCTIONS)
        self.kernel_initializer = arguments.initializer(
            owner, "kernel_initializer", kernel_initializer
        )
        self.supports_masking = True
        self._added = Added()
        self._hidden_loss = _Hidden(
            TokenLoss(
                self.vocabulary,
                self.ignore_class,
                self.label_smoothing,
                self.z_loss,
                self.class_weights,
                reduction=self.reduction,
                dtype="float64" if self.compute_dtype == "float64" else "float32",
            )
        )

    def build(self, hidden_shape: Any, *rest: Any, **more: Any) -> None:
        width = hidden_shape[-1] if len(hidden_shape) > 1 else None
        if width is None:
            rule = "of shape (B, ..., D) with a fixed D"
            shown = errors.Described(f"an array of shape {tuple(hidden_shape)}")
            errors.fail(self, "hidden", rule, shown, "give the last axis a size")
        if self.tied_to is None:
            self.kernel = self.add_weight(
                shape=(width, self.vocabulary),
                initializer=self.kernel_initializer,
                autocast=False,
                name="kernel",
            )
        else:
            self._require_table(width)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(self.vocabulary,),
                initializer="zeros",
                autocast=False,
                name="bias",
            )
        self.built = True

    def call(
        self,
        hidden: Any,
        y_true: Any = None,
        sample_weight: Any = None,
        mask: Any = None,
        training: bool = False,
    ) -> Any:
        if y_true is not None:
            mask = mask[0] if isinstance(mask, tuple | list) else mask
            loss = self._hidden_loss.loss
            value = loss.value(y_true, hidden, sample_weight, mask, self._head)
            self._added.add(self, value)
        if y_true is not None and training:
            shape = (*ops.shape(hidden)[:-1], self._columns())
            none = -1 if self.output_form == "top_k" else float("nan")
            return ops.broadcast_to(ops.cast(none, self._dtype_of_output()), shape)
        x = tensor(type(self).__name__, "hidden", hidden)
        x = ops.cast(x, dtype_of_terms(x))
        flat = ops.reshape(x, (-1, x.shape[-1]))
        head = self._head(flat)
        if self.output_form == "top_k":
            best = best_classes(flat, head, self.top_k)
            return ops.reshape(best, (*ops.shape(x)[:-1], self.top_k))
        return head.logits(x)

    def compute_mask(self, hidden: Any, mask: Any = None) -> Any:
        return mask[0] if isinstance(mask, tuple | list) else mask

    def compute_output_shape(
        self, hidden_shape: Any, *rest: Any, **more: Any
    ) -> tuple[int | None, ...]:
        return (*hidden_shape[:-1], self._columns())

    def compute_output_spec(self, hidden: Any, *rest: Any, **more: Any) -> Any:
        shape = self.compute_output_shape(hidden.shape)
        return keras.KerasTensor(shape, dtype=self._dtype_of_output())

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, and those of every layer."""
        same = ["vocabulary", "ignore_class", "label_smoothing", "z_loss", "softcap"]
        same += ["use_bias", "top_k", "chunk_size", "reduction"]
        tied, saved = self.tied_to, keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in same},
            "class_weights": self.class_weights,
            "tied_to": None if tied is None else saved(tied),
            "output": self.output_form,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "LinearCrossentropy":
        """Make the layer from `get_config()`."""
        tied = config.get("tied_to")
        if isinstance(tied, dict):
            tied = keras.saving.deserialize_keras_object(tied)
        return cls(**{**config, "tied_to": tied})

    def _head(self, x: Any) -> Head:
        """The kernel, bias and settings that give logits of hidden states `(N, D)`."""
        dtype = x.dtype
        if self.tied_to is None:
            kernel = ops.cast(self.kernel, dtype)
        else:
            kernel = ops.transpose(ops.cast(self.tied_to.embeddings, dtype))
        bias = None if self.bias is None else ops.cast(self.bias, dtype)
        chunk = chunk_for(self.chunk_size, x, self.vocabulary)
        return Head(kernel, bias, None, self.softcap, 1.0, chunk)

    def _columns(self) -> int:
        return self.top_k if self.output_form == "top_k" else self.vocabulary

    def _dtype_of_output(self) -> str:
        if self.output_form == "top_k":
            return "int32"
        return "float64" if self.compute_dtype == "float64" else "float32"

    def _require_table(self, width: int) -> None:
        table = getattr(self.tied_to, "embeddings", None)
        wanted = (self.vocabulary, width)
        if table is None or tuple(table.shape) != wanted:
            rule = f"a built Embedding layer with a table of shape {wanted}"
            shown = self.tied_to
            if table is not None:
                shown = errors.Described(f"a table of shape {tuple(table.shape)}")
            remedy = "call the embedding first, with as many rows as the vocabulary"
            errors.fail(self, "tied_to", rule, shown, remedy)


@dataclasses.dataclass
class _Hidden:
    """Hides the loss from Keras, which would search it for weights to save."""

    loss: TokenLoss


TokenLoss.__name__ = LinearCrossentropy.__name__  # error messages begin with it

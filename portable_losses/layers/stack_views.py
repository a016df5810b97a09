"""Views of each sample in one tensor, with a temperature that may be learned."""

import math
from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import arguments, errors
from portable_losses.core.moving import moves
from portable_losses.losses.metric._shared import whole_samples

LARGEST = math.log(100.0)  # the bound of the logarithm of the inverse temperature
FIRST = 0.07  # the temperature of CLIP before training


@keras.saving.register_keras_serializable("portable_losses")
class StackViews(keras.layers.Layer):
    """Stacks two or three tensors of embeddings for a loss of views.

    It stacks views of the same samples, the outputs of one or more encoders, into the
    one tensor that a loss takes: `(B, D)` each into `(B, 2, D)` or `(B, 3, D)`. It
    divides embeddings by their norms, and all views by sqrt(T), so that their inner
    products are cosines divided by a temperature T. T can be learned, as in CLIP, and
    so can a bias of the inner products, as in SigLIP. They are weights of this layer,
    since a loss has no weights that a model could train.

    With a T or a bias here, the loss must not scale or normalize again:

        CLIP(temperature=1.0, normalize=False), and likewise InfoNCE and NTXent
        SigLIP(scale=1.0, bias=0.0, normalize=False)

    Args:
        normalize: whether each embedding is divided by its norm.
        temperature: T > 0, or None for no division. If it is learned, this is the
            initial T, at least 0.01, by default 0.07.
        learn_temperature: whether T is learned. The weight is its negative logarithm,
            `log_inverse_temperature`, which is at most log(100).
        bias: the initial value of the weight `bias`, which is learned; None for no
            bias. The first view gets one more column that is 1, and the second view a
            column with the bias, so that their inner product adds it. For two views
            only.
        name: name of the layer.

    Shapes: the input is a list of two or three tensors `(B, D)`; the output is
    `(B, 2, D)` or `(B, 3, D)`, with a bias `(B, 2, D + 1)`. It is float32 (float64 with
    `dtype="float64"`) for every input dtype, so that logits of a low temperature are
    accurate under a policy of mixed precision.

    Edge cases: a zero embedding stays zero, with gradient 0. A sample whose embedding
    is masked in one of the tensors is masked.

    Raises:
        ValueError: for a temperature that is not > 0, or is learned and below 0.01, a
            bias of three views, and tensors that are not two or three of shape
            `(B, D)`.
        TypeError: for a Hyperparameter as temperature or bias.

    Example:
        >>> images, texts = keras.Input((8,)), keras.Input((8,))
        >>> pairs = portable_losses.StackViews(learn_temperature=True)([images, texts])
        >>> model = keras.Model([images, texts], pairs)
        >>> loss = portable_losses.CLIP(temperature=1.0, normalize=False)
        >>> model.compile("adam", loss=loss)  # and model.fit([x1, x2]), no targets
        >>> model.output_shape
        (None, 2, 8)

    Reference:
        Radford et al., "Learning transferable visual models from natural language
        supervision", ICML 2021, arXiv:2103.00020, section 2.5 (the temperature); Zhai,
        Mustafa, Kolesnikov, Beyer, "Sigmoid loss for language image pre-training", ICCV
        2023, arXiv:2303.15343, section 3.2 (the bias).
    """

    def __init__(
        self,
        *,
        normalize: bool = True,
        temperature: float | None = None,
        learn_temperature: bool = False,
        bias: float | None = None,
        name: str | None = None,
        **rest: Any,
    ) -> None:
        # Autocast to half precision would round embeddings before they are normalized.
        super().__init__(name=name, **{"autocast": False, **rest})
        self.normalize = arguments.flag(self, "normalize", normalize)
        self.learn_temperature = arguments.flag(
            self, "learn_temperature", learn_temperature
        )
        if temperature is not None:
            least = {"at_least": 0.01} if learn_temperature else {"above": 0}
            temperature = self._number("temperature", temperature, **least)
        self.temperature = temperature
        self.first_bias = None if bias is None else self._number("bias", bias)
        self.log_inverse_temperature: Any = None
        self.bias: Any = None
        self.supports_masking = True

    def _number(self, argument: str, value: Any, **bounds: float) -> Any:
        if moves(value):
            remedy = "give it to the loss: InfoNCE(temperature=w), SigLIP(bias=w)"
            rule = "a number, since a layer has no Hyperparameters"
            errors.fail(self, argument, rule, value, remedy, TypeError)
        return arguments.number(self, argument, value, **bounds)

    def build(self, input_shape: Any) -> None:
        self._check(input_shape)
        if self.learn_temperature:
            first = FIRST if self.temperature is None else self.temperature
            self.log_inverse_temperature = self._weight(
                "log_inverse_temperature", -math.log(first), constraint=_at_most_largest
            )
        if self.first_bias is not None:
            self.bias = self._weight("bias", self.first_bias)

    def _weight(self, name: str, first: float, **options: Any) -> Any:
        return self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(first),
            dtype=self._dtype(),
            autocast=False,
            name=name,
            **options,
        )

    def _dtype(self) -> str:
        return "float64" if self.compute_dtype == "float64" else "float32"

    def call(self, views: Any) -> Any:
        self._check([tuple(view.shape) for view in views])
        x = ops.stack([ops.cast(view, self._dtype()) for view in views], axis=1)
        if self.normalize:
            x = ops.normalize(x)
        if self.learn_temperature:
            w = ops.convert_to_tensor(self.log_inverse_temperature)
            # An optimizer that ignores constraints may move the weight beyond the
            # bound. Its gradient is kept there, so that it can move back.
            w = w - ops.stop_gradient(ops.relu(w - LARGEST))
            x = x * ops.exp(0.5 * w)
        elif self.temperature is not None:
            x = x / math.sqrt(self.temperature)
        if self.bias is None:
            return x
        one = ops.ones_like(x[:, :1, :1])
        column = ops.concatenate([one, one * self.bias], axis=1)
        return ops.concatenate([x, column], axis=2)

    def _check(self, shapes: Any) -> None:
        """Reject inputs that are not two or three tensors `(B, D)`."""
        several = isinstance(shapes, list | tuple) and all(
            isinstance(shape, list | tuple) for shape in shapes
        )
        shapes = [tuple(shape) for shape in shapes] if several else shapes
        shown = errors.Described(f"shapes {shapes}" if several else f"one of {shapes}")
        rule = "a list of two or three tensors of one shape (B, D)"
        remedy = "StackViews()([a, b]); flatten the axes of a sample"
        if not several or len(shapes) not in (2, 3):
            errors.fail(self, "views", rule, shown, remedy)
        if any(len(shape) != 2 or shape[1] != shapes[0][1] for shape in shapes):
            errors.fail(self, "views", rule, shown, remedy)
        if self.first_bias is not None and len(shapes) != 2:
            rule = "two tensors if there is a bias, which is that of a pair"
            errors.fail(self, "views", rule, shown, "omit the bias")

    def compute_mask(self, views: Any, mask: Any = None) -> Any:
        """True for samples that are not masked in any view; None without masks."""
        masks = [whole_samples(m) for m in mask or () if m is not None]
        return ops.all(ops.stack(masks), axis=0) if masks else None

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, and the config of every layer."""
        return {
            **super().get_config(),
            "normalize": self.normalize,
            "temperature": self.temperature,
            "learn_temperature": self.learn_temperature,
            "bias": self.first_bias,
        }


def _at_most_largest(w: Any) -> Any:
    """The constraint of the weight, which Keras applies after each step."""
    return ops.minimum(w, LARGEST)

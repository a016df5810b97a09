"""A layer of cosines with learned class centers, for losses such as ArcFace."""

from typing import Any

import keras

from portable_losses import ops
from portable_losses.core import arguments, errors


@keras.saving.register_keras_serializable("portable_losses")
class CosineDense(keras.layers.Layer):
    """Cosines of embeddings with learned class centers (normalized softmax layer).

    It is the last layer of a model that trains with `ArcFace`, `CosFace` or
    `ProxyAnchor`, and holds the class centers as weights.

    With x an embedding and w_kj the centers of class k, the output is

        max_j cos(x, w_kj)

    With several centers a class may consist of several groups, or contain samples with
    a wrong label (sub-center ArcFace).

    Shapes: the input is `(B, ..., D)`, the output `(B, ..., units)`; the weight
    `kernel` is `(D, units * centers)`, with the centers of a class side by side.

    Args:
        units: number of classes.
        centers: number of centers of a class.
        kernel_initializer: initializer of the centers; their norms have no effect.
        name: name of the layer.
        **rest: further arguments of `keras.layers.Layer`, such as `dtype`.

    Edge cases: a zero embedding, or a zero center, has the cosine 0, with gradient 0.
    Centers with equal cosines share the gradient. Under a dtype policy of half
    precision, such as "mixed_float16", the cosines are computed, and returned, in
    float32: near 1, neighboring numbers of half precision are 2 to 5 degrees apart.

    Raises:
        ValueError: for a number of classes or centers below 1, and embeddings whose
            last axis has no fixed size, or another size than the centers.
        TypeError: for numbers that are not whole.

    Example:
        >>> layer = portable_losses.CosineDense(2, kernel_initializer="identity")
        >>> keras_ops.convert_to_numpy(layer(np.array([[3.0, 4.0]]))).round(4).tolist()
        [[0.6..., 0.8...]]
        >>> layers = keras.layers.Dense(8), portable_losses.CosineDense(3)
        >>> model = keras.Sequential(layers)
        >>> model.compile("adam", loss=portable_losses.ArcFace())

    Reference:
        Deng, Guo, Liu, Gong, Zafeiriou, "Sub-center ArcFace: Boosting face recognition
        by large-scale noisy web faces", ECCV 2020, for several centers.
    """

    def __init__(
        self,
        units: int,
        centers: int = 1,
        kernel_initializer: Any = "glorot_uniform",
        name: str | None = None,
        **rest: Any,
    ) -> None:
        # Autocast to half precision would round embeddings and centers.
        super().__init__(name=name, **{"autocast": False, **rest})
        owner = type(self).__name__
        self.units = arguments.integer(owner, "units", units, at_least=1)
        self.centers = arguments.integer(owner, "centers", centers, at_least=1)
        self.kernel_initializer = arguments.initializer(
            owner, "kernel_initializer", kernel_initializer
        )
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        width = input_shape[-1] if len(input_shape) > 1 else None
        if width is None:
            rule = "embeddings of shape (B, ..., D) with a fixed D"
            shown = errors.Described(f"an array of shape {tuple(input_shape)}")
            errors.fail(self, "x", rule, shown, "give the last axis a size")
        self.kernel = self.add_weight(
            shape=(width, self.units * self.centers),
            initializer=self.kernel_initializer,
            autocast=False,
            name="kernel",
        )
        self.built = True

    def call(self, x: Any) -> Any:
        self._require_size(x)
        dtype = self._dtype_of_cosines(x)
        x = ops.normalize(ops.cast(x, dtype), axis=-1)
        kernel = ops.normalize(ops.cast(self.kernel, dtype), axis=0)
        cosines = ops.matmul(x, kernel)
        if self.centers == 1:
            return cosines
        shape = (*ops.shape(cosines)[:-1], self.units, self.centers)
        return ops.max(ops.reshape(cosines, shape), axis=-1)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.units)

    def compute_output_spec(self, x: Any, **rest: Any) -> Any:
        if self.built:
            self._require_size(x)
        shape = self.compute_output_shape(x.shape)
        return keras.KerasTensor(shape, dtype=self._dtype_of_cosines(x))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, and those of every layer."""
        initializer = keras.initializers.serialize(self.kernel_initializer)
        sizes = {"units": self.units, "centers": self.centers}
        return {**super().get_config(), **sizes, "kernel_initializer": initializer}

    def _require_size(self, x: Any) -> None:
        """Reject embeddings of another size than that of the centers."""
        width = self.kernel.shape[0]
        if x.shape[-1] != width:
            rule = f"embeddings of shape (B, ..., {width}), the size of the centers"
            shown = errors.Described(f"an array of shape {tuple(x.shape)}")
            errors.fail(self, "x", rule, shown, "make a new layer for another size")

    def _dtype_of_cosines(self, x: Any) -> str:
        """float32; float64 for embeddings, or a policy, of float64."""
        dtypes = (keras.backend.standardize_dtype(x.dtype), self.compute_dtype)
        return "float64" if "float64" in dtypes else "float32"

"""The size of a chunk of tokens, and the dtype of the computation."""

from typing import Any

import keras

from portable_losses.core.signature import ChunkSize
from portable_losses.ops.linear_head import tokens_at_once


def chunk_for(chunk_size: ChunkSize, x: Any, classes: int) -> int:
    """The number of tokens in a chunk, for hidden states `(N, D)`."""
    tokens, width = x.shape
    if chunk_size == "auto":
        return tokens_at_once(tokens, width, classes)
    if chunk_size is None:
        # A chunk of an unknown number of tokens would have an unknown shape.
        return tokens_at_once(tokens, width, classes) if tokens is None else tokens
    return chunk_size if tokens is None else max(1, min(chunk_size, tokens))


def dtype_of_terms(*tensors: Any) -> str:
    """float32, or float64 if one of the tensors is float64."""
    dtypes = [keras.backend.standardize_dtype(x.dtype) for x in tensors]
    return "float64" if "float64" in dtypes else "float32"

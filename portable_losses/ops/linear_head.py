"""The linear layer that computes logits from hidden states, for a chunk of tokens."""

from typing import Any, NamedTuple

from keras import ops as raw

from portable_losses.ops.chunks import chunk_at, loop, padded, with_chunk
from portable_losses.ops.device_parts import by_part, parts_of
from portable_losses.ops.known import found

REUSED = 2**23 - 2**14
"""The numbers of float32 in a block of memory that is used again: below 32 MB."""

TAKES_MEMORY_ANEW = found(
    "memory comes from malloc, operation by operation",
    "glibc gives a block of 32 MB back to the system, and the next one comes page by "
    "page, which takes as long as half of a product",
    torch="2.13.0",
)


class Head(NamedTuple):
    """Computes logits from hidden states: scale * cap(x W + b).

    Args:
        kernel: W, `(D, V)`.
        bias: b, `(V,)`, or None.
        shares: the weights of the classes in the mean of the logits, `(V,)`; None for
            no mean.
        softcap: c in c tanh(z / c), which limits the logits, or None.
        scale: a number, 1 / temperature.
        chunk: the number of tokens whose logits are in memory.
        mapped: whether the tokens are the part of one of several devices.
    """

    kernel: Any
    bias: Any | None
    shares: Any | None
    softcap: float | None
    scale: float
    chunk: int
    mapped: bool = False

    def logits(self, x: Any) -> Any:
        """The logits of some tokens, `(n, V)`."""
        z = raw.matmul(x, self.kernel)
        if self.bias is not None:
            z += self.bias  # in place on torch, as `+=` is in all of this file
        if self.softcap is not None:
            z = self.softcap * raw.tanh(z / self.softcap)
        return z if self.scale == 1 else z * self.scale

    def derivative(self, z: Any) -> Any:
        """The derivative of the logits `z` in x W + b: a tensor, or one number."""
        if self.softcap is None:
            return self.scale
        share = z / (self.softcap * self.scale)
        return self.scale * (1.0 - share * share)


def best_classes(x: Any, head: Head, k: int) -> Any:
    """The classes of the k largest logits of each token, `(N, k)`, the best first."""
    parts = parts_of(raw.shape(x)[0])
    if parts > 1:
        head = head._replace(mapped=True)
        found = by_part(lambda some: _best_classes(some, head, k), parts, x)
        return raw.reshape(found, (-1, k))
    return _best_classes(x, head, k)


def _best_classes(x: Any, head: Head, k: int) -> Any:
    def step(i: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
        (some,) = chunk_at(i, head.chunk, x)
        best = raw.top_k(head.logits(some), k, sorted=True)[1]
        return (with_chunk(found[0], i, raw.cast(best, "int32")),)

    tokens, count, (x,) = padded(head.chunk, x)
    found = raw.zeros((raw.shape(x)[0], k), "int32")
    return loop(count, step, (found,), head.mapped)[0][:tokens]


def tokens_at_once(tokens: int | None, width: int, classes: int) -> int:
    """The number of tokens in a chunk, for hidden states of size `width`.

    Each chunk adds to the gradient of the kernel, which is a pass over the whole
    kernel. With width / 2 tokens this pass takes little time compared with the matrix
    products of the chunk, and its logits take half of the memory of the kernel.
    """
    least = -(-(2**21) // classes)  # 8 MB of logits
    chunk = max(least, width // 2, 16)
    if TAKES_MEMORY_ANEW and REUSED // classes < chunk <= 2 * (REUSED // classes):
        chunk = max(16, REUSED // classes // 16 * 16)
    if tokens is None:
        return chunk
    # Chunks of equal size: what is padded at the end is computed, too.
    return max(1, -(-tokens // -(-tokens // chunk))) if tokens else 1


def pieces_of(head: Head) -> list[tuple[int, int]]:
    """The classes of each piece of the kernel's gradient, from one to another."""
    width, classes = head.kernel.shape
    # An accelerator's memory does not come from malloc.
    on_the_cpu = "cpu" in str(getattr(head.kernel, "device", "")).lower()
    size = max(1, REUSED // width) if TAKES_MEMORY_ANEW and on_the_cpu else classes
    return [(start, min(start + size, classes)) for start in range(0, classes, size)]

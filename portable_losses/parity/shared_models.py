"""The models of a backend, which all its workers save or load together."""

import itertools
import threading

BATCH = 4
"""Models that a worker takes at once: few, so that all workers end at about a time."""


class SharedModels:
    """The places of the models of one backend in one phase, given out in batches.

    A worker that has finished its own checks takes the next batch, so that none is idle
    while another of its backend has models left.

    Args:
        total: how many models there are.
        owner: the worker that shows the progress of all of them.

    Example:
        >>> models = SharedModels(5, "jax")
        >>> first, second = models.take(), models.take()
        >>> first, second, models.take()
        ([0, 1, 2, 3], [4], [])
        >>> models.finish(first), models.finish(second)
        (False, True)
    """

    def __init__(self, total: int, owner: str) -> None:
        self.total = total
        self.owner = owner
        self._left = iter(range(total))
        self._unfinished = total
        self._lock = threading.Lock()

    def take(self) -> list[int]:
        """The places of the next models; none if all have been given out."""
        with self._lock:
            return list(itertools.islice(self._left, BATCH))

    def finish(self, batch: list[int]) -> bool:
        """Note that a batch has been done; return whether that was the last one."""
        with self._lock:
            self._unfinished -= len(batch)
            return self.finished

    @property
    def finished(self) -> bool:
        """Whether every model has been done."""
        return self._unfinished == 0

"""`Progress`: how far each backend is, as bars on a terminal and lines elsewhere."""

import dataclasses
import os
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars
from rich.text import Text

LINES = 10
"""How many lines a backend gets where there is no terminal to draw bars on."""


@dataclasses.dataclass
class _State:
    total: int
    started: float
    bar: TaskID | None = None
    ready: int = 0
    failed: int = 0


class Progress:
    """Shows how many cases each backend has run, and each failure as it happens.

    A log has no cursor to move: where the console is no terminal, or `CI` is set, a
    plain line appears at every tenth of the cases instead.

    Args:
        console: where to write.
        live: whether to draw bars; by default whether the console can.

    Example:
        >>> with Progress(Console(width=60), live=False) as progress:
        ...     progress.start("jax", 1)
        ...     progress.advance("jax", "Huber")
        jax: 1 of 1 cases
    """

    def __init__(self, console: Console, live: bool | None = None) -> None:
        if live is None:
            live = console.is_interactive and not os.environ.get("CI")
        self._console = console
        self._states: dict[str, _State] = {}
        self._bars: Bars | None = None
        if live:
            self._bars = Bars(
                TextColumn("{task.description}", style="bold"),
                BarColumn(bar_width=None),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[note]}"),
                console=console,
                expand=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self, backend: str, total: int) -> None:
        """A backend begins with `total` cases."""
        state = _State(total, time.monotonic())
        self._states[backend] = state
        if self._bars is not None:
            state.bar = self._bars.add_task(backend, total=total, note="")
            self._bars.start()

    def advance(self, backend: str, case_id: str) -> None:
        """A backend is done with a case."""
        state = self._states[backend]
        before, state.ready = state.ready, state.ready + 1
        if self._bars is not None and state.bar is not None:
            self._bars.update(state.bar, advance=1, note=case_id)
        elif _tenth(state.ready, state.total) > _tenth(before, state.total):
            self._line(f"{backend}: {state.ready} of {state.total} cases{_bad(state)}")

    def fail(self, backend: str, case_id: str, check: str, message: str) -> None:
        """A check failed: said at once, since the rest may take minutes."""
        if backend in self._states:
            self._states[backend].failed += 1
        first = message.strip().partition("\n")[0]
        self._line(f"{backend}: FAILED {case_id}, {check}: {first}", "red")

    def done(self, backend: str) -> None:
        """A backend has run all its cases, or has stopped."""
        state = self._states[backend]
        if self._bars is not None and state.bar is not None:
            short = state.ready < state.total
            note = "stopped early" if short else _bad(state).strip(", ") or "done"
            self._bars.stop_task(state.bar)
            self._bars.update(state.bar, note=note)
        elif state.ready < state.total:
            self._line(f"{backend}: stopped after {state.ready} of {state.total} cases")
        else:
            seconds = time.monotonic() - state.started
            self._line(f"{backend}: done in {seconds:.0f} s{_bad(state)}")

    def phase(self, text: str) -> None:
        """All backends go on to something else, which takes a while."""
        self._line(f"now: {text}")

    def close(self) -> None:
        """Give the terminal back."""
        if self._bars is not None:
            self._bars.stop()

    def _line(self, line: str, style: str = "") -> None:
        # Not wrapped: a line of a log is one line.
        self._console.print(Text(line, style), soft_wrap=True)
        self._console.file.flush()


def _tenth(ready: int, total: int) -> int:
    return ready * LINES // max(total, 1)


def _bad(state: _State) -> str:
    return f", {state.failed} failed" if state.failed else ""

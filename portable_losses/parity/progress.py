"""`Progress`: what each backend is doing, as bars on a terminal and lines elsewhere."""

import dataclasses
import os
import threading
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
"""How many lines a phase gets where there is no terminal to draw bars on."""

QUIET = 8.0
"""Seconds without a line after which a log says how far each backend is."""


@dataclasses.dataclass
class _State:
    started: float
    total: int | None = None
    unit: str = ""
    bar: TaskID | None = None
    ready: int = 0
    failed: int = 0
    note: str = "starting"
    idle: bool = False


class Progress:
    """Shows how far each backend is in its phase, and each failure as it happens.

    A log has no cursor to move: where the console is no terminal, or `CI` is set, a
    plain line appears at every tenth of a phase, and whenever there was none for
    `QUIET` seconds.

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
        self._lock = threading.RLock()
        self._said = time.monotonic()
        self._closed = threading.Event()
        self._bars: Bars | None = None
        if live:
            self._bars = Bars(
                TextColumn("{task.description}", style="bold"),
                BarColumn(bar_width=None),
                MofNCompleteColumn(),
                TextColumn("{task.fields[unit]}"),
                TimeElapsedColumn(),
                TextColumn("{task.fields[note]}"),
                console=console,
                expand=True,
            )

    def __enter__(self) -> Self:
        if self._bars is None:
            threading.Thread(target=self._keep_talking, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def launch(self, backend: str) -> None:
        """A backend is being started, which takes seconds."""
        with self._lock:
            state = self._states[backend] = _State(time.monotonic())
            if self._bars is not None:
                state.bar = self._bars.add_task(
                    backend, total=None, unit="", note=state.note
                )
                self._bars.start()

    def start(self, backend: str, total: int, unit: str = "cases") -> None:
        """A backend begins a phase of `total` cases, or of another unit."""
        if backend not in self._states:
            self.launch(backend)
        with self._lock:
            state = self._states[backend]
            state.started, state.total, state.unit = time.monotonic(), total, unit
            state.ready, state.note, state.idle = 0, "", False
            if self._bars is not None and state.bar is not None:
                self._bars.reset(state.bar, total=total, unit=unit, note="")

    def note(self, backend: str, text: str) -> None:
        """What a backend is working on."""
        with self._lock:
            state = self._states[backend]
            state.note = text
            if self._bars is not None and state.bar is not None:
                self._bars.update(state.bar, note=text)

    def advance(self, backend: str, note: str) -> None:
        """A backend has finished a case, or another unit of its phase."""
        with self._lock:
            state = self._states[backend]
            before, state.ready = state.ready, state.ready + 1
            state.note = note
            if self._bars is not None and state.bar is not None:
                self._bars.update(state.bar, advance=1, note=note)
            elif _tenth(state.ready, state.total) > _tenth(before, state.total):
                self._line(f"{backend}: {_counted(state)}{_bad(state)}")

    def fail(self, backend: str, case_id: str, check: str, message: str) -> None:
        """A check failed: printed at once, since the rest may take minutes."""
        with self._lock:
            if backend in self._states:
                self._states[backend].failed += 1
            first = message.strip().partition("\n")[0]
            self._line(f"{backend}: FAILED {case_id}, {check}: {first}", "red")

    def done(self, backend: str) -> None:
        """A backend is at the end of its phase, or has stopped."""
        with self._lock:
            state = self._states[backend]
            state.idle = True
            short = state.ready < (state.total or 0)
            note = "stopped early" if short else _bad(state).strip(", ") or "done"
            state.note = note
            if self._bars is not None and state.bar is not None:
                self._bars.stop_task(state.bar)
                self._bars.update(state.bar, note=note)
            elif short:
                self._line(f"{backend}: stopped after {_counted(state)}")
            else:
                seconds = time.monotonic() - state.started
                what = "" if state.unit == "cases" else f"{state.unit}, "
                self._line(f"{backend}: {what}done in {seconds:.0f} s{_bad(state)}")

    def phase(self, text: str) -> None:
        """Another step of the run begins, which takes a while."""
        with self._lock:
            self._line(f"now: {text}")

    def close(self) -> None:
        """Give the terminal back."""
        self._closed.set()
        if self._bars is not None:
            self._bars.stop()

    def _line(self, line: str, style: str = "") -> None:
        # Not wrapped: a line of a log is one line.
        self._console.print(Text(line, style), soft_wrap=True)
        self._console.file.flush()
        self._said = time.monotonic()

    def _keep_talking(self) -> None:
        while not self._closed.wait(QUIET / 8):
            with self._lock:
                if time.monotonic() - self._said < QUIET:
                    continue
                busy = [(b, s) for b, s in self._states.items() if not s.idle]
                if busy:
                    self._line("; ".join(_where(b, s) for b, s in busy))


def _where(backend: str, state: _State) -> str:
    """Such as `jax: 12 of 65 cases (CTC, half)`."""
    if state.total is None:
        return f"{backend}: {state.note} ({time.monotonic() - state.started:.0f} s)"
    note = f" ({state.note})" if state.note else ""
    return f"{backend}: {_counted(state)}{note}"


def _counted(state: _State) -> str:
    return f"{state.ready} of {state.total} {state.unit}"


def _tenth(ready: int, total: int | None) -> int:
    return ready * LINES // max(total or 0, 1)


def _bad(state: _State) -> str:
    return f", {state.failed} failed" if state.failed else ""

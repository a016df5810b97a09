"""A worker of one backend: how it is started, commanded, read and ended.

Events have a separate pipe, so that text that user code prints is never taken for an
event. Standard input is closed. Of the printed text the first part is kept.
"""

import json
import math
import os
import pathlib
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from typing import Any

from portable_losses.parity import hidden
from portable_losses.parity.alone import others

LOG = 200_000
"""How many bytes of what a worker prints are kept."""

GRACE = 5.0
"""Extra seconds after the time limit, in which a worker reports where it hangs."""

PATIENCE = 5
"""How many time limits a step may take on a busy machine."""

LAZY, BUSY = 0.02, 0.5
"""A step that gets a share of a processor between these waits for processors."""

START = 180.0
"""Seconds within which a worker must have imported its backend."""


class Ended(RuntimeError):
    """A worker ended, or hung, before it answered.

    Args:
        message: what happened.
        where: the stack of the main thread, as `faulthandler` writes it.
        log: the last of what it printed.
    """

    def __init__(self, message: str, where: str = "", log: str = "") -> None:
        super().__init__(message)
        self.where = where
        self.log = log


class Channel:
    """A worker, started when it is made.

    Args:
        backend: what it runs on.
        timeout: seconds that one step of user code may take.
        module: the program of the worker.
        hash_seed: for the hashes of text, and so the order of sets; by default another
            number on each backend, the same in each run.
    """

    def __init__(
        self,
        backend: str,
        timeout: float,
        module: str = "portable_losses.parity.examine.worker",
        hash_seed: int | None = None,
    ) -> None:
        self.backend = backend
        self.timeout = timeout
        self.printed = bytearray()
        self.dropped = 0
        self.versions: dict[str, str] = {}
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._stack = tempfile.NamedTemporaryFile(prefix="stack", delete=False)
        theirs, self._told = os.pipe()
        heard, theirs_too = os.pipe()
        environment = {
            **os.environ,
            "KERAS_BACKEND": backend,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONUNBUFFERED": "1",
            "PORTABLE_LOSSES_PIPES": f"{theirs},{theirs_too},{os.getpid()}",
            "CUDA_VISIBLE_DEVICES": "-1",
            "JAX_PLATFORMS": "cpu",
            "PYTHONPATH": os.pathsep.join(
                [str(pathlib.Path(__file__).resolve().parents[3]), *_python_path()]
            ),
        }
        environment.setdefault("OMP_NUM_THREADS", "1")
        seed = zlib.crc32(backend.encode()) if hash_seed is None else hash_seed
        environment.setdefault("PYTHONHASHSEED", str(seed))
        if backend == "numpy":
            # Keras on NumPy pools and convolves with JAX, which narrows float64.
            environment["JAX_ENABLE_X64"] = "1"
        without = ",".join({*others(backend), *hidden.EXTRAS})
        self.popen = subprocess.Popen(
            [sys.executable, hidden.__file__, module, without],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(theirs, theirs_too),
        )
        os.close(theirs)
        os.close(theirs_too)
        threading.Thread(target=self._hear, args=(heard,), daemon=True).start()
        threading.Thread(target=self._keep, daemon=True).start()

    def tell(self, do: str, **facts: Any) -> None:
        """Send the worker a command, to which it sends one answer."""
        line = json.dumps({"do": do, "timeout": self.timeout, **facts}) + "\n"
        try:
            _write(self._told, line.encode())
        except BrokenPipeError:
            pass  # its end is among the answers

    def answer(self, limit: float | None = None) -> dict[str, Any]:
        """The answer to the oldest command.

        The worker sends an event as each step begins; the time limit is per step.

        Raises:
            Ended: if the worker ended or hung.
        """
        least = self.timeout
        wait = limit or least + GRACE
        doing = ""
        began, used = time.monotonic(), self._cpu()
        while True:
            try:
                event = self._answers.get(timeout=wait)
            except queue.Empty:
                if self._is_kept_waiting(time.monotonic() - began, used, least):
                    wait = least
                    continue
                where = self.stack()
                self.kill()
                raise Ended(
                    f"took more than {least:g} s{doing}", where, self.log()
                ) from None
            if event["event"] == "step":
                doing = f" in {event['what']}"
                least = event.get("limit", self.timeout)
                wait = least + GRACE
                began, used = time.monotonic(), self._cpu()
                continue
            if event["event"] == "end":
                self.popen.wait()
                raise Ended(_ending(self.popen.returncode), self.stack(), self.log())
            return event

    def _cpu(self) -> float:
        """The seconds of processors that the worker used; NaN if unknown."""
        try:
            stat = pathlib.Path(f"/proc/{self.popen.pid}/stat").read_text()
        except OSError:
            return math.nan
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _is_kept_waiting(self, wall: float, used: float, least: float) -> bool:
        """Whether a busy machine gave the worker too little time to finish a step.

        A worker that sleeps, or prints without an end, is not waiting for a processor.
        """
        share = (self._cpu() - used) / wall
        return LAZY < share < BUSY and wall < PATIENCE * least and not self.dropped

    def ask(self, do: str, **facts: Any) -> dict[str, Any]:
        """Send a command and wait for the answer."""
        self.tell(do, **facts)
        return self.answer()

    def log(self) -> str:
        """The text that the worker printed, and how many bytes were dropped."""
        text = bytes(self.printed).decode(errors="replace")
        if self.dropped:
            text += f"\n[{self.dropped:,} more bytes were left out]"
        return text

    def stack(self) -> str:
        """The stack of the worker when the time limit passed."""
        return pathlib.Path(self._stack.name).read_text(errors="replace")

    @property
    def stack_file(self) -> str:
        """The file to which the worker writes the stack."""
        return self._stack.name

    def kill(self) -> None:
        """End the worker at once, whatever it is doing."""
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()
        self._close()

    def _close(self) -> None:
        if self._told >= 0:
            os.close(self._told)
            self._told = -1
        pathlib.Path(self._stack.name).unlink(missing_ok=True)

    def _hear(self, heard: int) -> None:
        with os.fdopen(heard, "rb") as lines:
            for line in lines:
                try:
                    self._answers.put(json.loads(line))
                except ValueError:
                    break  # the last line of a worker that was killed
        self._answers.put({"event": "end"})

    def _keep(self) -> None:
        assert self.popen.stdout is not None
        while data := os.read(self.popen.stdout.fileno(), 65536):
            room = max(LOG - len(self.printed), 0)
            self.printed += data[:room]
            self.dropped += len(data) - len(data[:room])
            if not room:
                time.sleep(
                    0.01
                )  # the worker blocks when it prints too much, and uses no CPU


def _python_path() -> list[str]:
    given = os.environ.get("PYTHONPATH", "")
    return [path for path in given.split(os.pathsep) if path]


def _write(to: int, data: bytes) -> None:
    while data:
        data = data[os.write(to, data) :]


def _ending(code: int) -> str:
    if code < 0:
        return f"the process was ended by {signal.Signals(-code).name}"
    return f"the process ended with exit status {code}"

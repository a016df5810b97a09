"""A worker: a separate process for each backend, and the events that it reports."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from portable_losses.parity.events import MARK
from portable_losses.parity.plan import Plan, Unavailable

COMPILED = "compiled"
"""Folder of JAX's compilation cache for one run, in the output folder."""


class Process:
    """A worker and its events.

    Args:
        backend: what it runs on.
        plan: what is run.
        module: the program of the worker.
        name: the name of the worker, where a backend has two.
        variables: environment variables for this worker only.
    """

    def __init__(
        self,
        backend: str,
        plan: Plan,
        module: str = "portable_losses.parity.worker",
        name: str = "",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.backend = backend
        self.log = plan.out / f"{(name or backend).replace(', ', '_')}.log"
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        environment = {
            **os.environ,
            "KERAS_BACKEND": backend,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONUNBUFFERED": "1",
        }
        if plan.device == "cpu":
            environment |= {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
            # One thread per worker: more threads mostly wait for each other while the
            # other workers use the CPU. The arrays are too small to gain from threads.
            environment.setdefault("OMP_NUM_THREADS", "1")
        if backend == "jax":
            # The models of the three backends compile to the same code, and so do many
            # checks of two workers. By default JAX does not cache a compilation that
            # takes less than a second.
            kept = str(plan.out / COMPILED)
            environment.setdefault("JAX_COMPILATION_CACHE_DIR", kept)
            environment.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        environment |= variables or {}
        self.popen = subprocess.Popen(
            [sys.executable, "-m", module],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def tell(self, **command: Any) -> None:
        """Give the worker a job; its last event has the name of the job."""
        assert self.popen.stdin is not None
        try:
            self.popen.stdin.write(json.dumps(command) + "\n")
            self.popen.stdin.flush()
        except BrokenPipeError:
            pass  # the end of the worker is an event, read later

    def _read(self) -> None:
        assert self.popen.stdout is not None
        with self.log.open("w") as log:
            for line in self.popen.stdout:
                if line.startswith(MARK):
                    self.events.put(json.loads(line.removeprefix(MARK)))
                else:
                    log.write(line)
        self.events.put({"event": "end", "code": self.popen.wait()})

    def listen(self, until: str) -> Iterator[dict[str, Any]]:
        """Yield events until the job of that name is done."""
        while True:
            event = self.events.get()
            if event["event"] == "error":
                raise Unavailable(event["message"])
            if event["event"] == "end":
                tail = self.log.read_text()[-2000:] if self.log.exists() else ""
                raise Unavailable(
                    f"{self.backend}: the worker ended with code {event['code']} "
                    f"before it was done\n{tail}"
                )
            if event["event"] == "done" and event["do"] == until:
                return
            yield event

    def stop(self) -> None:
        """End the worker."""
        if self.popen.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.popen.stdin.close()
        try:
            self.popen.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.popen.kill()

    def kill(self) -> None:
        """End the worker at once, whatever it is doing."""
        self.popen.kill()

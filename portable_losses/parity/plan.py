"""The plan of a run, and whether this machine can run it."""

import dataclasses
import importlib.util
import pathlib
import shlex
from typing import Protocol

from portable_losses.parity.autodiff import BACKENDS, facts, known


class Progress(Protocol):
    """The messages of the runner while it works."""

    def launch(self, backend: str) -> None: ...
    def start(self, backend: str, total: int, unit: str = "cases") -> None: ...
    def note(self, backend: str, text: str) -> None: ...
    def advance(self, backend: str, note: str) -> None: ...
    def fail(self, backend: str, case_id: str, check: str, message: str) -> None: ...
    def done(self, backend: str) -> None: ...


class Unavailable(RuntimeError):
    """A requested backend or device is missing."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """What to run.

    Args:
        backends: what to run on; the NumPy backend always runs too. Backends without
            gradients run only the checks of values, and train nothing.
        families: families to run; all if empty.
        losses: losses to run; all if empty.
        checks: checks to run; all if empty.
        device: cpu, gpu, tpu or mps.
        mode: all, eager or compiled.
        precision: float32, or tf32 to keep the fast matrix products of an accelerator.
        module: module in which the losses are looked up by name, instead of ours.
        target: a user's loss, `file.py:name`, in place of the catalogue.
        kind: what the target takes.
        reference: a NumPy function of the target's items, `file.py:name`.
        quick: `XLA_FLAGS` that make XLA compile quickly. Each backend that compiles
            gets a second worker, with these flags if it always uses XLA, for the checks
            that are not in `NUMBERS`; the first runs the code that XLA compiles for
            users, and both exchange models. Modes are compared for the first case of
            each loss. If empty, there is no second worker, and modes are compared for
            every case.
        training: whether models are trained after the checks: saved on one backend and
            loaded on another, and trained on real data.
        out: where results are written.
    """

    backends: tuple[str, ...] = BACKENDS
    families: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    device: str = "cpu"
    mode: str = "all"
    precision: str = "float32"
    module: str = "portable_losses"
    target: str | None = None
    kind: str | None = None
    reference: str | None = None
    quick: str = ""
    training: bool = True
    out: pathlib.Path = pathlib.Path("build/parity")

    @property
    def differentiating(self) -> tuple[str, ...]:
        """The backends with gradients."""
        return tuple(name for name in self.backends if facts(name).gradients)

    @property
    def workers(self) -> tuple[str, ...]:
        """The backends that run, NumPy first."""
        return tuple(dict.fromkeys(("numpy", *self.backends)))

    @property
    def parts(self) -> dict[str, tuple[str, str]]:
        """The workers by name: the backend, and the part of the checks.

        A part is `numbers` or `forms`, or empty for a worker that runs all checks.
        """
        found = {}
        for backend in self.workers:
            if self.quick and facts(backend).compiles:
                found[backend] = (backend, "numbers")
                found[f"{backend}, second"] = (backend, "forms")
            else:
                found[backend] = (backend, "")
        return found

    @property
    def is_whole(self) -> bool:
        """Whether every case of the catalogue and every check is run."""
        narrowed = self.families or self.losses or self.checks or self.target
        return not narrowed and self.module == "portable_losses"

    @property
    def command(self) -> str:
        """The command that runs this plan again."""
        default = Plan()
        listed = {
            "--backends": () if self.backends == BACKENDS else self.backends,
            "--family": self.families,
            "--loss": self.losses,
            "--check": self.checks,
        }
        given = {option: ",".join(names) for option, names in listed.items() if names}
        for name in ("device", "mode", "precision", "module"):
            if getattr(self, name) != getattr(default, name):
                given[f"--{name}"] = getattr(self, name)
        for name in ("target", "kind", "reference"):
            if getattr(self, name) is not None:
                given[f"--{name}"] = getattr(self, name)
        words = [word for pair in given.items() for word in pair]
        words += [] if self.training else ["--no-training"]
        return shlex.join(["python", "-m", "portable_losses.parity", *words])

    @property
    def trains(self) -> bool:
        """Whether models are trained too, and not only checks run."""
        asked = self.training and not self.checks and self.precision != "tf32"
        return asked and bool(self.differentiating)


def require(backends: tuple[str, ...]) -> None:
    """Reject a backend that is not installed, with the command that installs it."""
    if importlib.util.find_spec("jax") is None:
        raise Unavailable(
            "not installed: jax. Keras's NumPy backend, a lane of every run, imports "
            "it. Install it, in a clone of the repository, with\n  "
            + facts("jax").command
        )
    missing = [b for b in backends if facts(b).missing]
    if missing:
        commands = "\n".join("  " + facts(b).command for b in missing)
        present = [b for b, of in known().items() if of.gradients and not of.missing]
        instead = ""
        if present:
            instead = f"\nor run what is installed: --backends {','.join(present)}"
        raise Unavailable(
            f"not installed: {', '.join(missing)}. Install, in a clone of the "
            f"repository, with\n{commands}{instead}"
        )

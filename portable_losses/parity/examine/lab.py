"""The measurements of a user's loss in a worker; the parent judges the results."""

# Long because each command of the parent is a method, most of them a few lines.

import contextlib
import platform
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

from portable_losses.parity import autodiff
from portable_losses.parity.examine import calls, declared, saving, swaps
from portable_losses.parity.examine.errors import told
from portable_losses.parity.examine.finding import find
from portable_losses.parity.examine.listing import listed
from portable_losses.parity.examine.sending import arrays
from portable_losses.parity.examine.subject import Subject
from portable_losses.parity.examine.worker import Voice

Facts = dict[str, Any]


class Lab:
    """Measures on the backend of this process.

    Args:
        voice: called as each step of user code begins.
        find: finds the loss that a target names.
        caught: the exceptions that a step may raise; others end the process, or stop
            the test.
    """

    def __init__(
        self,
        voice: Voice,
        find: Callable[[Any], Any] = find,
        # Also SystemExit, and what `breakpoint` raises.
        caught: tuple[type[BaseException], ...] = (BaseException,),
    ) -> None:
        self.find, self.caught = find, caught
        self.backend = keras.config.backend()
        self.autodiff: Any = autodiff.load(self.backend)
        self.voice = voice
        self.subject: Subject | None = None
        self.stand_in: Subject | None = None
        self.stands_in = False

    def versions(self) -> dict[str, str]:
        """The versions of what runs in this worker."""
        return {
            "python": platform.python_version(),
            "keras": keras.__version__,
            **self.autodiff.versions(),
        }

    def do(self, command: Facts) -> Facts:
        """Run a command of the parent."""
        if "stack" in command:
            self.voice.writes_to(command["stack"])
        self.stands_in = bool(command.get("stand_in"))
        act: Callable[[Facts], Facts] = getattr(self, "on_" + command["do"])
        return act(command)

    def _try(self, what: str, run: Callable[[], Facts]) -> Facts:
        """Run a step of user code; an exception is part of the result."""
        self.voice.step(what)
        try:
            return run()
        except self.caught as error:
            return {"error": told(error)}
        finally:
            self.voice.rest()

    # --- finding the loss -------------------------------------------------------------

    def on_names(self, command: Facts) -> Facts:
        """The targets of all losses of a place."""
        return self._try(
            "the import", partial(listed, command["place"], self.voice.step)
        )

    def on_load(self, command: Facts) -> Facts:
        """Find the loss, and make an instance."""
        target = command["target"]
        self.subject = self.stand_in = None

        def load() -> Facts:
            self.subject = Subject(str(target), self.find(target))
            ours = declared.counterpart(self.subject.loss)
            self.stand_in = Subject(str(target), ours) if ours is not None else None
            name = type(ours).__name__ if ours is not None else ""
            ops = [n for n in dir(keras.ops) if n[0] != "_"]
            facts = {"pinned": swaps.pinned(), "stand_in": name, "ops": ops}
            return {"facts": {**self.subject.facts(), **facts}}

        return self._try("the import", load)

    def on_declared(self, command: Facts) -> Facts:
        """The inputs that a case of the loss declares; empty if none fits."""

        def run() -> Facts:
            if (case := declared.case_of(self.loss.loss)) is not None:
                return {"declared": declared.facts(case)}
            if (case := declared.like(self.loss)) is not None:
                return {"declared": {**declared.facts(case), "other arguments": True}}
            return {}

        return self._try("what it declares", run)

    @property
    def loss(self) -> Subject:
        """The loss that is checked, or our drop-in, if the command asks for it."""
        chosen = self.stand_in if self.stands_in else self.subject
        assert chosen is not None
        return chosen

    # --- values -----------------------------------------------------------------------

    def on_measure(self, command: Facts) -> Facts:
        """Value and gradient at named inputs, in one mode, with operations swapped."""
        mode = command.get("mode") or self.autodiff.MODES[0]
        with swaps.swapped(self.loss, command.get("swap", ())):
            # A new function object, so that no earlier compilation is reused.
            fn = self._function()
            return {
                name: self._try(f"{mode}, {name}", partial(self._at, fn, mode, pair))
                for name, pair in arrays(command["inputs"]).items()
            }

    def _function(self) -> Any:
        value = self.loss.value
        return lambda t, p, w=None, m=None: value(t, p, w, m)

    def _at(self, fn: Any, mode: str, pair: Any) -> Facts:
        with np.errstate(all="ignore"):
            found = self.autodiff.evaluate(fn, mode, *pair)
        facts: Facts = {"value": float(found.value), "dtype": found.dtype}
        if found.gradient is not None:
            facts["gradient"] = found.gradient.tolist()
        return facts

    def on_items(self, command: Facts) -> Facts:
        """What `call` returns at named inputs, run eagerly, one after the other."""
        return {
            name: self._try(f"call, {name}", partial(self._items, pair))
            for name, pair in arrays(command["inputs"]).items()
        }

    def _items(self, pair: Any) -> Facts:
        t, p = (keras.ops.convert_to_tensor(x) for x in pair)
        called: Facts = {}
        watch = self.backend != "numpy"  # on NumPy every tensor is a NumPy array
        with (
            np.errstate(all="ignore"),
            calls.watched(called) if watch else contextlib.nullcontext(),
        ):
            found = self.loss.items(t, p)
        with np.errstate(all="ignore"):
            if not hasattr(found, "shape"):
                found = keras.ops.convert_to_tensor(found)
            array = keras.ops.convert_to_numpy(found).astype("float64")
        return {
            "items": array.tolist(),
            "shape": list(array.shape),
            "dtype": keras.backend.standardize_dtype(found.dtype),
            "called": called,
        }

    def on_reference(self, command: Facts) -> Facts:
        """Value and one-sided derivatives in float64; on the NumPy backend."""
        with swaps.swapped(self.loss, command.get("swap", ())):
            made = self._try("the reference", lambda: {"at": self._reference(command)})
            if "error" in made:
                return dict.fromkeys(command["inputs"], made)
            at = made["at"]
            return {
                name: self._try(f"float64, {name}", partial(at, *pair))
                for name, pair in arrays(command["inputs"]).items()
            }

    def _reference(self, command: Facts) -> Callable[[Any, Any], Facts]:
        """A function for the float64 numbers of the loss, or of our drop-in for it."""
        from portable_losses.parity.examine.float64 import reference

        given = command.get("reference")
        case = declared.case_of(self.loss.loss) if command.get("declared") else None
        at = declared.reference(case) if case else reference(self.loss, given)
        if self.stand_in is None or given:
            return at
        ours = reference(self.stand_in, None)

        def both(t: Any, p: Any) -> Facts:
            own = at(t, p)
            with contextlib.suppress(ValueError, TypeError):  # ours may reject it
                return {**ours(t, p), "own": own}
            return own

        return both

    def on_curve(self, command: Facts) -> Facts:
        """Value and gradient while one number of the prediction varies.

        They include those of the loss of the same name, for comparison, if there is
        one.
        """
        from portable_losses.parity.examine import curve_here

        (pair,) = arrays(command["inputs"]).values()
        moves = curve_here.Moves(self, command, pair)
        found = {**moves.where(), "ours": self._try("its curve", moves.ours)}
        beside = self._try("the curve beside it", moves.beside)
        return found | ({"keras": beside} if "value" in beside else {})

    def on_culprit(self, command: Facts) -> Facts:
        """The first NumPy operation with a result that is not finite, and its line."""

        def run(pair: Any) -> Facts:
            with np.errstate(divide="raise", over="raise", invalid="raise"):
                self.loss.items(*pair)
            return {}

        return {
            name: self._try(f"culprit, {name}", partial(run, pair))
            for name, pair in arrays(command["inputs"]).items()
        }

    def on_guess(self, command: Facts) -> Facts:
        """The kind of inputs of the loss, found by calling it; on the NumPy backend."""
        from portable_losses.parity.examine.guess import guess

        def run() -> Facts:
            with np.errstate(all="ignore"):
                return guess(self.loss)

        return self._try("the guess of its kind", run)

    # --- the rest ---------------------------------------------------------------------

    def on_saving(self, command: Facts) -> Facts:
        """Whether the config restores the loss, also with each argument changed."""
        pair = arrays(command["inputs"])["drawn 0"]
        return self._try("saving", lambda: saving.facts(self.loss, pair))

    def on_inside(self, command: Facts) -> Facts:
        """The dtypes of the intermediate results."""
        if not hasattr(self.autodiff, "inside"):
            return {}
        pair = arrays(command["inputs"])["drawn 0"]
        fn = self._function()
        return self._try(
            "its dtypes", lambda: {"dtypes": self.autodiff.inside(fn, *pair)}
        )

    def on_second(self, command: Facts) -> Facts:
        """The second derivative along a direction."""
        t, p = arrays(command["inputs"])["drawn 0"]
        v = np.random.default_rng(5).normal(size=p.shape)
        if self.backend == "numpy":
            from portable_losses.parity.examine.float64 import curvature

            return self._try(
                "second differences",
                lambda: {
                    "along": curvature(self.loss, t, p, v),
                    "free": curvature(self.loss, t, p, v, frozen=False),
                },
            )
        if not hasattr(self.autodiff, "second"):
            return {}
        fn = self._function()
        return self._try(
            "second derivatives",
            lambda: {
                "along": self.autodiff.second(fn, t, p, v),
                "by_gradients": self._by_gradients(fn, t, p, v),
            },
        )

    def _by_gradients(self, fn: Any, t: Any, p: Any, v: Any) -> float:
        """The second derivative by differences of the gradient, in float32 accuracy."""
        step, mode = 1e-2, self.autodiff.MODES[-1 if self.backend == "jax" else 0]
        sides = [
            self.autodiff.evaluate(fn, mode, t, (p + s * v).astype(p.dtype)).gradient
            for s in (step, -step)
        ]
        with np.errstate(invalid="ignore"):
            return float(np.sum((sides[0] - sides[1]) * v) / (2 * step))

    def on_mapped(self, command: Facts) -> Facts:
        """`vmap` over the samples."""
        if not hasattr(self.autodiff, "mapped"):
            return {}
        t, p = arrays(command["inputs"])["drawn 0"]
        fn = self._function()
        return self._try(
            "vmap", lambda: {"values": self.autodiff.mapped(fn, t, p).tolist()}
        )

    def on_base(self, command: Facts) -> Facts:
        """The conventions that the base class of the loss breaks."""
        from portable_losses.parity.examine.around import Around

        t, p = arrays(command["inputs"])["drawn 0"]
        around = Around(self.loss, self.autodiff, self._function(), t, p)
        return {
            name: self._try(name, step)
            for name, step in around.steps(command["kind"]).items()
        }

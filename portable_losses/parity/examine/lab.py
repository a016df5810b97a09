"""What a worker measures of a user's loss: facts, which the parent judges."""

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
        voice: is told as each step of user code begins.
        find: finds the loss that a target names.
        caught: what a step may raise; the rest ends the process, or stops the test.
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
        """What runs in this worker."""
        return {
            "python": platform.python_version(),
            "keras": keras.__version__,
            **self.autodiff.versions(),
        }

    def do(self, command: Facts) -> Facts:
        """Obey a command of the parent."""
        if "stack" in command:
            self.voice.writes_to(command["stack"])
        self.stands_in = bool(command.get("stand_in"))
        act: Callable[[Facts], Facts] = getattr(self, "on_" + command["do"])
        return act(command)

    def _try(self, what: str, run: Callable[[], Facts]) -> Facts:
        """A step of user code; whatever it raises is a fact."""
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
        """Find the loss, and make it."""
        target = command["target"]
        self.subject = self.stand_in = None

        def load() -> Facts:
            self.subject = Subject(str(target), self.find(target))
            ours = declared.counterpart(self.subject.loss)
            self.stand_in = Subject(str(target), ours) if ours is not None else None
            name = type(ours).__name__ if ours is not None else ""
            facts = {"pinned": swaps.pinned(), "stand_in": name}
            return {"facts": {**self.subject.facts(), **facts}}

        return self._try("the import", load)

    def on_declared(self, command: Facts) -> Facts:
        """What the loss says that it takes; nothing, where it does not."""

        def run() -> Facts:
            case = declared.case_of(self.loss.loss)
            return {} if case is None else {"declared": declared.facts(case)}

        return self._try("what it declares", run)

    @property
    def loss(self) -> Subject:
        """The loss that is checked, or ours in its place, if a command says so."""
        chosen = self.stand_in if self.stands_in else self.subject
        assert chosen is not None
        return chosen

    # --- values -----------------------------------------------------------------------

    def on_measure(self, command: Facts) -> Facts:
        """Value and gradient at named inputs, in one mode, with operations swapped."""
        mode = command.get("mode") or self.autodiff.MODES[0]
        with swaps.swapped(self.loss, command.get("swap", ())):
            # Another function, so that nothing is taken from what was compiled before.
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
        watch = self.backend != "numpy"  # there all that is a tensor is NumPy's
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
        """The same in float64, with one-sided derivatives; on the NumPy backend."""
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
        """What gives the float64 numbers of the loss, or of ours of that name."""
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
        """Value and gradient while one number of the prediction moves.

        Beside them are those of another loss, where there is one of that name.
        """
        from portable_losses.parity.examine import curve_here

        (pair,) = arrays(command["inputs"]).values()
        moves = curve_here.Moves(self, command, pair)
        found = {**moves.where(), "ours": self._try("its curve", moves.ours)}
        beside = self._try("the curve beside it", moves.beside)
        return found | ({"keras": beside} if "value" in beside else {})

    def on_culprit(self, command: Facts) -> Facts:
        """The first operation of NumPy that gives no finite number, and its line."""

        def run(pair: Any) -> Facts:
            with np.errstate(divide="raise", over="raise", invalid="raise"):
                self.loss.items(*pair)
            return {}

        return {
            name: self._try(f"culprit, {name}", partial(run, pair))
            for name, pair in arrays(command["inputs"]).items()
        }

    def on_guess(self, command: Facts) -> Facts:
        """What the loss takes, found out by trying; on the NumPy backend."""
        from portable_losses.parity.examine.guess import guess

        def run() -> Facts:
            with np.errstate(all="ignore"):
                return guess(self.loss)

        return self._try("the guess of its kind", run)

    # --- the rest ---------------------------------------------------------------------

    def on_saving(self, command: Facts) -> Facts:
        """Whether the loss comes back from its config, whatever its arguments."""
        pair = arrays(command["inputs"])["drawn 0"]
        return self._try("saving", lambda: saving.facts(self.loss, pair))

    def on_inside(self, command: Facts) -> Facts:
        """The dtypes of what is computed on the way."""
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
        """The same by differences of the gradient, as far as float32 gives it."""
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
        """What Keras's own base does for every loss: advice, where it is not ours."""
        from portable_losses.parity.examine.around import Around

        t, p = arrays(command["inputs"])["drawn 0"]
        around = Around(self.loss, self.autodiff, self._function(), t, p)
        return {
            name: self._try(name, step)
            for name, step in around.steps(command["kind"]).items()
        }

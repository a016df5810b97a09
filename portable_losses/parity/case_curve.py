"""The curve of a case on one backend, and the curve of Keras's loss for comparison."""

from typing import Any

from portable_losses.parity import curve
from portable_losses.parity.as_function import as_function
from portable_losses.parity.autodiff import LossFunction, facts
from portable_losses.parity.case import Array
from portable_losses.parity.lane import Lane
from portable_losses.parity.reference import along


def measure(lane: Lane) -> dict[str, Any]:
    """The curve of a case on the backend of its lane.

    One number of the drawn predictions is varied: the one on which the reference
    depends most. On NumPy the curve is that of the reference in float64.

    Returns:
        `at`: the index of the number; `points`: its values; `here`: its drawn value;
        `ours`: the curve;
        `keras`: the curve of Keras's loss, if the case's loss is a drop-in for one, or
        `keras_rejects`: why that loss has no curve.
    """
    t, p = lane.inputs("drawn")
    at = curve.steepest(lane.expected("drawn").gradient)
    loss, edges = lane.make(), lane.case.edges.values()
    points = curve.span(
        t, p, at, edges, curve.takes_logits(loss), curve.takes_cosines(loss)
    )
    found: dict[str, Any] = {
        "at": list(at),
        "points": curve.shown(points),
        "here": float(p[at]),
    }
    if not facts(lane.autodiff.NAME).gradients:
        if lane.case.reference is not None:
            values, gradients = along(lane.case.reference, t, p, at, points)
            found["ours"] = {
                "value": curve.shown(values),
                "gradient": curve.shown(gradients),
            }
        return found

    def on_backend(fn: LossFunction) -> curve.Line:
        def evaluate(q: Array) -> tuple[Any, Any]:
            with lane.autodiff.on(lane.device):
                result = lane.autodiff.evaluate(fn, lane.modes[0], t, q)
            return result.value, result.gradient

        return curve.line(evaluate, p, at, points)

    found["ours"] = on_backend(lane.function())
    original = lane.original() if lane.original is not None else None
    if original is not None and not getattr(lane.make(), "hyperparameters", ()):
        try:
            # With the same arguments as ours; otherwise the two are different losses.
            found["keras"] = on_backend(as_function(original(**lane.case.config)))
        except Exception as error:
            said = str(error).strip().partition("\n")[0]
            found["keras_rejects"] = f"{type(error).__name__}: {said}"
    return found

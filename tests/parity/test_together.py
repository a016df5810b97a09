"""Variants of a loss in one program are what each is alone; references are shared."""

import dataclasses

import keras
import numpy as np
import pytest

import portable_losses
from portable_losses.parity import autodiff, shared_references
from portable_losses.parity.cases import families
from portable_losses.parity.lane import Lane
from portable_losses.parity.shared_references import SharedReferences

ON = autodiff.load(keras.config.backend())
CASES = {case.id: case for cases in families().values() for case in cases}
NAMES = ("LogCosh", "InfoNCE", "ConcordanceCorrelation")
"""Items, items of a batch, and a statistic, which rejects weights."""


def alone(lane):
    lane._together._able = False
    return lane


@pytest.fixture(name="lanes", params=NAMES)
def _lanes(request):
    case = CASES[request.param]
    make = getattr(portable_losses, case.loss)
    return Lane(case, make, ON), alone(Lane(case, make, ON))


def assert_same(one, two):
    np.testing.assert_allclose(one.value, two.value, rtol=1e-6)
    np.testing.assert_allclose(one.gradient, two.gradient, rtol=1e-5, atol=1e-7)
    assert (one.dtype, one.device) == (two.dtype, two.device)


def test_weights_and_masks_give_what_each_gives_alone(lanes):
    t, p = lanes[0].inputs("drawn")
    if lanes[0].case.kind != "statistic":
        weight = np.linspace(0.0, 2.0, len(p)).astype("float32")
        for reduction in ("sum_over_batch_size", "sum"):
            asked = {"weight": weight, "reduction": reduction}
            assert_same(*(lane.run(t, p, **asked) for lane in lanes))
    if lanes[0].takes_mask and lanes[0].case.kind != "statistic":
        assert_same(*(lane.run(t, p, mask=weight > 1) for lane in lanes))


def test_a_loss_without_a_reduction_of_its_own_has_the_other_variants():
    case = CASES["Sum"]
    lanes = [Lane(case, portable_losses.Sum, ON) for _ in range(2)]
    alone(lanes[1])
    t, p = lanes[0].inputs("drawn")
    weight = np.linspace(0.0, 2.0, len(p)).astype("float32")
    assert_same(*(lane.run(t, p, weight=weight) for lane in lanes))
    for lane in lanes:
        with pytest.raises(ValueError, match="`reduction` must be left to the terms"):
            lane.run(t, p, weight=weight, reduction="sum")


def test_flattened_inputs_give_what_they_give_alone():
    make = portable_losses.LogCosh
    lanes = Lane(CASES["LogCosh"], make, ON), alone(Lane(CASES["LogCosh"], make, ON))
    t, p = (x[:, :1] for x in lanes[0].inputs("drawn"))
    ways = [(False, False), (True, False), (False, True), (True, True)]
    for one, two in zip(*(lane.flattened(t, p, ways) for lane in lanes), strict=True):
        # Where nothing is compiled together, both are (B,).
        assert_same(*(shaped(result, p) for result in (one, two)))


def shaped(result, p):
    return dataclasses.replace(result, gradient=result.gradient.reshape(p.shape))


class RejectsMasks(portable_losses.Loss):
    def __call__(self, y_true, y_pred, sample_weight=None, mask=None):
        if mask is not None:
            raise ValueError("no masks here")
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred):
        return portable_losses.ops.mean((y_true - y_pred) ** 2, axis=-1)


def test_a_variant_that_raises_does_so_alone():
    lane = Lane(CASES["MeanSquaredError"], RejectsMasks, ON)
    t, p = lane.inputs("drawn")
    result = lane.run(t, p, weight=np.ones(len(p), "float32"))
    np.testing.assert_allclose(result.value, np.mean((t - p) ** 2), rtol=1e-6)
    with pytest.raises(ValueError, match="no masks here"):
        lane.run(t, p, mask=np.ones(len(p), "bool"))


def test_a_reference_is_computed_by_one_worker_for_all(tmp_path):
    case = dataclasses.replace(CASES["LogCosh"], label="with /, and more")
    first, second = (
        Lane(case, portable_losses.LogCosh, ON, shared=SharedReferences(tmp_path))
        for _ in range(2)
    )
    wanted = first.expected("drawn")

    def unable(t, p):
        raise AssertionError("it is there already")

    second.case = dataclasses.replace(case, reference=unable)
    found = second.expected("drawn")
    for field in dataclasses.fields(wanted):
        one, two = (getattr(x, field.name) for x in (wanted, found))
        np.testing.assert_array_equal(one, two)
    with pytest.raises(AssertionError, match="it is there already"):
        second.expected("masked")  # another input is another reference
    shared_references.remove(tmp_path)
    second = Lane(second.case, portable_losses.LogCosh, ON)
    with pytest.raises(AssertionError, match="it is there already"):
        second.expected("drawn")

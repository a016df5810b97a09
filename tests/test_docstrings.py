"""The examples in the docstrings of the losses do what they show."""

import doctest

import keras
import numpy as np
import pytest

import portable_losses

PUBLIC = {
    name: getattr(portable_losses, name)
    for name in portable_losses.__all__
    if callable(getattr(portable_losses, name))
}
NAMES = {"portable_losses": portable_losses, "ops": portable_losses.ops}
NAMES |= {"keras": keras, "np": np, "keras_ops": keras.ops}


@pytest.mark.parametrize("name", PUBLIC)
def test_the_example_runs(name):
    finder = doctest.DocTestFinder(recurse=False)
    (test,) = finder.find(PUBLIC[name], name, globs=dict(NAMES))
    assert test.examples, f"{name} shows no example"
    said = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=said.append)
    assert not runner.failures, "".join(said)


@pytest.mark.parametrize("name", PUBLIC)
def test_the_docstring_has_its_parts(name):
    text = PUBLIC[name].__doc__
    parts = ["Args:", "Example:"]
    losses = isinstance(PUBLIC[name], type) and issubclass(
        PUBLIC[name], portable_losses.Loss
    )
    if losses and name != "Loss":
        parts.append("Shapes:")
    assert [part for part in parts if part not in text] == []

import ast
import inspect

import make_docs
import pytest

import portable_losses

CLASSES = {
    node.name: (node, path)
    for folder in make_docs.families(make_docs.ROOT).values()
    for path in sorted(folder.glob("[!_]*.py"))
    for node in ast.parse(path.read_text()).body
    if isinstance(node, ast.ClassDef) and node.name in portable_losses.__all__
}


def test_the_lists_of_the_families_are_read() -> None:
    assert make_docs.exported(make_docs.ROOT) == set(portable_losses.__all__)


@pytest.mark.parametrize("name", CLASSES)
def test_the_catalogue_shows_the_arguments_that_a_loss_takes(name: str) -> None:
    shown = make_docs.arguments(*CLASSES[name])
    public = getattr(portable_losses, name)
    taken = dict(inspect.signature(public).parameters)
    if not issubclass(public, portable_losses.Loss):
        taken.pop("rest", None)  # a layer hands what every layer takes to Keras
    assert list(shown) == list(taken)
    for argument, default in shown.items():
        assert (default is None) == (taken[argument].default is inspect.Parameter.empty)

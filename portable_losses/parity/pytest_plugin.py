"""The pytest fixture `check_loss`.

pytest imports this file when it starts, in every project that has the package
installed. It must not import Keras, which takes seconds and fixes the backend before
the project's own conftest could choose one. Importing `portable_losses` does, so the
wheel carries this file as a module of its own, `pytest_portable_losses`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def _portable_losses() -> Iterator[Callable[..., Any]]:
    """The harness, and the workers that live for the session.

    With xdist each pytest worker has a session, and so separate backend workers. They
    end with the session, also when it is interrupted.
    """
    try:
        from portable_losses.parity import live
        from portable_losses.parity.one_loss import check_loss as run
    except ModuleNotFoundError as missing:
        pytest.fail(
            f"check_loss needs {missing.name}: in a clone of portable_losses, "
            "pip install '.[parity]', and a backend",
            pytrace=False,
        )
    if live.has_numpy():
        live.start("references", "numpy")  # it imports while this process does
    yield run
    live.end()


@pytest.fixture
def check_loss(
    _portable_losses: Callable[..., Any],
) -> Callable[..., dict[str, dict[str, str]]]:
    """Check a loss with the backend of this process; see `parity.one_loss`.

    `check_loss(MyLoss, kind="regression")` raises with every check that fails.
    """
    run = _portable_losses

    def check(loss: Any, case: Any = None, **options: Any) -> dict[str, dict[str, str]]:
        __tracebackhide__ = True
        return run(loss, case, **options)

    return check

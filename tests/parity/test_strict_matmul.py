"""A check on a GPU leaves the precision of matrix products as the user set it."""

import keras
import pytest

from portable_losses.parity import autodiff, by_checks

ON = autodiff.load(keras.config.backend())


def torch_settings():
    import torch

    matmul = torch.backends.cuda.matmul
    precision = getattr(matmul, "fp32_precision", None) or matmul.allow_tf32
    return precision, torch.backends.cudnn.allow_tf32


def jax_settings():
    import jax

    return jax.config.jax_default_matmul_precision


def tensorflow_settings():
    import tensorflow as tf

    return tf.config.experimental.tensor_float_32_execution_enabled()


SETTINGS = {
    "torch": torch_settings,
    "jax": jax_settings,
    "tensorflow": tensorflow_settings,
}


@pytest.fixture
def settings():
    if ON.NAME not in SETTINGS:
        pytest.skip(f"{ON.NAME} has no setting")
    return SETTINGS[ON.NAME]


@pytest.mark.parametrize("strict", [True, False])
def test_the_setting_before_a_check_is_restored(settings, strict):
    undo = ON.strict_matmul(strict)
    try:
        before = settings()
        with by_checks._strict(ON, "gpu"):
            inside = settings()
        assert settings() == before
        assert (inside == before) is strict
    finally:
        undo()


def test_the_setting_that_nobody_made_is_restored(settings):
    before = settings()
    with by_checks._strict(ON, "gpu"):
        assert settings() != before
    assert settings() == before


def test_the_cpu_keeps_its_setting(settings):
    before = settings()
    with by_checks._strict(ON, "cpu"):
        assert settings() == before

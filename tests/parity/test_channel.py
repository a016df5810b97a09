"""The time limit of a worker, on a quiet machine and on a busy one."""

import time

import pytest

from portable_losses.parity.examine.channel import Channel, Ended

PROGRAM = """
import time
from portable_losses.parity.examine.worker import run

def begin(voice):
    def do(command):
        voice.step("a step")
        end = time.monotonic() + command["seconds"]
        while time.monotonic() < end:
            if command["share"] == 1.0:
                continue
            busy = time.process_time() + 0.02 * command["share"]
            while time.process_time() < busy:
                pass
            time.sleep(0.02 * (1 - command["share"]))
        return {"done": True}
    return do, {}

if __name__ == "__main__":
    run(begin)
"""


@pytest.fixture
def asked(tmp_path, monkeypatch):
    (tmp_path / "steps_of_a_test.py").write_text(PROGRAM)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("portable_losses.parity.examine.channel.GRACE", 0.5)
    channels = []

    def asked(share, timeout, seconds):
        channel = Channel("numpy", timeout, "steps_of_a_test")
        channels.append(channel)
        channel.answer(120.0)
        began = time.monotonic()
        try:
            return channel.ask("step", share=share, seconds=seconds), began
        except Ended as error:
            return str(error), began

    yield asked
    for channel in channels:
        channel.kill()


def test_a_step_that_waits_for_processors_is_not_ended(asked):
    found, _ = asked(0.15, timeout=2.0, seconds=4.0)
    assert found["done"] is True


def test_a_step_that_sleeps_is_ended(asked):
    found, began = asked(0.0, timeout=2.0, seconds=60.0)
    assert found == "took more than 2 s in a step"
    assert time.monotonic() - began < 10.0

"""The worker of `portable-losses match`, which runs the user's code."""

import os
import queue
import threading
from typing import Any

from portable_losses.parity.examine.worker import Voice, die_with, listen, serve


def main() -> None:
    """Import the backend, and answer the parent until it is gone."""
    source, to, parent = map(int, os.environ.pop("PORTABLE_LOSSES_PIPES").split(","))
    for pipe in (source, to):
        os.set_inheritable(pipe, False)
    die_with(parent)
    commands: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=listen, args=(source, commands), daemon=True).start()
    voice = Voice(to)
    try:
        import keras

        from portable_losses.parity import autodiff
        from portable_losses.parity.examine.finding import find
        from portable_losses.parity.examine.matching import Matcher
        from portable_losses.parity.examine.subject import Subject

        on = autodiff.load(keras.config.backend())
    except BaseException as error:
        voice.say("answer", failed=f"{type(error).__name__}: {error}")
        os._exit(1)
    voice.say("answer")

    def do(command: dict[str, Any]) -> dict[str, Any]:
        voice.writes_to(command["stack"])
        voice.step("the import")
        matcher = Matcher(Subject(command["target"], find(command["target"])), on)
        voice.step("the call")
        kinds = [command["kind"]] if command["kind"] else matcher.kinds()
        return {"kinds": kinds, "found": matcher.compare_all(kinds, voice.step)}

    serve(commands, voice, do)


if __name__ == "__main__":
    main()

"""The worker of `portable-losses match`, which runs the user's code."""

from typing import Any

from portable_losses.parity.examine.worker import Do, Voice, run


def _begin(voice: Voice) -> tuple[Do, dict[str, Any]]:
    import keras

    from portable_losses.parity import autodiff
    from portable_losses.parity.examine.finding import find
    from portable_losses.parity.examine.matching import Matcher
    from portable_losses.parity.examine.subject import Subject

    on = autodiff.load(keras.config.backend())

    def do(command: dict[str, Any]) -> dict[str, Any]:
        voice.writes_to(command["stack"])
        voice.step("the import")
        matcher = Matcher(Subject(command["target"], find(command["target"])), on)
        voice.step("the call")
        kinds = command["kinds"] or matcher.kinds()
        only = command.get("only")
        return {"kinds": kinds, "found": matcher.compare_all(kinds, voice.step, only)}

    return do, {}


if __name__ == "__main__":
    run(_begin)

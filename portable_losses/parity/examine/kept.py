"""Whether a loss and its arguments survive saving."""

import re

from portable_losses.parity.examine.findings import ADVICE, Finding, in_words, place
from portable_losses.parity.examine.measured import Measured


def saving(m: Measured) -> list[Finding]:
    """The loss can be restored from its config, with all arguments."""
    found: list[Finding] = []
    for lane, facts in m.found.get("saving", {}).items():
        error = facts.get("broken") or facts.get("error")
        line = m.line_with("def get_config", "def __init__", "class ")
        if error:
            found.append(
                Finding(
                    "saved",
                    f"The loss does not come back from its config: {in_words(error)}.",
                    _of_broken(str(error.get("message", "")), m.source),
                    backends=(lane,),
                    line=place(error) or line,
                )
            )
        lost = [name for name in facts.get("lost", []) if name]
        if not lost and facts.get("lost"):
            lost = _arguments(m.source) or ["what __init__ takes"]
        if lost:
            names = ", ".join(f"`{name}`" for name in lost)
            found.append(
                Finding(
                    "arguments",
                    f"{names} {'is' if len(lost) == 1 else 'are'} lost on saving: the "
                    "loss that comes back from get_config gives other values.",
                    of_lost(lost),
                    backends=(lane,),
                    line=line,
                )
            )
        if facts.get("needs_help"):
            found.append(
                Finding(
                    "saved",
                    f"A saved model does not load by itself: {facts['needs_help']}.",
                    "define it at the top of a module and decorate it with "
                    "@keras.saving.register_keras_serializable()",
                    ADVICE,
                    (lane,),
                    line=m.line,
                )
            )
    return found


def _of_broken(message: str, source: str) -> str:
    twice = re.search(r"multiple values for keyword argument '(\w+)'", message)
    if twice:
        name = twice[1]
        return (
            f"let __init__ take `{name}` and hand it on, since the config has it: "
            f"def __init__(self, ..., {name}=..., **kwargs): "
            f"super().__init__({name}={name}, **kwargs)"
        )
    return (
        "get_config must return what __init__ takes, in values that JSON has: "
        + of_lost(_arguments(source) or ["name"])
    )


def _arguments(source: str) -> list[str]:
    found = re.search(r"def __init__\(\s*self,([^)]*)\)", source)
    if not found:
        return []
    names = [part.split("=")[0].split(":")[0].strip() for part in found[1].split(",")]
    common = ("name", "reduction", "dtype")
    return [n for n in names if n.isidentifier() and n not in common]


GET_CONFIG = """add it to get_config:
def get_config(self):
    return {{**super().get_config(), {pairs}}}"""


def of_lost(names: list[str]) -> str:
    """The remedy for arguments that are lost on saving."""
    pairs = ", ".join(f'"{name}": self.{name}' for name in names)
    return GET_CONFIG.format(pairs=pairs)

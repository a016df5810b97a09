"""What the arguments and the code of a loss say about its inputs."""

import inspect
import re

from portable_losses.parity.examine.subject import source_of
from portable_losses.parity.examine.trial import Trial

_PREDICTED = r"(y_pred|y_hat|preds?|predictions?|x)\b"


def code(loss: Trial) -> str:
    """The code of the loss, without comments."""
    return str(source_of(loss.subject.owner)["text"])


def hint(loss: Trial) -> str:
    """The reason to assume logits, from the arguments or the code; empty if none."""
    said, text = from_logits(loss), code(loss)
    if said is not None:
        return "from_logits=True" if said else ""
    if re.search(r"from_logits *= *True|\w*logits? *[:=,)]", text):
        return "its code says logits"
    if re.search(rf"(sigmoid|softmax)\(\s*{_PREDICTED}", text):
        return "its code takes the sigmoid or softmax of y_pred"
    return ""


def says_probabilities(loss: Trial) -> bool:
    """Whether the arguments or the code say that the loss takes probabilities."""
    said, text = from_logits(loss), code(loss)
    if said is not None or hint(loss):
        return said is False
    clips = (
        rf"clip\(\s*{_PREDICTED}[^()]*, *(1\.?0?|1\.?0? *- *[\w.-]+) *\)"
        rf"|\blog\(1\.?0? *- *{_PREDICTED}\s*\)"
    )
    return bool(re.search(clips, text)) and "sigmoid" not in text


def from_logits(loss: Trial) -> bool | None:
    """The value of the argument of that name, if the loss has it."""
    function = getattr(loss.subject.loss, "fn", None) or loss.subject.given
    arguments = getattr(loss.subject.loss, "_fn_kwargs", None) or {}
    own = arguments.get("from_logits", getattr(loss.subject.loss, "from_logits", 0))
    if isinstance(own, bool):
        return own
    if inspect.isfunction(function):
        found = inspect.signature(function).parameters.get("from_logits")
        if found is not None and isinstance(found.default, bool):
            return found.default
    return None

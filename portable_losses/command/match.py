"""`portable-losses match`: the loss of the catalogue that equals a user's."""

import json
import os
import sys
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from portable_losses._adapters import known
from portable_losses.command import targets
from portable_losses.command.chosen import require_backend

ORDER = ("torch", "tensorflow", "jax")
"""The backends, the fastest for many single calls first; JAX compiles each loss."""

COMPILES = ("jax",)
"""The backends that need seconds for a single call of many losses."""


@click.command(name="match")
@click.argument("target", metavar="TARGET")
@click.option("--kind", metavar="KIND", help="What the loss takes; else all are tried.")
@click.option(
    "--backend",
    metavar="NAME",
    help="Where it runs; else the quickest that is installed and can run it.",
)
@click.option("--timeout", default=60.0, show_default=True, help="Seconds a step.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def command(
    target: str, kind: str | None, backend: str | None, timeout: float, as_json: bool
) -> None:
    """Name the loss of the catalogue that equals TARGET in value and gradient.

    TARGET is file.py:Name, file.py:Name(gamma=3.0) or package.module:Name: a function
    of y_true and y_pred, a class, or an instance. It runs in a process of its own.
    Exits with 0 where a loss equals it, with 1 where none does, and with 2 where it
    could not be run.
    """
    from portable_losses.parity.examine.kinds import KINDS

    require_backend()
    try:
        targets.require(target)
    except targets.Wrong as error:
        raise click.UsageError(f"{error}.") from error
    if targets.is_whole(target):
        raise click.UsageError(
            f"TARGET must be one loss, file.py:Name or module:Name; got {target}"
        )
    if kind is not None and kind not in KINDS:
        names = ", ".join(sorted(KINDS))
        raise click.UsageError(f"--kind must be one of {names}; got {kind!r}")
    answer: Any = {}
    for on in _backends(backend):
        kinds = [kind] if kind else None
        if on in COMPILES and not known()["numpy"].missing:
            answer = _in_two_steps(on, target, kinds, timeout)
        else:
            answer = _asked(on, target, kinds, timeout)
        if answer.get("found"):
            break
    if "failed" in answer:
        _say(f"{target} could not be run: {answer['failed']}")
        sys.exit(2)
    if not answer["found"]:
        _say(
            f"{target} gives no finite value and gradient at inputs of any kind that "
            "is known (say what it takes with --kind)"
        )
        sys.exit(2)
    equal, nearest = judged(answer["found"])
    if as_json:
        facts = {"target": target, "equal": equal, "nearest": nearest}
        click.echo(json.dumps(facts, indent=1))
    else:
        _show(target, equal, nearest, Console())
    sys.exit(0 if equal else 1)


def _backends(asked: str | None) -> list[str]:
    """The backends to try; a loss that calls one of them runs on no other."""
    able = [name for name, of in known().items() if of.gradients and not of.missing]
    if asked is not None:
        if asked not in able:
            raise click.UsageError(
                f"--backend must be one that is installed, {', '.join(able)}; got "
                f"{asked!r}"
            )
        return [asked]
    if not able:
        raise click.UsageError(
            f"no backend is installed (for instance: {known()['jax'].command})"
        )
    chosen = os.environ.get("KERAS_BACKEND", "")
    quickest = [*(name for name in ORDER if name in able), *able][0]
    return list(dict.fromkeys([quickest, *([chosen] if chosen in able else [])]))


def _in_two_steps(
    backend: str, target: str, kinds: list[str] | None, timeout: float
) -> Any:
    """Select losses by their values on NumPy, then compare gradients on the backend."""
    first = _asked("numpy", target, kinds, timeout)
    if "failed" in first or not first["found"]:
        return _asked(backend, target, kinds, timeout)
    likely = [
        (kind, [(m["loss"], m["tried"]) for m in each["equal"]])
        for kind, each in zip(first["kinds"], first["found"], strict=True)
        if each["equal"]
    ]
    if not likely:
        return first
    only = [m for _, equal in likely for m in equal]
    once = list({json.dumps(m): m for m in only}.values())
    named = [kind for kind, _ in likely]
    return _asked(backend, target, named, timeout, once)


def _asked(
    backend: str,
    target: str,
    kinds: list[str] | None,
    timeout: float,
    only: Any = None,
) -> Any:
    from portable_losses.parity.examine.channel import START, Channel, Ended

    channel = Channel(backend, timeout, "portable_losses.parity.examine.match_worker")
    try:
        started = channel.answer(START)
        if "failed" in started:
            return started
        return channel.ask(
            "match", target=target, kinds=kinds, only=only, stack=channel.stack_file
        )
    except Ended as error:
        return {"failed": f"{error}{_line_of(error.where)}"}
    finally:
        channel.kill()


def _line_of(stack: str) -> str:
    """The line at which the main thread was; `faulthandler` writes it last."""
    main = stack.rpartition("(most recent call first):")[2].strip().splitlines()
    return f", at {main[0].strip()}" if main else ""


def judged(found: list[Any]) -> tuple[list[Any], Any]:
    """The equal losses, the simplest first, with their kinds; and the nearest loss."""
    equal: dict[str, Any] = {}
    for each in found:
        for match in each["equal"]:
            made = constructed(match)
            # For a sum over an axis, the factor depends on the shape of the inputs.
            how = match["note"] or f"{match['factor']:.4g}, {match['offset']:.3g}"
            key = f"{made}, {how}"
            facts = {**match, "construct": made, "kinds": []}
            del facts["kind"], facts["tried"]
            equal.setdefault(key, facts)["kinds"].append(match["kind"])
    most = max((len(match["kinds"]) for match in equal.values()), default=0)
    ranked = sorted(
        # A loss that equals it at few kinds of inputs only, such as 0 and 1, differs.
        (match for match in equal.values() if 2 * len(match["kinds"]) > most),
        key=lambda m: (
            m["factor"] != 1 or m["offset"] != 0,
            -len(m["kinds"]),
            len(m["arguments"]),
        ),
    )
    rest = [each["nearest"] for each in found if each["nearest"]]
    nearest = min(rest, key=lambda n: n["difference"], default=None)
    if nearest is not None:
        nearest = {**nearest, "construct": constructed(nearest)}
        del nearest["tried"]
    return ranked, None if ranked else nearest


def constructed(match: Any) -> str:
    """The call that makes the loss."""
    given = ", ".join(f"{k}={v!r}" for k, v in match["arguments"].items())
    return f"portable_losses.{match['loss']}({given})"


def _show(target: str, equal: list[Any], nearest: Any, console: Console) -> None:
    if not equal:
        text = f"{target} equals no loss of the catalogue."
        if nearest is not None:
            text += (
                f"\nNearest is {nearest['construct']} at inputs of kind "
                f"{nearest['kind']}: gradients differ by up to "
                f"{nearest['difference']:.2g} of the largest"
                + (
                    f", with {nearest['factor']:.4g} times ours"
                    if abs(nearest["factor"] - 1) > 1e-4
                    else ""
                )
                + f"; the value is {nearest['value']:.6g}, ours {nearest['ours']:.6g}."
            )
        console.print(Text(text), soft_wrap=True)
        return
    several = len(equal) > 1
    console.print(Text(f"{target} equals" + (" each of" if several else "")))
    for match in equal:
        line = Text("  ")
        if match["factor"] != 1 and not match["note"]:
            line.append(f"{match['factor']:.6g} x ")
        line.append(match["construct"], style="bold")
        if match["offset"]:
            line.append(f" {'+' if match['offset'] > 0 else '-'} ")
            line.append(f"{abs(match['offset']):.6g}")
        line.append(f"  at inputs of kind {', '.join(match['kinds'])}", style="dim")
        if match["note"]:
            line.append(f"; {match['note']}, {match['factor']:.6g} times as much")
        console.print(line, soft_wrap=True)


def _say(text: str) -> None:
    Console(stderr=True).print(
        Text(f"portable-losses match: {text}"), soft_wrap=True, highlight=False
    )
